import { createRaster, dtypeOf, fullScale, type Raster } from '../../../imaging/raster.ts';
import { hasAlpha } from '../../../imaging/samples.ts';
import type { Size } from '../../../imaging/window.ts';

/** Rows in one band that comes out. */
const BAND_ROWS = 128;
const LOBES = 3;

/** For every output sample along one side: the first input sample it reads and `taps` weights that add up to 1. */
interface Filter {
  readonly taps: number;
  readonly first: Int32Array;
  readonly weights: Float32Array;
}

/**
 * Resizes a u8 or u16 raster that arrives in bands of whole rows, by Lanczos-3 widened to the input's spacing where it
 * shrinks (antialiased). Straight alpha (2 or 4 channels) weights the colours. Only the filter's height in rows is
 * held in memory; a band's memory is used again for the next.
 */
export async function* resizeBands(
  bands: AsyncIterable<Raster>,
  from: Size,
  to: Size,
): AsyncGenerator<Raster> {
  const across = lanczosFilter(from.width, to.width);
  const down = lanczosFilter(from.height, to.height);
  const ring: Float32Array[] = [];
  let out: Raster | undefined;
  let read = 0; // input rows so far
  let done = 0; // output rows so far
  let filled = 0; // of the band that is being made
  for await (const band of bands) {
    const rowLength = to.width * band.channels;
    out ??= createRaster(dtypeOf(band.data), to.width, Math.min(BAND_ROWS, to.height), band.channels);
    for (let y = 0; y < band.height; y++) {
      ring[read % down.taps] = resizeRow(
        band,
        y,
        across,
        ring[read % down.taps] ?? new Float32Array(rowLength),
      );
      read++;
      while (done < to.height && lastTap(down, done, from.height) < read) {
        const target = out.data.subarray(filled * rowLength, (filled + 1) * rowLength);
        storeRow(mixRows(ring, down, done, from.height, rowLength), target, out);
        done++;
        filled++;
        if (filled < out.height && done < to.height) continue;
        yield { ...out, height: filled, data: out.data.subarray(0, filled * rowLength) };
        filled = 0;
      }
    }
  }
}

function lastTap({ first, taps }: Filter, index: number, length: number): number {
  return Math.min(length - 1, first[index]! + taps - 1);
}

/** Lanczos-3 weights; taps beyond the ends have weight 0 (the rest is normalised). */
function lanczosFilter(from: number, to: number): Filter {
  const step = from / to;
  const stretch = Math.max(1, step);
  const taps = Math.min(from, Math.ceil(2 * LOBES * stretch) + 1);
  const first = new Int32Array(to);
  const weights = new Float32Array(to * taps);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * step - 0.5;
    const start = Math.min(from - taps, Math.max(0, Math.ceil(center - LOBES * stretch)));
    first[i] = start;
    let sum = 0;
    for (let t = 0; t < taps; t++) sum += weights[i * taps + t] = lanczos((start + t - center) / stretch);
    for (let t = 0; t < taps; t++) weights[i * taps + t]! /= sum;
  }
  return { taps, first, weights };
}

function lanczos(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= LOBES) return 0;
  const angle = Math.PI * x;
  return (LOBES * Math.sin(angle) * Math.sin(angle / LOBES)) / (angle * angle);
}

/** One row at the new width, colours multiplied by their alpha (0–1) where there is one. */
function resizeRow(
  band: Raster,
  y: number,
  { taps, first, weights }: Filter,
  row: Float32Array,
): Float32Array {
  const { width, channels, data } = band;
  const input = new Float32Array(width * channels);
  const start = y * width * channels;
  for (let i = 0; i < input.length; i++) input[i] = data[start + i]!;
  if (hasAlpha(band)) multiplyAlpha(input, channels, 1 / fullScale(data));
  const outWidth = row.length / channels;
  for (let x = 0; x < outWidth; x++) {
    const from = first[x]! * channels;
    const w = x * taps;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let t = 0, at = from + c; t < taps; t++, at += channels) sum += weights[w + t]! * input[at]!;
      row[x * channels + c] = sum;
    }
  }
  return row;
}

function multiplyAlpha(row: Float32Array, channels: number, scale: number): void {
  for (let i = 0; i < row.length; i += channels) {
    const alpha = row[i + channels - 1]! * scale;
    for (let c = 0; c < channels - 1; c++) row[i + c]! *= alpha;
  }
}

function mixRows(
  ring: readonly Float32Array[],
  filter: Filter,
  index: number,
  length: number,
  rowLength: number,
): Float32Array {
  const { taps, first, weights } = filter;
  const mixed = new Float32Array(rowLength);
  for (let t = 0; t < taps && first[index]! + t < length; t++) {
    const weight = weights[index * taps + t]!;
    if (weight === 0) continue;
    const row = ring[(first[index]! + t) % taps]!;
    for (let i = 0; i < rowLength; i++) mixed[i]! += weight * row[i]!;
  }
  return mixed;
}

/** Back to whole samples: colours divided by their alpha, clipped, rounded. */
function storeRow(row: Float32Array, target: Raster['data'], out: Raster): void {
  const { channels } = out;
  const top = fullScale(out.data);
  const colors = hasAlpha(out) ? channels - 1 : channels;
  for (let i = 0; i < row.length; i += channels) {
    const alpha = colors < channels ? row[i + colors]! : top;
    const scale = alpha > 0 ? top / alpha : 0;
    for (let c = 0; c < colors; c++) target[i + c] = Math.min(top, Math.max(0, row[i + c]! * scale)) + 0.5;
    if (colors < channels) target[i + colors] = Math.min(top, Math.max(0, alpha)) + 0.5;
  }
}
