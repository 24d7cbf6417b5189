import { createRaster, dtypeOf, fullScale, type Raster } from '../../../imaging/raster.ts';
import { hasAlpha } from '../../../imaging/samples.ts';
import { planTaps, scaleRow, type Taps } from '../../../imaging/resample.ts';
import type { Size } from '../../../imaging/window.ts';

/** Rows in one band that comes out. */
const BAND_ROWS = 128;

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
  const across = planTaps(from.width, to.width, 0, to.width, 'lanczos3');
  const down = planTaps(from.height, to.height, 0, to.height, 'lanczos3');
  const ring: Float32Array[] = [];
  let out: Raster | undefined;
  let read = 0; // input rows so far
  let done = 0; // output rows so far
  let filled = 0; // of the band that is being made
  for await (const band of bands) {
    const rowLength = to.width * band.channels;
    out ??= createRaster(dtypeOf(band.data), to.width, Math.min(BAND_ROWS, to.height), band.channels);
    for (let y = 0; y < band.height; y++) {
      ring[read % down.count] = resizeRow(
        band,
        y,
        across,
        ring[read % down.count] ?? new Float32Array(rowLength),
      );
      read++;
      while (done < to.height && down.first[done]! + down.count <= read) {
        const target = out.data.subarray(filled * rowLength, (filled + 1) * rowLength);
        storeRow(mixRows(ring, down, done, rowLength), target, out);
        done++;
        filled++;
        if (filled < out.height && done < to.height) continue;
        yield { ...out, height: filled, data: out.data.subarray(0, filled * rowLength) };
        filled = 0;
      }
    }
  }
}

/** One row at the new width, colours multiplied by their alpha (0–1) where there is one. */
function resizeRow(band: Raster, y: number, across: Taps, row: Float32Array): Float32Array {
  const { width, channels, data } = band;
  const input = new Float32Array(width * channels);
  const start = y * width * channels;
  for (let i = 0; i < input.length; i++) input[i] = data[start + i]!;
  if (hasAlpha(band)) multiplyAlpha(input, channels, 1 / fullScale(data));
  scaleRow(input, across, channels, row);
  return row;
}

function multiplyAlpha(row: Float32Array, channels: number, scale: number): void {
  for (let i = 0; i < row.length; i += channels) {
    const alpha = row[i + channels - 1]! * scale;
    for (let c = 0; c < channels - 1; c++) row[i + c]! *= alpha;
  }
}

function mixRows(ring: readonly Float32Array[], taps: Taps, index: number, rowLength: number): Float32Array {
  const { count, first, weights } = taps;
  const mixed = new Float32Array(rowLength);
  for (let t = 0; t < count; t++) {
    const weight = weights[index * count + t]!;
    if (weight === 0) continue;
    const row = ring[(first[index]! + t) % count]!;
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
