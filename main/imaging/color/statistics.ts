import { MASK_THRESHOLD } from '../mask-ops.ts';
import { fullScale } from '../raster.ts';
import type { MaskWindow, RasterWindow } from '../window.ts';
import type { Matrix3 } from '../matrix.ts';

/** Statistics of the colour channels inside a mask; values are shares of full scale, 0–1. */
export interface ColorStatistics {
  readonly count: number;
  /** One per colour channel (1 or 3). */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** Of RGB; null for grey. */
  readonly covariance: Matrix3 | null;
}

/** Channels that carry colour: alpha is left out. */
export function colorChannels(channels: number): 1 | 3 {
  return channels <= 2 ? 1 : 3;
}

/**
 * Mean, population deviation and covariance of the samples under mask samples ≥ 128. The picture's window must cover
 * the mask's. Throws TypeError where it does not.
 */
export function measureColors(picture: RasterWindow, mask: MaskWindow): ColorStatistics {
  assertCovers(picture, mask);
  const { channels, data } = picture.raster;
  const colors = colorChannels(channels);
  const weights = mask.raster.data;
  const sums = new Float64Array(9);
  let count = 0;
  for (let y = 0; y < mask.rect.height; y++) {
    const at = windowIndex(picture, mask.rect.x, mask.rect.y + y);
    const row = y * mask.rect.width;
    count +=
      colors === 3
        ? sumRgbRow(data, at, channels, weights, row, mask.rect.width, sums)
        : sumGreyRow(data, at, channels, weights, row, mask.rect.width, sums);
  }
  return toStatistics(sums, count, colors, fullScale(data));
}

type Numbers = RasterWindow['raster']['data'];

/** Adds r, g, b and their products r², g², b², rg, rb, gb to the sums. Returns the number of pixels. */
function sumRgbRow(
  data: Numbers,
  start: number,
  channels: number,
  mask: Uint8Array,
  row: number,
  width: number,
  sums: Float64Array,
): number {
  let [sr, sg, sb, rr, gg, bb, rg, rb, gb] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  let count = 0;
  for (let x = 0, at = start; x < width; x++, at += channels) {
    if (mask[row + x]! < MASK_THRESHOLD) continue;
    const r = data[at]!;
    const g = data[at + 1]!;
    const b = data[at + 2]!;
    sr += r;
    sg += g;
    sb += b;
    rr += r * r;
    gg += g * g;
    bb += b * b;
    rg += r * g;
    rb += r * b;
    gb += g * b;
    count++;
  }
  [sr, sg, sb, rr, gg, bb, rg, rb, gb].forEach((value, i) => {
    sums[i]! += value;
  });
  return count;
}

function sumGreyRow(
  data: Numbers,
  start: number,
  channels: number,
  mask: Uint8Array,
  row: number,
  width: number,
  sums: Float64Array,
): number {
  let sum = 0;
  let square = 0;
  let count = 0;
  for (let x = 0, at = start; x < width; x++, at += channels) {
    if (mask[row + x]! < MASK_THRESHOLD) continue;
    const v = data[at]!;
    sum += v;
    square += v * v;
    count++;
  }
  sums[0]! += sum;
  sums[3]! += square;
  return count;
}

function toStatistics(sums: Float64Array, count: number, colors: 1 | 3, scale: number): ColorStatistics {
  const n = Math.max(1, count);
  const mean = Array.from({ length: colors }, (_, c) => sums[c]! / n / scale);
  const product = (at: number, i: number, k: number) => sums[at]! / n / (scale * scale) - mean[i]! * mean[k]!;
  const variance = mean.map((_, c) => Math.max(0, product(3 + c, c, c)));
  const deviation = variance.map(Math.sqrt);
  if (colors === 1) return { count, mean, deviation, covariance: null };
  const [rg, rb, gb] = [product(6, 0, 1), product(7, 0, 2), product(8, 1, 2)];
  const covariance: Matrix3 = [variance[0]!, rg, rb, rg, variance[1]!, gb, rb, gb, variance[2]!];
  return { count, mean, deviation, covariance };
}

/** Index of a photo pixel's first sample in a window. */
export function windowIndex({ raster, rect }: RasterWindow, x: number, y: number): number {
  return ((y - rect.y) * rect.width + x - rect.x) * raster.channels;
}

export function assertCovers(outer: RasterWindow, inner: RasterWindow): void {
  const a = outer.rect;
  const b = inner.rect;
  if (b.x < a.x || b.y < a.y || b.x + b.width > a.x + a.width || b.y + b.height > a.y + a.height) {
    throw new TypeError('Expected a picture that covers the mask');
  }
}
