import { forEachDistanceRow } from '../distance.ts';
import type { Mask, Raster } from '../raster.ts';

export interface GrowOptions {
  /** Surfaces as in {@link Surfaces}; the shadow is taken only on those of `floor`. */
  readonly labels?: Raster<Uint8Array>;
  /** The label of the floor. */
  readonly floor?: number;
}

/** Width of the rim, as a share of the picture's diagonal, in which the object's own edge may still show. */
const RIM = 0.0006;
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
 * foot where its soft contact shadow lies, which must be neither kept nor copied: as far as the floor is darker than
 * farther out. 255 where unknown.
 *
 * @param picture u8 or u16, to see the shadow in
 * @param mask u8 of the same size, an object's selection; every pixel above 0 belongs to the hole
 */
export function growHole(
  picture: Raster<Uint8Array> | Raster<Uint16Array>,
  mask: Mask,
  options: GrowOptions = {},
): Mask {
  const { width, height, data } = mask;
  const hole = Uint8Array.from(data, (value) => (value > 0 ? 255 : 0));
  const rows = extentOf(mask);
  if (rows === null) return { ...mask, data: hole };
  const tall = rows.bottom - rows.top + 1;
  fillUnder(hole, width, height, Math.round(UNDER * tall));
  const rim = Math.max(2, RIM * Math.hypot(width, height));
  const all = distanceWithin({ ...mask, data: hole }, Math.ceil(rim) + 1);
  const from = Math.max(0, Math.round(rows.bottom - FOOT * tall)) * width;
  const foot = findFoot(hole, width, height, from, Math.round(FOOT_HEIGHT * tall));
  const distance = distanceWithin({ ...mask, data: foot }, Math.ceil((MOST_SHADOW + 0.1) * tall));
  const onFloor = (i: number): boolean => !options.labels || options.labels.data[i] === options.floor;
  const reach = measureShadow(picture, hole, distance, onFloor, from, tall);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (all[i]! <= rim || (distance[i]! <= Math.max(rim, tall * reach[x]!) && onFloor(i))) hole[i] = 255;
    }
  }
  return { ...mask, data: hole };
}

/** Width of the strips in which the shadow is measured, as a share of the object's height. */
const STRIP = 0.25;
/** Bands of distance from the object's foot, as a share of its height. */
const BAND = 0.01;
const BANDS = Math.ceil((MOST_SHADOW + 0.08) / BAND);

/** For every column, how far the floor is darkened around an object's foot, as a share of its height. */
function measureShadow(
  { width, data, channels }: Raster<Uint8Array> | Raster<Uint16Array>,
  hole: Uint8Array,
  distance: Float32Array,
  onFloor: (i: number) => boolean,
  from: number,
  tall: number,
): Float32Array {
  const strip = Math.max(1, Math.round(STRIP * tall));
  const strips = Math.ceil(width / strip);
  const sums = new Float64Array(strips * BANDS);
  const counts = new Int32Array(strips * BANDS);
  const farthest = BANDS * BAND * tall;
  for (let i = from; i < hole.length; i++) {
    if (hole[i] || distance[i]! >= farthest || !onFloor(i)) continue;
    const band = Math.min(BANDS - 1, Math.floor(distance[i]! / tall / BAND));
    const at = i * channels;
    const cell = Math.floor((i % width) / strip) * BANDS + band;
    sums[cell]! += channels >= 3 ? data[at]! + 2 * data[at + 1]! + data[at + 2]! : data[at]!;
    counts[cell]!++;
  }
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

/** The lowest part of the hole in every column, from the pixel index `from` on. */
function findFoot(hole: Uint8Array, width: number, height: number, from: number, tall: number): Uint8Array {
  const foot = new Uint8Array(hole.length);
  for (let x = 0; x < width; x++) {
    let last = (height - 1) * width + x;
    while (last >= from && !hole[last]) last -= width;
    for (let k = 0, i = last; k <= tall && i >= from && hole[i]; k++, i -= width) foot[i] = 255;
  }
  return foot;
}

/** Distance of every pixel from the mask, at most `limit` + 1, pixels. */
function distanceWithin(mask: Mask, limit: number): Float32Array {
  const distance = new Float32Array(mask.data.length).fill(limit + 1);
  forEachDistanceRow(mask, { of: 'inside', threshold: 1 }, limit, (y, squared) => {
    for (let x = 0, i = y * mask.width; x < mask.width; x++, i++) {
      if (squared[x]! <= limit * limit) distance[i] = Math.sqrt(squared[x]!);
    }
  });
  return distance;
}

function extentOf(mask: Mask): { top: number; bottom: number } | null {
  const first = mask.data.findIndex((value) => value > 0);
  if (first < 0) return null;
  const last = mask.data.findLastIndex((value) => value > 0);
  return { top: Math.floor(first / mask.width), bottom: Math.floor(last / mask.width) };
}

/** Adds pixels that have the object above them, not farther than `reach`, and on both sides in their row. */
function fillUnder(hole: Uint8Array, width: number, height: number, reach: number): void {
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
      if (since[x]! <= reach && first >= 0 && x > first && x < last) hole[row + x] = 255;
    }
  }
}
