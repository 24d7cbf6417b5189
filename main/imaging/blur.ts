import { type Raster, createRaster } from './raster.ts';

/**
 * Mean over a square of 2·radius + 1 pixels, f32, any channel count; the border is repeated. Running sums: the cost
 * does not depend on the radius.
 */
export function boxBlur(source: Raster<Float32Array>, radius: number): Raster<Float32Array> {
  const out = createRaster('f32', source.width, source.height, source.channels);
  out.data.set(source.data);
  blurInPlace(out, radius);
  return out;
}

/**
 * Gaussian of standard deviation `sigma` pixels by three box means, whose widths are chosen so that their variances
 * add up to sigma² (Kovesi, Fast Almost-Gaussian Filtering, 2010). The deviation is met within
 * 9 % at sigma 2 and 4 % from 5 on.
 */
export function gaussianBlur(source: Raster<Float32Array>, sigma: number): Raster<Float32Array> {
  const out = createRaster('f32', source.width, source.height, source.channels);
  out.data.set(source.data);
  for (const radius of boxRadii(sigma, 3)) blurInPlace(out, radius);
  return out;
}

/** Radii of n boxes whose variances add up to about sigma². */
export function boxRadii(sigma: number, n: number): number[] {
  const ideal = Math.sqrt((12 * sigma * sigma) / n + 1);
  const lower = Math.floor((ideal - 1) / 2) * 2 + 1;
  const lowerCount = Math.round(
    (12 * sigma * sigma - n * lower * lower - 4 * n * lower - 3 * n) / (-4 * lower - 4),
  );
  return Array.from({ length: n }, (_, i) => (i < lowerCount ? lower : lower + 2) >> 1);
}

function blurInPlace(raster: Raster<Float32Array>, radius: number): void {
  if (radius <= 0) return;
  const { width, height, channels, data } = raster;
  const row = new Float32Array(width * channels);
  for (let y = 0; y < height; y++) {
    const part = data.subarray(y * width * channels, (y + 1) * width * channels);
    row.set(part);
    blurRow(row, width, channels, radius, part);
  }
  blurColumns(data, width * channels, height, radius);
}

function blurRow(
  row: Float32Array,
  width: number,
  channels: number,
  radius: number,
  out: Float32Array,
): void {
  const share = 1 / (2 * radius + 1);
  const last = (width - 1) * channels;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let k = -radius; k <= radius; k++) sum += row[Math.min(Math.max(k * channels, 0), last) + c]!;
    for (let x = 0; x < width; x++) {
      out[x * channels + c] = sum * share;
      sum +=
        row[Math.min((x + radius + 1) * channels, last) + c]! -
        row[Math.max((x - radius) * channels, 0) + c]!;
    }
  }
}

/** Down all columns at once, so that memory is read row by row; a ring keeps the rows still needed. */
function blurColumns(data: Float32Array, length: number, height: number, radius: number): void {
  const size = 2 * radius + 1;
  const share = 1 / size;
  const sums = new Float64Array(length);
  const ring = new Float32Array(size * length);
  const source = (y: number) => Math.min(Math.max(y, 0), height - 1) * length;
  for (let k = -radius; k <= radius; k++) {
    const from = source(k);
    const slot = (k + radius) * length;
    for (let i = 0; i < length; i++) {
      const v = data[from + i]!;
      ring[slot + i] = v;
      sums[i]! += v;
    }
  }
  for (let y = 0; y < height; y++) {
    const slot = (y % size) * length;
    // Rows below y are still original; at the last row nothing that comes in is used any more.
    const next = source(y + radius + 1);
    const at = y * length;
    for (let i = 0; i < length; i++) {
      const incoming = data[next + i]!;
      data[at + i] = sums[i]! * share;
      sums[i]! += incoming - ring[slot + i]!;
      ring[slot + i] = incoming;
    }
  }
}
