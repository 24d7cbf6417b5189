import { forEachDistanceRow } from '../distance.ts';
import type { Mask, Raster } from '../raster.ts';

/** Width of the rim, as a share of the picture's diagonal, in which the object's own edge may still show. */
const RIM = 0.0015;
/** Least and most of the contact shadow that is taken along, as shares of the object's height. */
const LEAST_SHADOW = 0.03;
const MOST_SHADOW = 0.1;
/** The shadow ends where the floor has this share of the brightness it has farther out. */
const LIT = 0.94;
/** How far above an object's lower outline it still stands on the floor, as a share of its height. */
const FOOT_HEIGHT = 0.06;
/** Floor seen under an object, between its legs, is taken along up to this share of its height below it. */
const UNDER = 0.2;
/** Share of the object's height, from below, that is taken to stand near the floor. */
const FOOT = 0.4;

/**
 * The hole that an object leaves: its mask with a thin rim, the floor seen between its legs, and the band along its
 * foot where its soft contact shadow lies, which must be neither kept nor copied: as far as the picture is darker than
 * farther out. 255 where unknown.
 *
 * @param picture u8 or u16, to see the shadow in
 * @param mask u8 of the same size, an object's selection; every pixel above 0 belongs to the hole
 */
export function growHole(picture: Raster<Uint8Array> | Raster<Uint16Array>, mask: Mask): Mask {
  const { width, height } = mask;
  const data = mask.data.map((value) => (value > 0 ? 255 : 0));
  const hole: Mask = { ...mask, data };
  const rows = extentOf(mask);
  if (rows === null) return hole;
  const tall = rows.bottom - rows.top + 1;
  const inFront = findInFront(mask);
  fillUnder(data, width, height, Math.round(UNDER * tall), inFront);
  const from = Math.max(0, Math.round(rows.bottom - FOOT * tall));
  const foot = findFoot(hole, from, Math.round(FOOT_HEIGHT * tall));
  const reach = measureShadow(picture, hole, foot, tall);
  const rim = Math.max(4, RIM * Math.hypot(width, height));
  growBy(hole, hole, Math.ceil(rim), () => rim);
  growOverHalo(picture, mask, hole);
  growBy(hole, foot, Math.ceil(MOST_SHADOW * tall), (x) => tall * reach[x]!);
  for (let i = 0; i < data.length; i++) if (inFront[i]) data[i] = 0;
  return hole;
}

/** Share of a row of the object that its mask fills where there is body and not only legs. */
const BODY = 0.45;
/** How far into what stands in front the object's edge may show, px. */
const FRINGE = 1;

/**
 * 255 for what is cut out of the object's body and has the object around it, to its left, its right and above: a thing
 * in front of it (a cat on the chair), which stays as it is. What is seen between legs is not meant.
 */
function findInFront({ width, height, data }: Mask): Uint8Array {
  const out = new Uint8Array(data.length);
  const above = new Uint8Array(width);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width);
    const first = row.findIndex((v) => v > 0);
    const last = row.findLastIndex((v) => v > 0);
    let count = 0;
    for (let x = 0; x < width; x++) if (row[x]! > 0) count++;
    const body = first >= 0 && count >= BODY * (last - first + 1);
    for (let x = 0; x < width; x++) {
      if (row[x]! > 0) above[x] = 1;
      else if (body && x > first && x < last && above[x]) out[y * width + x] = 255;
    }
  }
  return erode(out, width, height, FRINGE);
}

/** A mask without its outermost pixels. */
function erode(mask: Uint8Array, width: number, height: number, radius: number): Uint8Array {
  const out = new Uint8Array(mask.length);
  for (let y = radius; y < height - radius; y++) {
    for (let x = radius, i = y * width + radius; x < width - radius; x++, i++) {
      if (!mask[i]) continue;
      let whole = 255;
      for (let d = -radius; d <= radius; d++) whole &= mask[i + d]! & mask[i + d * width]!;
      out[i] = whole;
    }
  }
  return out;
}

/** Adds to a hole what lies within a distance of a mask; the distance may differ from column to column, up to `most`. */
function growBy(hole: Mask, mask: Mask, most: number, distance: (x: number) => number): void {
  const bounds = Float64Array.from({ length: hole.width }, (_, x) => distance(x) ** 2);
  // Rows arrive after their own and all earlier ones were read, but those below are still to be.
  const source = mask === hole ? { ...hole, data: hole.data.slice() } : mask;
  forEachDistanceRow(source, { of: 'inside', threshold: 1 }, most, (y, squared) => {
    for (let x = 0, i = y * hole.width; x < hole.width; x++, i++)
      if (squared[x]! <= bounds[x]!) hole.data[i] = 255;
  });
}

/** How far an object's edge may shine into its surroundings, as a share of the picture's diagonal and in px. */
const WIDEST_HALO = 0.012;
const LEAST_HALO_REACH = 18;
/** Share of that distance up to which the halo is looked for; farther out the picture is taken to be itself. */
const HALO_SHARE = 0.7;
/** Steps from pixel to pixel that are so many times as great as most of those farther out belong to the halo. */
const HALO_STEPS = 1.6;

/**
 * Adds to a hole what an object's own edge does to the picture beside it: lenses blur it and cameras sharpen it, which
 * leaves a bright or dark line. From the outline outwards, as long as the steps are greater than farther out.
 */
function growOverHalo(picture: Raster<Uint8Array> | Raster<Uint16Array>, mask: Mask, hole: Mask): void {
  const { width, height } = picture;
  const reach = Math.max(LEAST_HALO_REACH, Math.round(WIDEST_HALO * Math.hypot(width, height)));
  const near = Math.round(HALO_SHARE * reach);
  const rings = new Uint8Array(width * height);
  const counts = new Int32Array(512);
  let outside = 0;
  forEachDistanceRow(mask, { of: 'inside', threshold: 1 }, reach, (y, squared) => {
    if (y === 0 || y === height - 1) return;
    for (let x = 1; x < width - 1; x++) {
      const d = Math.sqrt(squared[x]!);
      if (!(d > 0 && d <= reach)) continue;
      const step = stepAt(picture, y * width + x);
      rings[y * width + x] = d <= near ? Math.min(254, step) + 1 : 0;
      if (d <= near) continue;
      counts[Math.min(511, step)]!++;
      outside++;
    }
  });
  let [usual, seen] = [0, counts[0]!];
  while (seen * 2 < outside) seen += counts[++usual]!;
  const least = HALO_STEPS * usual + 2;
  let edge: number[] = [];
  for (let i = 0; i < rings.length; i++) if (rings[i] && touches(hole.data, i, width)) edge.push(i);
  while (edge.length > 0) {
    const next: number[] = [];
    for (const i of edge) {
      if (hole.data[i] || rings[i]! <= least) continue;
      hole.data[i] = 255;
      for (const j of [i - 1, i + 1, i - width, i + width]) if (rings[j] && !hole.data[j]) next.push(j);
    }
    edge = next;
  }
  closeSpecks(hole.data, rings, width);
}

/** Adds what the growth left over: pixels of the ring with more of the hole around them than not. */
function closeSpecks(hole: Uint8Array, ring: Uint8Array, width: number): void {
  for (let round = 0; round < 3; round++) {
    const before = hole.slice();
    for (let i = 0; i < ring.length; i++) {
      if (!ring[i] || before[i]) continue;
      let around = 0;
      for (const row of [i - width, i, i + width])
        for (let k = row - 1; k <= row + 1; k++) if (before[k]) around++;
      if (around >= 4) hole[i] = 255;
    }
  }
}

/** How far the picture changes around a pixel, levels of 255 over two pixels. */
function stepAt({ width, channels, data }: Raster<Uint8Array> | Raster<Uint16Array>, pixel: number): number {
  const i = pixel * channels + (channels >= 3 ? 1 : 0);
  const across = data[i + channels]! - data[i - channels]!;
  const down = data[i + width * channels]! - data[i - width * channels]!;
  return Math.round(Math.hypot(across, down) / (data instanceof Uint8Array ? 1 : 257));
}

function touches(hole: Uint8Array, i: number, width: number): boolean {
  return hole[i - 1]! + hole[i + 1]! + hole[i - width]! + hole[i + width]! > 0;
}

/** Width of the strips in which the shadow is measured, as a share of the object's height. */
const STRIP = 0.25;
/** Bands of distance from the object's foot, as a share of its height. */
const BAND = 0.01;
const BANDS = Math.ceil((MOST_SHADOW + 0.08) / BAND);

/** For every column, how far the picture is darkened around an object's foot, as a share of its height. */
function measureShadow(
  { width, data, channels }: Raster<Uint8Array> | Raster<Uint16Array>,
  hole: Mask,
  foot: Mask,
  tall: number,
): Float32Array {
  const strip = Math.max(1, Math.round(STRIP * tall));
  const strips = Math.ceil(width / strip);
  const sums = new Float64Array(strips * BANDS);
  const counts = new Int32Array(strips * BANDS);
  const farthest = (BANDS * BAND * tall) ** 2;
  forEachDistanceRow(foot, { of: 'inside', threshold: 1 }, Math.ceil(BANDS * BAND * tall), (y, squared) => {
    for (let x = 0, i = y * width; x < width; x++, i++) {
      if (hole.data[i] || squared[x]! >= farthest) continue;
      const band = Math.min(BANDS - 1, Math.floor(Math.sqrt(squared[x]!) / tall / BAND));
      const at = i * channels;
      const cell = Math.floor(x / strip) * BANDS + band;
      sums[cell]! += channels >= 3 ? data[at]! + 2 * data[at + 1]! + data[at + 2]! : data[at]!;
      counts[cell]!++;
    }
  });
  const reaches = Array.from({ length: strips }, (_, k) =>
    findLitBand(sums.subarray(k * BANDS, (k + 1) * BANDS), counts.subarray(k * BANDS, (k + 1) * BANDS)),
  );
  // Between the strips' middles the reach runs on evenly.
  return Float32Array.from({ length: width }, (_, x) => {
    const at = Math.min(strips - 1, Math.max(0, (x + 0.5) / strip - 0.5));
    const left = Math.floor(at);
    const right = Math.min(strips - 1, left + 1);
    return reaches[left]! + (reaches[right]! - reaches[left]!) * (at - left);
  });
}

/** Distance of the first band that is as bright as the floor farther out, as a share of the object's height. */
function findLitBand(sums: Float64Array, counts: Int32Array): number {
  const mean = (first: number, end: number): number => {
    let sum = 0;
    let count = 0;
    for (let band = first; band < end; band++) {
      sum += sums[band]!;
      count += counts[band]!;
    }
    return count > 0 ? sum / count : Number.NaN;
  };
  const lit = mean(BANDS - 6, BANDS);
  if (Number.isNaN(lit)) return LEAST_SHADOW;
  for (let band = Math.round(LEAST_SHADOW / BAND); band * BAND < MOST_SHADOW; band++) {
    if (!(mean(band, band + 2) < LIT * lit)) return band * BAND;
  }
  return MOST_SHADOW;
}

/** The lowest part of the hole in every column, down from the row `from`. */
function findFoot({ width, height, data }: Mask, from: number, tall: number): Mask {
  const foot = new Uint8Array(data.length);
  const first = from * width;
  for (let x = 0; x < width; x++) {
    let last = (height - 1) * width + x;
    while (last >= first && !data[last]) last -= width;
    for (let k = 0, i = last; k <= tall && i >= first && data[i]; k++, i -= width) foot[i] = 255;
  }
  return { width, height, channels: 1, data: foot };
}

function extentOf(mask: Mask): { top: number; bottom: number } | null {
  const first = mask.data.findIndex((value) => value > 0);
  if (first < 0) return null;
  const last = mask.data.findLastIndex((value) => value > 0);
  return { top: Math.floor(first / mask.width), bottom: Math.floor(last / mask.width) };
}

/** Adds pixels that have the object above them, not farther than `reach`, and on both sides in their row. */
function fillUnder(
  hole: Uint8Array,
  width: number,
  height: number,
  reach: number,
  inFront: Uint8Array,
): void {
  const since = new Int32Array(width).fill(reach + 1);
  const original = hole.slice();
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const first = original.subarray(row, row + width).indexOf(255);
    const last = original.subarray(row, row + width).lastIndexOf(255);
    for (let x = 0; x < width; x++) {
      if (original[row + x]) {
        since[x] = 0;
        continue;
      }
      since[x]!++;
      const under = since[x]! <= reach && first >= 0 && x > first && x < last;
      if (under && !inFront[row + x]) hole[row + x] = 255;
    }
  }
}
