import { type Mask, type Raster, fullScale } from '../raster.ts';
import { colorChannels } from './statistics.ts';

/** Mean colours of one block of rim pixels, 0–1, at its centre of mass in crop pixels. */
export interface RimSample {
  readonly x: number;
  readonly y: number;
  readonly photo: readonly number[];
  readonly patch: readonly number[];
  /** Share of the block that is rim, 0–1. */
  readonly weight: number;
}

/** Blocks along the crop's long side: their means average out noise and lost fine detail, which is not drift. */
const BLOCKS = 160;
/** Samples this near to either end of the scale count as clipped: they hide how much the drift moved them. */
const CLIPPED = 1.5 / 255;

/** Averages photo and patch over blocks of rim pixels; blocks with less than a quarter of rim are left out. */
export function sampleRim(photo: Raster, patch: Raster, rim: Mask, threshold: number): RimSample[] {
  const { width, height } = rim;
  const block = Math.max(2, Math.ceil(Math.max(width, height) / BLOCKS));
  const samples: RimSample[] = [];
  for (let y = 0; y < height; y += block) {
    for (let x = 0; x < width; x += block) {
      const sample = averageBlock(
        photo,
        patch,
        rim,
        threshold,
        x,
        y,
        Math.min(block, width - x),
        Math.min(block, height - y),
      );
      if (sample && sample.weight >= 0.25) samples.push(sample);
    }
  }
  return samples;
}

function averageBlock(
  photo: Raster,
  patch: Raster,
  rim: Mask,
  threshold: number,
  x0: number,
  y0: number,
  width: number,
  height: number,
) {
  const colors = colorChannels(patch.channels);
  const photoStep = 1 / fullScale(photo.data);
  const patchStep = 1 / fullScale(patch.data);
  const sums = new Float64Array(2 * colors);
  let count = 0;
  let sumX = 0;
  let sumY = 0;
  for (let y = y0; y < y0 + height; y++) {
    for (let x = x0; x < x0 + width; x++) {
      const i = y * rim.width + x;
      if (rim.data[i]! < threshold) continue;
      if (isClipped(photo, i, colors, photoStep) || isClipped(patch, i, colors, patchStep)) continue;
      for (let c = 0; c < colors; c++) {
        sums[c]! += photo.data[i * photo.channels + c]! * photoStep;
        sums[colors + c]! += patch.data[i * patch.channels + c]! * patchStep;
      }
      count++;
      sumX += x;
      sumY += y;
    }
  }
  if (count === 0) return null;
  const means = Array.from(sums, (sum) => sum / count);
  return {
    x: sumX / count + 0.5,
    y: sumY / count + 0.5,
    photo: means.slice(0, colors),
    patch: means.slice(colors),
    weight: count / (width * height),
  };
}

function isClipped(raster: Raster, pixel: number, colors: number, step: number): boolean {
  for (let c = 0; c < colors; c++) {
    const v = raster.data[pixel * raster.channels + c]! * step;
    if (v < CLIPPED || v > 1 - CLIPPED) return true;
  }
  return false;
}
