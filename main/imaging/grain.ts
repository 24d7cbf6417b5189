import { MASK_THRESHOLD } from './mask-ops.ts';
import { normalStream, randomStream } from './random.ts';
import { type Samples, fullScale } from './raster.ts';
import { hasAlpha } from './samples.ts';
import type { MaskWindow, RasterWindow } from './window.ts';

/** The luminance noise of a region. */
export interface Grain {
  /** Standard deviation as a share of full scale. */
  readonly sigma: number;
  /** Spread of the noise's correlation, photo pixels: that of white noise blurred by a Gaussian of this deviation. */
  readonly softness: number;
  /** Blocks of pixels measured; 0 means that nothing could be told. */
  readonly blocks: number;
}

const BLOCK = 16;
const MAX_BLOCKS = 600;
/**
 * Texture only adds to what the operator sees, so a low quantile of the blocks is taken for noise. Among blocks of
 * pure noise the quantile lies lower than the mean by QUANTILE_BIAS (simulated, any softness up to 1.5).
 */
const QUANTILE = 0.25;
const QUANTILE_BIAS = 0.87;
const MAX_SOFTNESS = 2;

/**
 * Estimates the noise of a picture's luminance (grey, or the mean of RGB weighted 1:2:1) under mask samples ≥ 128;
 * the picture's window covers the mask's. In blocks of 16 × 16 the mean square of Immerkær's difference of Laplacians
 * (Fast Noise Variance Estimation, 1996) cancels planes and most structure; taken with neighbours 1 and 2 pixels
 * away it tells deviation and softness apart. Blocks with clipped samples are left out.
 */
export function estimateGrain(picture: RasterWindow, mask: MaskWindow): Grain {
  const blocks = chooseBlocks(mask)
    .map(({ x, y }) => measureBlock(picture, x, y))
    .filter((block) => block !== null);
  if (blocks.length === 0) return { sigma: 0, softness: 0, blocks: 0 };
  const near = quantile(blocks.map((b) => b.near));
  const wide = quantile(blocks.map((b) => b.wide));
  if (near <= 0 || wide <= 0) return { sigma: 0, softness: 0, blocks: blocks.length };
  const softness = softnessFrom(near / wide);
  const sigma =
    Math.sqrt(near / QUANTILE_BIAS / operatorEnergy(1, softness)) / fullScale(picture.raster.data);
  return { sigma, softness, blocks: blocks.length };
}

function quantile(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length * QUANTILE)]!;
}

/** Corners, in photo pixels, of blocks that lie in the mask with a margin of 2; thinned evenly to MAX_BLOCKS. */
function chooseBlocks({ raster, rect }: MaskWindow): { x: number; y: number }[] {
  const { width, height, data } = raster;
  const found: { x: number; y: number }[] = [];
  const size = BLOCK + 4;
  for (let y = 0; y + size <= height; y += BLOCK) {
    for (let x = 0; x + size <= width; x += BLOCK) {
      if (isInside(data, width, x, y, size)) found.push({ x: rect.x + x + 2, y: rect.y + y + 2 });
    }
  }
  const step = Math.max(1, found.length / MAX_BLOCKS);
  return Array.from({ length: Math.min(found.length, MAX_BLOCKS) }, (_, i) => found[Math.floor(i * step)]!);
}

/** Looks at every fourth pixel along the sides and across: regions are larger than that. */
function isInside(data: Uint8Array, width: number, x: number, y: number, size: number): boolean {
  for (let dy = 0; dy < size; dy += 4) {
    for (let dx = 0; dx < size; dx += 4) if (data[(y + dy) * width + x + dx]! < MASK_THRESHOLD) return false;
  }
  return true;
}

const luminance = new Float32Array((BLOCK + 4) ** 2);

/** Mean squares of the operator with spacing 1 and 2, in sample units; null where samples are clipped. */
function measureBlock(
  { raster, rect }: RasterWindow,
  x: number,
  y: number,
): { near: number; wide: number } | null {
  const { channels, data } = raster;
  const size = BLOCK + 4;
  const green = channels >= 3 ? 1 : 0;
  const blue = channels >= 3 ? 2 : 0;
  const top = fullScale(data);
  for (let dy = 0, i = 0; dy < size; dy++) {
    let at = ((y - 2 - rect.y + dy) * rect.width + x - 2 - rect.x) * channels;
    for (let dx = 0; dx < size; dx++, at += channels) {
      const v = (data[at]! + 2 * data[at + green]! + data[at + blue]!) / 4;
      if (v <= 0 || v >= top) return null;
      luminance[i++] = v;
    }
  }
  return { near: meanSquare(1), wide: meanSquare(2) };
}

function meanSquare(spacing: number): number {
  const size = BLOCK + 4;
  const up = spacing * size;
  let sum = 0;
  for (let y = 2; y < 2 + BLOCK; y++) {
    for (let x = 2; x < 2 + BLOCK; x++) {
      const i = y * size + x;
      const cross =
        luminance[i - up]! + luminance[i + up]! + luminance[i - spacing]! + luminance[i + spacing]!;
      const corners =
        luminance[i - up - spacing]! +
        luminance[i - up + spacing]! +
        luminance[i + up - spacing]! +
        luminance[i + up + spacing]!;
      const response = corners - 2 * cross + 4 * luminance[i]!;
      sum += response * response;
    }
  }
  return sum / (BLOCK * BLOCK);
}

/** Expected square of the operator's response to unit noise of a softness: Σ wᵢ wⱼ ρ(i − j); 36 for white noise. */
function operatorEnergy(spacing: number, softness: number): number {
  // The operator is [1 −2 1] across and down; its autocorrelation along one axis is 6, −4, 1 at lags 0, 1, 2.
  const line = 6 - 8 * correlation(spacing, softness) + 2 * correlation(2 * spacing, softness);
  return line * line;
}

/** Correlation of noise blurred by a sampled Gaussian, at a distance along one axis. */
function correlation(distance: number, softness: number): number {
  const kernel = gaussianTaps(softness);
  const overlap = (lag: number) => kernel.reduce((sum, v, i) => sum + v * (kernel[i + lag] ?? 0), 0);
  return overlap(distance) / overlap(0);
}

/** A sampled, normalised Gaussian; a single 1 for softness 0. */
function gaussianTaps(softness: number): number[] {
  if (softness < 0.05) return [1];
  const radius = Math.ceil(3 * softness);
  const taps = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * softness * softness)),
  );
  const sum = taps.reduce((a, b) => a + b);
  return taps.map((v) => v / sum);
}

/** The softness at which noise has this ratio of the two energies: it falls as noise gets softer. */
function softnessFrom(ratio: number): number {
  let low = 0;
  let high = MAX_SOFTNESS;
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2;
    if (operatorEnergy(1, middle) / operatorEnergy(2, middle) > ratio) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Side of the noise that is laid over the photo again and again; seamless. */
const TILE = 1024;

/**
 * Adds to a patch the grain that it lacks: seeded noise of the wanted softness and of the deviation
 * √(wanted² − own²) · strength, equal in all colour channels, where the mask is not 0. The noise belongs to photo
 * pixels, so that it does not depend on the window. Patch and mask share a window; alpha is left alone.
 */
export function addGrain<S extends Samples>(
  patch: RasterWindow<S>,
  mask: MaskWindow,
  wanted: Grain,
  own: Grain,
  options: { readonly seed: number; readonly strength?: number },
): RasterWindow<S> {
  const missing = Math.sqrt(Math.max(0, wanted.sigma ** 2 - own.sigma ** 2)) * (options.strength ?? 1);
  if (missing <= 0) return patch;
  const { rect } = patch;
  const { channels } = patch.raster;
  const data = patch.raster.data.slice() as S;
  const colors = hasAlpha(patch.raster) ? channels - 1 : channels;
  const scale = fullScale(data);
  const isFloat = data instanceof Float32Array;
  const noise = makeNoiseTile(wanted.softness, options.seed);
  const amount = missing * scale;
  const half = isFloat ? 0 : 0.5;
  for (let y = 0; y < rect.height; y++) {
    const line = ((rect.y + y) & (TILE - 1)) * TILE;
    const row = y * rect.width;
    for (let x = 0; x < rect.width; x++) {
      if (mask.raster.data[row + x] === 0) continue;
      const shift = noise[line + ((rect.x + x) & (TILE - 1))]! * amount + half;
      let at = (row + x) * channels;
      for (let c = 0; c < colors; c++, at++) {
        const v = data[at]! + shift;
        data[at] = isFloat ? v : v < 0 ? 0 : v > scale ? scale : v;
      }
    }
  }
  return { raster: { ...patch.raster, data }, rect };
}

let lastTile: { readonly key: string; readonly noise: Float32Array } | undefined;

/** TILE × TILE normal noise of unit deviation, blurred by `softness` around the edges. The last one is kept. */
function makeNoiseTile(softness: number, seed: number): Float32Array {
  const key = `${softness} ${seed}`;
  if (lastTile?.key === key) return lastTile.noise;
  const normal = normalStream(randomStream(seed));
  let noise: Float32Array = new Float32Array(TILE * TILE);
  for (let i = 0; i < noise.length; i++) noise[i] = normal();
  const taps = gaussianTaps(softness);
  if (taps.length > 1) {
    // A blur scales the deviation by √Σw² along each axis.
    const energy = taps.reduce((sum, v) => sum + v * v, 0);
    noise = convolveColumns(
      convolveRows(noise, taps),
      taps.map((v) => v / energy),
    );
  }
  lastTile = { key, noise };
  return noise;
}

/** Convolves the tile's rows, wrapping at the ends. */
function convolveRows(source: Float32Array, taps: readonly number[]): Float32Array {
  const out = new Float32Array(source.length);
  const radius = taps.length >> 1;
  for (let k = 0; k < taps.length; k++) {
    const weight = taps[k]!;
    for (let i = 0; i < out.length; i++) {
      out[i]! += weight * source[(i & ~(TILE - 1)) | ((i + k - radius) & (TILE - 1))]!;
    }
  }
  return out;
}

/** Convolves the tile's columns, wrapping at the ends; whole rows at a time. */
function convolveColumns(source: Float32Array, taps: readonly number[]): Float32Array {
  const out = new Float32Array(source.length);
  const radius = taps.length >> 1;
  for (let y = 0; y < TILE; y++) {
    for (let k = 0; k < taps.length; k++) {
      const weight = taps[k]!;
      const from = ((y + k - radius) & (TILE - 1)) * TILE;
      for (let x = 0; x < TILE; x++) out[y * TILE + x]! += weight * source[from + x]!;
    }
  }
  return out;
}
