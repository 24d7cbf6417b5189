import type { Raster } from '../raster.ts';
import { findStrangers } from './familiar.ts';
import { CHANNELS, PATCH_RADIUS } from './patch.ts';
import { type FillPlane, type LevelPlane, planeAtScale } from './plane.ts';
import { measureEdges, measureTexture, pickNearest, spreadDistance } from './level-maps.ts';

/** How far from the meeting of two surfaces that meeting still counts, as a share of the picture's longer side. */
const EDGE_BAND = 0.05;
/** How far from anything else a place must be to be copied from where perspective may spread its patch, pixels. */
const REACH = 5;

/** One resolution of the picture to be completed. */
export interface Level {
  readonly width: number;
  readonly height: number;
  /** Level pixels per crop pixel. */
  readonly scale: number;
  /** u8 [height, width, 4]; inside the hole the state of the completion. */
  readonly color: Uint8Array;
  /** 1 where the pixel is to be made up: it contains at least a part of an unknown pixel. */
  readonly hole: Uint8Array;
  /** Label of the surface each pixel belongs to; 0 is no part of the background and is neither copied nor matched. */
  readonly labels: Uint8Array;
  /** 1 where the pixel must not be copied, being found nowhere around the hole. */
  readonly strange: Uint8Array;
  /** The label where a patch around the pixel is known as a whole, so that it can be copied from; else 0. */
  readonly sources: Uint8Array;
  /** By label. */
  readonly planes: readonly LevelPlane[];
  /**
   * By label: true where places to copy from show the surface meeting another, so that patches across the edge can be
   * matched as a whole (a skirting board goes on). Else each side is completed by itself.
   */
  readonly joined: readonly boolean[];
  /**
   * Rows to the nearest other surface right above or below in the same column, at most {@link EDGE_BAND} of the
   * picture's longer side: how far up the wall, or out on the floor, a pixel is.
   */
  readonly edge: Uint16Array;
  /** The largest value of `edge`: farther away. */
  readonly band: number;
}

/** What the levels are made from; all rasters of the crop's size. */
export interface LevelInput {
  /** u8 RGB. */
  readonly image: Raster<Uint8Array>;
  /** One channel, not 0 where unknown. */
  readonly hole: Raster<Uint8Array>;
  /** One channel of labels: 0 foreground, else an index into `planes`. */
  readonly labels: Raster<Uint8Array>;
  /** By label; index 0 is not used. */
  readonly planes: readonly FillPlane[];
  /** One channel of MODEL, AVOID and 0, of any size; see {@link findStrangers}. */
  readonly models?: Raster<Uint8Array> | undefined;
}

/**
 * The picture at `scale` and then at half, a quarter, … of it, while the hole is more than a few patches across.
 * Finest first. Known pixels are averaged from known pixels alone.
 */
export function buildLevels(input: LevelInput, scale: number): Level[] {
  const { image } = input;
  const w = Math.ceil(image.width * scale);
  const h = Math.ceil(image.height * scale);
  let color = new Uint8Array(w * h * CHANNELS);
  let hole = new Uint8Array(w * h);
  let labels = new Uint8Array(w * h);
  shrinkCrop(input, scale, w, color, hole, labels);
  measureTexture(color, hole, w, h);
  let strange = findStrangers({
    width: w,
    height: h,
    color,
    hole,
    labels,
    edge: measureEdges(labels, w, h, bandOf(w, h)),
    models: input.models ? pickNearest(input.models, image, scale, w, h) : null,
  });
  const levels = [finishLevel(input.planes, { scale, width: w, height: h, color, hole, labels, strange })];
  for (;;) {
    const last = levels.at(-1)!;
    if (isCoarseEnough(last)) return levels;
    const halfWidth = Math.ceil(last.width / 2);
    const halfHeight = Math.ceil(last.height / 2);
    color = new Uint8Array(halfWidth * halfHeight * CHANNELS);
    hole = new Uint8Array(halfWidth * halfHeight);
    labels = new Uint8Array(halfWidth * halfHeight);
    strange = new Uint8Array(halfWidth * halfHeight);
    const half = { width: halfWidth, height: halfHeight, color, hole, labels, strange };
    halve(last, half);
    const next = finishLevel(input.planes, { scale: last.scale / 2, ...half });
    if (!next.sources.some((label) => label > 0)) return levels;
    levels.push(next);
  }
}

/** True where the hole's shorter side is about two patches, or the picture itself is small. */
function isCoarseEnough(level: Level): boolean {
  let x0 = level.width;
  let x1 = -1;
  let y0 = level.height;
  let y1 = -1;
  for (let y = 0, i = 0; y < level.height; y++) {
    for (let x = 0; x < level.width; x++, i++) {
      if (level.hole[i] === 0) continue;
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      y1 = y;
    }
  }
  const side = Math.min(x1 - x0, y1 - y0) + 1;
  return side <= 4 * PATCH_RADIUS || Math.max(level.width, level.height) <= 48;
}

/** Fewest places to copy from for a surface to be completed from itself. */
export const MIN_SOURCES = 24;

/** True where every surface of the hole can be copied from somewhere. */
export function hasSourcesForAll(level: Level): boolean {
  const counts = countSources(level);
  for (let i = 0; i < level.hole.length; i++) {
    if (level.hole[i] && counts[level.labels[i]!]! < MIN_SOURCES) return false;
  }
  return true;
}

/** How many pixels of each label can be copied from. */
export function countSources(level: Level): Int32Array {
  const counts = new Int32Array(256);
  for (const label of level.sources) if (label > 0) counts[label]!++;
  return counts;
}

/** Area averages of the crop: a level pixel is the mean of the known crop pixels under it. */
function shrinkCrop(
  input: LevelInput,
  scale: number,
  width: number,
  color: Uint8Array,
  hole: Uint8Array,
  labels: Uint8Array,
): void {
  const { image, hole: unknown, labels: crop } = input;
  const height = hole.length / width;
  const starts = (n: number, size: number): Int32Array =>
    Int32Array.from({ length: n + 1 }, (_, i) => Math.min(size - 1, Math.floor(i / scale)));
  const xs = starts(width, image.width);
  const ys = starts(height, image.height);
  for (let y = 0, i = 0; y < height; y++) {
    const bottom = Math.max(ys[y]! + 1, ys[y + 1]!);
    for (let x = 0; x < width; x++, i++) {
      const right = Math.max(xs[x]! + 1, xs[x + 1]!);
      let red = 0;
      let green = 0;
      let blue = 0;
      let known = 0;
      let missing = 0;
      for (let cy = ys[y]!; cy < bottom; cy++) {
        for (let cx = xs[x]!, at = cy * image.width + cx; cx < right; cx++, at++) {
          if (unknown.data[at] !== 0) {
            missing = 1;
            continue;
          }
          red += image.data[at * 3]!;
          green += image.data[at * 3 + 1]!;
          blue += image.data[at * 3 + 2]!;
          known++;
        }
      }
      hole[i] = missing;
      if (known > 0) {
        color[i * CHANNELS] = red / known + 0.5;
        color[i * CHANNELS + 1] = green / known + 0.5;
        color[i * CHANNELS + 2] = blue / known + 0.5;
      }
      labels[i] = crop.data[((ys[y]! + bottom) >> 1) * image.width + ((xs[x]! + right) >> 1)]!;
    }
  }
}

function halve(from: Level, { width, height, color, hole, labels, strange }: Omit<Pixels, 'scale'>): void {
  const sums = new Int32Array(CHANNELS);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      sums.fill(0);
      let known = 0;
      let strangers = 0;
      for (let fy = 2 * y; fy < Math.min(2 * y + 2, from.height); fy++) {
        for (let fx = 2 * x; fx < Math.min(2 * x + 2, from.width); fx++) {
          const at = fy * from.width + fx;
          if (from.hole[at] !== 0) {
            hole[i] = 1;
            continue;
          }
          for (let c = 0; c < CHANNELS; c++) sums[c]! += from.color[at * CHANNELS + c]!;
          known++;
          strangers += from.strange[at]!;
        }
      }
      if (known > 0) {
        for (let c = 0; c < CHANNELS; c++) color[i * CHANNELS + c] = sums[c]! / known + 0.5;
      }
      labels[i] = from.labels[2 * y * from.width + 2 * x]!;
      strange[i] = 2 * strangers > known ? 1 : 0;
    }
  }
}

/** What a level is finished from. */
type Pixels = Pick<Level, 'scale' | 'width' | 'height' | 'color' | 'hole' | 'labels' | 'strange'>;

function finishLevel(planes: readonly FillPlane[], pixels: Pixels): Level {
  const { scale, width, height, labels } = pixels;
  const scaled = planes.map((plane) => planeAtScale(plane, scale));
  const sources = findSources(pixels, scaled);
  const joined = findJoined(labels, sources, planes.length, width);
  const band = bandOf(width, height);
  const edge = measureEdges(labels, width, height, band);
  return { ...pixels, sources, planes: scaled, joined, edge, band };
}

/** {@link Level.band}. */
function bandOf(width: number, height: number): number {
  return Math.max(1, Math.round(EDGE_BAND * Math.max(width, height)));
}

/** Which surfaces have enough places to copy from whose patch reaches onto another surface. */
function findJoined(labels: Uint8Array, sources: Uint8Array, count: number, width: number): boolean[] {
  const meeting = new Int32Array(count);
  for (let i = 0; i < sources.length; i++) {
    const label = sources[i]!;
    if (label === 0) continue;
    for (const step of [-PATCH_RADIUS, PATCH_RADIUS, -PATCH_RADIUS * width, PATCH_RADIUS * width]) {
      if (labels[i + step] === label) continue;
      meeting[label]!++;
      break;
    }
  }
  return [...meeting].map((places) => places >= MIN_SOURCES);
}

/** The label of every pixel whose whole patch is known background inside the picture. */
function findSources(
  { width, height, hole, labels, strange }: Pixels,
  planes: readonly LevelPlane[],
): Uint8Array {
  // Chebyshev distance to the nearest pixel that may not be copied, up to REACH + 1.
  const reach = new Uint8Array(width * height).fill(REACH + 1);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const border = Math.min(x, y, width - 1 - x, height - 1 - y) + 1;
      reach[i] = hole[i] || labels[i] === 0 || strange[i] ? 0 : Math.min(REACH + 1, border);
    }
  }
  spreadDistance(reach, width, height);
  const sources = new Uint8Array(width * height);
  for (let i = 0; i < sources.length; i++) {
    const label = labels[i]!;
    if (label > 0 && reach[i]! > (planes[label]!.flat ? PATCH_RADIUS : REACH)) sources[i] = label;
  }
  return sources;
}
