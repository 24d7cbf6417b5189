import { type Mask, type Raster, type Samples, fullScale } from '../raster.ts';
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
const BLOCKS = 96;
/** Samples this near to either end of the scale count as clipped: they hide how much the drift moved them. */
const CLIPPED = 1.5 / 255;

/** Averages photo and patch over blocks of rim pixels; blocks with less than a quarter of rim are left out. */
export function sampleRim(photo: Raster, patch: Raster, rim: Mask, threshold: number): RimSample[] {
  const { width, height } = rim;
  const block = Math.max(2, Math.ceil(Math.max(width, height) / BLOCKS));
  // In large blocks every other pixel of every other row is enough.
  const step = block >= 12 ? 2 : 1;
  const samples: RimSample[] = [];
  for (let y = 0; y < height; y += block) {
    for (let x = 0; x < width; x += block) {
      const sums = new BlockSums(colorChannels(patch.channels));
      for (let row = y; row < Math.min(y + block, height); row += step) {
        sums.addRow(photo, patch, rim, threshold, row, x, Math.min(x + block, width), step);
      }
      const sample = sums.mean(photo, patch);
      if (sample && sample.weight >= 0.25) samples.push(sample);
    }
  }
  return samples;
}

/** Running sums of one block, in sample units. */
class BlockSums {
  private readonly colors: number;
  private readonly photo = new Float64Array(3);
  private readonly patch = new Float64Array(3);
  private seen = 0;
  private count = 0;
  private sumX = 0;
  private sumY = 0;

  constructor(colors: number) {
    this.colors = colors;
  }

  addRow(
    photo: Raster,
    patch: Raster,
    rim: Mask,
    threshold: number,
    y: number,
    x0: number,
    x1: number,
    step: number,
  ): void {
    const { colors } = this;
    for (let x = x0; x < x1; x += step) {
      const i = y * rim.width + x;
      this.seen++;
      if (rim.data[i]! < threshold) continue;
      const a = i * photo.channels;
      const b = i * patch.channels;
      if (isClipped(photo.data, a, colors) || isClipped(patch.data, b, colors)) continue;
      for (let c = 0; c < colors; c++) {
        this.photo[c]! += photo.data[a + c]!;
        this.patch[c]! += patch.data[b + c]!;
      }
      this.count++;
      this.sumX += x;
      this.sumY += y;
    }
  }

  mean(photo: Raster, patch: Raster): RimSample | null {
    const { count, colors } = this;
    if (count === 0) return null;
    const share = (sums: Float64Array, scale: number) =>
      Array.from(sums.subarray(0, colors), (sum) => sum / count / scale);
    return {
      x: this.sumX / count + 0.5,
      y: this.sumY / count + 0.5,
      photo: share(this.photo, fullScale(photo.data)),
      patch: share(this.patch, fullScale(patch.data)),
      weight: count / this.seen,
    };
  }
}

function isClipped(data: Samples, at: number, colors: number): boolean {
  const top = fullScale(data);
  const low = CLIPPED * top;
  for (let c = 0; c < colors; c++) {
    const v = data[at + c]!;
    if (v < low || v > top - low) return true;
  }
  return false;
}
