import type { Raster } from './raster.ts';

/** Bins per channel. */
const BINS = 24;
const CELLS = BINS * BINS * BINS;

/**
 * How much likelier each pixel's colour is on one side of a soft division than on the other: the logarithm of the
 * ratio of two smoothed colour histograms, each made from all pixels weighted by the division.
 * @param rgb u8, 3 channels
 * @param share per pixel, 0–1: how much it belongs to side one
 * @returns f32 per pixel, positive where the colour speaks for side one, within ±6
 */
export function colorLikelihood(rgb: Raster<Uint8Array>, share: Float32Array): Float32Array {
  const cells = cellsOf(rgb);
  const ones = new Float32Array(CELLS);
  const others = new Float32Array(CELLS);
  let total = 0;
  for (let i = 0; i < share.length; i++) {
    const s = share[i]!;
    ones[cells[i]!]! += s;
    others[cells[i]!]! += 1 - s;
    total += s;
  }
  smooth(ones);
  smooth(others);
  const rest = share.length - total;
  // A colour seen on neither side says nothing: both get a few pixels' worth of everything.
  const floor = 4 / CELLS + 1e-5;
  const ratios = ones.map((one, c) =>
    clampRatio(Math.log((one / (total + 1) + floor) / (others[c]! / (rest + 1) + floor))),
  );
  const likelihood = new Float32Array(cells.length);
  for (let i = 0; i < cells.length; i++) likelihood[i] = ratios[cells[i]!]!;
  return likelihood;
}

function clampRatio(ratio: number): number {
  return Math.max(-6, Math.min(6, ratio));
}

function cellsOf({ data, width, height, channels }: Raster<Uint8Array>): Uint16Array {
  if (channels !== 3) throw new TypeError(`Expected 3 channels but received ${channels}`);
  const bin = Uint8Array.from({ length: 256 }, (_, v) => Math.floor((v * BINS) / 256));
  const cells = new Uint16Array(width * height);
  for (let i = 0, j = 0; i < cells.length; i++, j += 3) {
    cells[i] = (bin[data[j]!]! * BINS + bin[data[j + 1]!]!) * BINS + bin[data[j + 2]!]!;
  }
  return cells;
}

/** Binomial smoothing (1 2 1)/4 along the three channels, twice. */
function smooth(histogram: Float32Array): void {
  const line = new Float32Array(BINS + 2);
  for (const step of [1, BINS, BINS * BINS, 1, BINS, BINS * BINS]) {
    for (let start = 0; start < CELLS; start++) {
      if (Math.floor(start / step) % BINS !== 0) continue;
      for (let k = 0; k < BINS; k++) line[k + 1] = histogram[start + k * step]!;
      line[0] = line[1]!;
      line[BINS + 1] = line[BINS]!;
      for (let k = 0; k < BINS; k++)
        histogram[start + k * step] = (line[k]! + 2 * line[k + 1]! + line[k + 2]!) / 4;
    }
  }
}
