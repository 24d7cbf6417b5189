import type { Raster } from '../raster.ts';
import { collectColors, type ColorModel } from './color-model.ts';
import { MODEL } from './familiar.ts';
import { findGroundLine, type GroundLine } from './ground-line.ts';

/** Height of the strips above and below the hole that are looked at, as a share of its height. */
const STRIP = 0.12;
/** How many times likelier a color must be in one strip than in the other to tell them apart. */
const TELLING = 3;
/** Share of the strips' pixels that must do so for them to show two surfaces. */
const LEAST_TELLING = 0.35;
/** Least pixels in each strip. */
const LEAST_PIXELS = 60;
/** Share of the hole's height at its top and bottom in which the line cannot lie. */
const MARGIN = 0.15;
/** How far the colors may move the line from where it is expected, as a share of the hole's height. */
const MOST_SURPRISE = 0.2;

/** What can be said of a hole's background from the strips right above and right below it. */
export interface AboveBelow {
  /** Where the upper background meets the lower one behind the hole. */
  readonly line: GroundLine;
  /** One channel, {@link MODEL} in the two strips. */
  readonly models: Raster<Uint8Array>;
}

/**
 * Parts the background of an object that stands on the floor when nothing is seen to run on behind it: what lies right
 * above it is wall, what lies right below it is floor, and what stands beside it is neither. Their colors on either
 * side tell where they meet; where they do not, `guess` does.
 *
 * @param picture u8 RGB, reduced; `hole` one channel of the same size, not 0 where unknown
 * @param guess row at which they may be expected to meet
 * @returns null where the picture shows nothing above or below the hole
 */
export function partAboveBelow(
  picture: Raster<Uint8Array>,
  hole: Raster<Uint8Array>,
  guess: number,
): AboveBelow | null {
  const { width, height } = picture;
  const models = new Uint8Array(width * height);
  const upper = collectColors();
  const lower = collectColors();
  let [top, bottom] = [height, 0];
  for (let x = 0; x < width; x++) {
    const [first, last] = extentOfColumn(hole, x);
    if (first < 0) continue;
    top = Math.min(top, first);
    bottom = Math.max(bottom, last);
  }
  const strip = Math.max(4, Math.round(STRIP * (bottom - top)));
  for (let x = 0; x < width; x++) {
    const [first, last] = extentOfColumn(hole, x);
    if (first < 0) continue;
    // Where the object is low, what stands beside it may be above it, and under an overhang the floor is not below.
    const third = (bottom - top) / 3;
    if (first <= top + third) sampleColumn(picture, x, Math.max(0, first - strip), first, upper, models);
    if (last >= bottom - third)
      sampleColumn(picture, x, last + 1, Math.min(height, last + 1 + strip), lower, models);
  }
  const above = upper.finish();
  const below = lower.finish();
  if (above.total < LEAST_PIXELS || below.total < LEAST_PIXELS) return null;
  if (!differ(picture, models, above, below)) return null;
  const line = findGroundLine(tellApart(picture, hole, above, below, top, bottom));
  const margin = MARGIN * (bottom - top);
  const expected = Math.min(bottom - margin, Math.max(top + margin, guess));
  const row = line ? line.row + line.slope * middleOf(hole) : Number.NaN;
  const plausible = Math.abs(row - expected) <= MOST_SURPRISE * (bottom - top);
  return {
    line: line && plausible ? line : { row: expected, slope: 0 },
    models: { width, height, channels: 1, data: models },
  };
}

/** True where enough of the strips above and below have colors of their own: the same goes on behind the hole else. */
function differ(
  { data }: Raster<Uint8Array>,
  models: Uint8Array,
  above: ColorModel,
  below: ColorModel,
): boolean {
  let telling = 0;
  for (let i = 0; i < models.length; i++) {
    if (!models[i]) continue;
    const a = above.count(data, i * 3) / above.total;
    const b = below.count(data, i * 3) / below.total;
    if (a > TELLING * b || b > TELLING * a) telling++;
  }
  return telling >= LEAST_TELLING * (above.total + below.total);
}

/** Adds the rows `from` ≤ y < `to` of a column to a sample, and marks them. */
function sampleColumn(
  { width, data }: Raster<Uint8Array>,
  x: number,
  from: number,
  to: number,
  sample: ReturnType<typeof collectColors>,
  models: Uint8Array,
): void {
  for (let y = from, i = from * width + x; y < to; y++, i += width) {
    models[i] = MODEL;
    sample.add(data, i * 3);
  }
}

/** First and last row of the hole in a column; −1 where there is none. */
function extentOfColumn({ width, height, data }: Raster<Uint8Array>, x: number): readonly [number, number] {
  let first = -1;
  let last = -1;
  for (let y = 0, i = x; y < height; y++, i += width) {
    if (!data[i]) continue;
    if (first < 0) first = y;
    last = y;
  }
  return [first, last];
}

function middleOf({ width, data }: Raster<Uint8Array>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    if (!data[i]) continue;
    sum += i % width;
    count++;
  }
  return sum / count;
}

/** In the rows of the hole: 1 where a known pixel looks like what is below, 2 like what is above; else 0. */
function tellApart(
  picture: Raster<Uint8Array>,
  hole: Raster<Uint8Array>,
  above: ColorModel,
  below: ColorModel,
  top: number,
  bottom: number,
): Raster<Uint8Array> {
  const { width, height, data } = picture;
  const kinds = new Uint8Array(width * height);
  for (let i = top * width; i < (bottom + 1) * width; i++) {
    if (hole.data[i]) continue;
    const a = above.count(data, i * 3) / above.total;
    const b = below.count(data, i * 3) / below.total;
    if (b > TELLING * a && b > 0.001) kinds[i] = 1;
    else if (a > TELLING * b && a > 0.001) kinds[i] = 2;
  }
  return { width, height, channels: 1, data: kinds };
}
