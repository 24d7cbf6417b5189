import { MASK_THRESHOLD } from '../mask-ops.ts';
import { type Samples, fullScale } from '../raster.ts';
import type { MaskWindow, RasterWindow } from '../window.ts';
import { type Matrix3, mapSymmetric3, multiply3 } from '../matrix.ts';
import {
  type ColorStatistics,
  assertCovers,
  colorChannels,
  measureColors,
  windowIndex,
} from './statistics.ts';

/**
 * Shifts the patch's mean and deviation, per channel and inside the mask, to those of the photo under the same mask:
 * `(v − mean) / (std + 1e-6) · std' + mean'` on a 0–255 scale, the textbook's `match_color`. It repaints the patch in
 * the old object's colours, so it suits same-colour replacements only.
 * `patch` and `mask` share a window, `photo` covers `photoMask` (the same mask where left out: a placed object covers
 * other pixels than the old one did); `strength` 0–1 blends towards the match. Returns the patch
 * with the same samples outside the mask (< 128); alpha is left alone. 8- and 16-bit samples go through tables.
 */
export function matchMeanStd<S extends Samples>(
  patch: RasterWindow<S>,
  photo: RasterWindow,
  mask: MaskWindow,
  strength = 1,
  photoMask: MaskWindow = mask,
): RasterWindow<S> {
  const from = measureColors(patch, mask);
  const to = measureColors(photo, photoMask);
  const maps = from.mean.map((mean, c) => {
    const gain = to.deviation[c]! / (from.deviation[c]! + 1e-6 / 255);
    return blendMap(gain, to.mean[c]! - gain * mean, strength);
  });
  return mapChannels(patch, mask, maps);
}

interface AffineMap {
  readonly gain: number;
  readonly offset: number;
}

function blendMap(gain: number, offset: number, strength: number): AffineMap {
  return { gain: 1 + strength * (gain - 1), offset: strength * offset };
}

/** Maps each colour channel inside the mask by gain and offset (of values 0–1). */
function mapChannels<S extends Samples>(
  patch: RasterWindow<S>,
  mask: MaskWindow,
  maps: readonly AffineMap[],
): RasterWindow<S> {
  assertCovers(patch, mask);
  const { channels } = patch.raster;
  const data = patch.raster.data.slice() as S;
  const scale = fullScale(data);
  const tables = data instanceof Float32Array ? [] : maps.map((map) => tabulate(map, scale));
  for (let y = 0; y < mask.rect.height; y++) {
    const row = mask.raster.data.subarray(y * mask.rect.width, (y + 1) * mask.rect.width);
    const start = windowIndex(patch, mask.rect.x, mask.rect.y + y);
    if (tables.length === 3) lookUpRgb(data, start, channels, row, tables);
    else maps.forEach((map, c) => mapRow(data, start + c, channels, row, map, tables[c]));
  }
  return { raster: { ...patch.raster, data }, rect: patch.rect };
}

/** The common case, all three channels in one walk. */
function lookUpRgb(
  data: Samples,
  start: number,
  channels: number,
  mask: Uint8Array,
  tables: readonly Uint16Array[],
): void {
  const [red, green, blue] = tables as readonly [Uint16Array, Uint16Array, Uint16Array];
  for (let x = 0, at = start; x < mask.length; x++, at += channels) {
    if (mask[x]! < MASK_THRESHOLD) continue;
    data[at] = red[data[at]!]!;
    data[at + 1] = green[data[at + 1]!]!;
    data[at + 2] = blue[data[at + 2]!]!;
  }
}

function mapRow(
  data: Samples,
  start: number,
  channels: number,
  mask: Uint8Array,
  map: AffineMap,
  table?: Uint16Array,
): void {
  for (let x = 0, at = start; x < mask.length; x++, at += channels) {
    if (mask[x]! < MASK_THRESHOLD) continue;
    data[at] = table ? table[data[at]!]! : data[at]! * map.gain + map.offset;
  }
}

function tabulate({ gain, offset }: AffineMap, scale: number): Uint16Array {
  const table = new Uint16Array(scale + 1);
  for (let v = 0; v <= scale; v++)
    table[v] = Math.min(scale, Math.max(0, Math.round(v * gain + offset * scale)));
  return table;
}

/**
 * Moves the patch's colour distribution inside the mask onto the reference's by the linear Monge–Kantorovitch map,
 * the one of least total movement: `T = Σs^-½ (Σs^½ Σr Σs^½)^½ Σs^-½` (Pitié & Kokaram, The Linear Monge-Kantorovitch
 * Linear Colour Mapping for Example-Based Colour Transfer, 2007). Grey pictures get mean and deviation.
 * `reference` is any picture that covers `referenceMask`; arguments and result are otherwise as for matchMeanStd.
 */
export function matchTransport<S extends Samples>(
  patch: RasterWindow<S>,
  mask: MaskWindow,
  reference: RasterWindow,
  referenceMask: MaskWindow,
  strength = 1,
): RasterWindow<S> {
  const from = measureColors(patch, mask);
  const to = measureColors(reference, referenceMask);
  if (colorChannels(patch.raster.channels) === 1 || !to.covariance) {
    const gain = to.deviation[0]! / (from.deviation[0]! + 1e-6);
    return mapChannels(patch, mask, [blendMap(gain, to.mean[0]! - gain * from.mean[0]!, strength)]);
  }
  return mapColors(patch, mask, transportMatrix(from, to), from.mean, to.mean, strength);
}

/** The Monge–Kantorovitch matrix between two RGB distributions. */
export function transportMatrix(from: ColorStatistics, to: ColorStatistics): Matrix3 {
  // A floor of half an 8-bit code keeps flat patches from being amplified without bound.
  const floor = (0.5 / 255) ** 2;
  const regular = (m: Matrix3): Matrix3 => mapSymmetric3(m, (v) => Math.max(v, floor));
  const source = regular(from.covariance!);
  const root = mapSymmetric3(source, Math.sqrt);
  const inverseRoot = mapSymmetric3(source, (v) => 1 / Math.sqrt(v));
  const middle = mapSymmetric3(multiply3(multiply3(root, regular(to.covariance!)), root), (v) =>
    Math.sqrt(Math.max(0, v)),
  );
  return multiply3(multiply3(inverseRoot, middle), inverseRoot);
}

function mapColors<S extends Samples>(
  patch: RasterWindow<S>,
  mask: MaskWindow,
  matrix: Matrix3,
  from: readonly number[],
  to: readonly number[],
  strength: number,
): RasterWindow<S> {
  const { channels } = patch.raster;
  const data = patch.raster.data.slice() as S;
  const isFloat = data instanceof Float32Array;
  const scale = fullScale(data);
  const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const [a, b, c, d, e, f, g, h, i] = matrix.map(
    (v, k) => identity[k]! + strength * (v - identity[k]!),
  ) as unknown as Matrix3;
  const shift = (row: number) =>
    strength *
    (to[row]! -
      matrix[3 * row]! * from[0]! -
      matrix[3 * row + 1]! * from[1]! -
      matrix[3 * row + 2]! * from[2]!) *
    scale;
  // Rounding for integers; clamping is written out because it runs per sample.
  const half = isFloat ? 0 : 0.5;
  const [shiftR, shiftG, shiftB] = [shift(0) + half, shift(1) + half, shift(2) + half];
  for (let y = 0; y < mask.rect.height; y++) {
    const row = y * mask.rect.width;
    let at = windowIndex(patch, mask.rect.x, mask.rect.y + y);
    for (let x = 0; x < mask.rect.width; x++, at += channels) {
      if (mask.raster.data[row + x]! < MASK_THRESHOLD) continue;
      const red = data[at]!;
      const green = data[at + 1]!;
      const blue = data[at + 2]!;
      const r = a * red + b * green + c * blue + shiftR;
      const gr = d * red + e * green + f * blue + shiftG;
      const bl = g * red + h * green + i * blue + shiftB;
      // Integer arrays truncate, which together with the half rounds to the nearest.
      data[at] = isFloat ? r : r < 0 ? 0 : r > scale ? scale : r;
      data[at + 1] = isFloat ? gr : gr < 0 ? 0 : gr > scale ? scale : gr;
      data[at + 2] = isFloat ? bl : bl < 0 ? 0 : bl > scale ? scale : bl;
    }
  }
  return { raster: { ...patch.raster, data }, rect: patch.rect };
}
