import type { Raster } from '../raster.ts';

/** A line that tells what lies below it from what lies above: y = row + slope · x, in pixels. */
export interface GroundLine {
  readonly row: number;
  readonly slope: number;
}

const STEEPEST = 0.6;
const SLOPE_STEP = 0.05;
/** Share of the pixels on the wrong side beyond which no line is drawn. */
const MOST_ASTRAY = 0.15;

/**
 * The straight line that best parts two kinds of pixels, the one below, the other above; where many part them alike,
 * the flattest, in the middle of the gap. Null where either kind is missing or no line parts them.
 *
 * @param kinds one channel: 1 below, 2 above, anything else does not count
 */
export function findGroundLine(kinds: Raster<Uint8Array>): GroundLine | null {
  const { height } = kinds;
  const totals = [0, 0, 0];
  for (const kind of kinds.data) if (kind === 1 || kind === 2) totals[kind]!++;
  const total = totals[1]! + totals[2]!;
  if (totals[1]! < 0.02 * total || totals[2]! < 0.02 * total || total === 0) return null;
  let best: (GroundLine & { astray: number }) | null = null;
  const slopes = Math.round(STEEPEST / SLOPE_STEP);
  // From the flattest on, so that a steeper one must be better.
  for (let k = 0; k <= 2 * slopes; k++) {
    const slope = SLOPE_STEP * Math.ceil(k / 2) * (k % 2 === 0 ? 1 : -1);
    const line = partAlong(kinds, slope, totals);
    if (!best || line.astray < best.astray - 0.002 * total) best = line;
  }
  return best && best.astray <= MOST_ASTRAY * total && height > 0
    ? { row: best.row, slope: best.slope }
    : null;
}

/** The best line of a slope, with the number of pixels on its wrong side. */
function partAlong(
  { width, height, data }: Raster<Uint8Array>,
  slope: number,
  totals: readonly number[],
): GroundLine & { astray: number } {
  const lowest = Math.floor(Math.min(0, -slope * width));
  const count = height + Math.ceil(Math.abs(slope) * width) + 2;
  const below = new Int32Array(count);
  const above = new Int32Array(count);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const kind = data[i]!;
      if (kind !== 1 && kind !== 2) continue;
      const at = Math.floor(y - slope * x) - lowest;
      if (kind === 1) below[at]!++;
      else above[at]!++;
    }
  }
  // Going down, every "below" pixel passed is on the wrong side and every "above" pixel no longer is.
  let astray = totals[2]!;
  let least = astray;
  let first = 0;
  let last = 0;
  for (let at = 0; at < count; at++) {
    astray += below[at]! - above[at]!;
    if (astray < least) {
      least = astray;
      first = at + 1;
    }
    if (astray === least) last = at + 1;
  }
  return { row: (first + last) / 2 + lowest, slope, astray: least };
}
