import type { Raster } from '../raster.ts';
import { partsMaterials } from './materials.ts';

/** A straight edge that is seen on both sides of a hole and so goes on behind it: y = row + slope · x, in pixels. */
export interface CrossingLine {
  readonly row: number;
  readonly slope: number;
  /** How strong the edge is on its weaker side: the length of its step in RGB, levels. */
  readonly strength: number;
}

/** Steepest edge that is looked for: those of floors and walls run across. */
const STEEPEST = 0.4;
const SLOPE_STEP = 0.01;
/** Width of the strips beside the hole in which edges are looked at, as a share of the picture's longer side. */
const STRIP = 0.05;
/** Rows above and below an edge whose colors must agree on both sides. */
const PROFILE = 8;
/** Least step across an edge. */
const LEAST_STRENGTH = 9;
/** Least cosine between the steps on both sides, and least correlation of the colors around them. */
const LEAST_AGREEMENT = 0.85;
const LEAST_CORRELATION = 0.8;
/** How much more light one side may get, and how differently that may show above and below an edge: logarithms. */
const MOST_CONTRAST = Math.log(2.2);
const MOST_CHANGE = Math.log(1.35);
/** Shortest part of a line that the hole hides, as a share of the hole's width. */
const SHORTEST = 0.35;
const MOST_LINES = 5;
/** How far, in rows, a line's ends are moved to find its place more closely. */
const FINE_REACH = 2.5;
const FINE_STEP = 0.5;
/** Share of a line between the two sides that must lie in the hole. */
const MOSTLY = 0.9;
/** Least distance between two lines in the hole, pixels. */
const APART = 5;

/** Colors of the rows around an edge beside the hole: RGB for rows −PROFILE … PROFILE. */
type Profile = Float32Array;
const PROFILE_ROWS = 2 * PROFILE + 1;

/**
 * Finds the edges that run behind a hole: skirting boards, the far edge of a rug, the line where a wall meets the
 * floor. They are what a fill must continue straight and what tells its surfaces apart. For every row and slope the
 * colors along the line are averaged in a strip on either side of the hole; where the line follows an edge, both
 * strips show the same step. None of the lines crosses another inside the hole; top to bottom.
 *
 * @param picture u8 RGB, best below a thousand pixels wide
 * @param hole one channel of the same size, not 0 where unknown
 * @param parting true where nothing else tells that surfaces meet here: the lines must then part two materials
 */
export function findCrossingLines(
  picture: Raster<Uint8Array>,
  hole: Raster<Uint8Array>,
  parting = false,
): CrossingLine[] {
  const { width, height } = picture;
  const strip = Math.max(8, Math.round(STRIP * Math.max(width, height)));
  const sides = findSides(hole);
  const extent = columnsOf(hole);
  const least = SHORTEST * (extent.right - extent.left);
  const beside = createGauge(picture, hole, strip);
  const found: Found[] = [];
  for (let slope = -STEEPEST; slope <= STEEPEST; slope += SLOPE_STEP) {
    for (let y = PROFILE; y < height - PROFILE; y++) {
      const x0 = sides.left[y]!;
      if (x0 < 0) continue;
      const x1 = findExit(sides.right, x0, y, slope);
      const row = y - slope * x0;
      if (x1 - x0 < least || !isHidden(hole, row, slope, x0, x1)) continue;
      const strength = beside(row, slope, x0, x1);
      if (strength > 0) found.push({ row, slope, strength, x0, x1 });
    }
  }
  const chosen = chooseLines(found, hole);
  if (chosen.length === 0) return [];
  if (parting && !partsMaterials(picture, hole, chosen[0]!, chosen.at(-1)!, strip)) return [];
  return chosen.map((line) => refineLine(line, beside));
}

/** A line with the columns between which the hole hides it. */
interface Found extends CrossingLine {
  readonly x0: number;
  readonly x1: number;
}

/** How strong the edge along a line is on both sides of the hole; 0 where the sides do not agree. */
type Gauge = (row: number, slope: number, x0: number, x1: number) => number;

function createGauge(picture: Raster<Uint8Array>, hole: Raster<Uint8Array>, strip: number): Gauge {
  // Halves of the strips, from left to right: an edge shows in each, a pattern's accident does not.
  const halves: Profile[] = Array.from({ length: 4 }, () => new Float32Array(PROFILE_ROWS * 3));
  const [farLeft, left, right, farRight] = halves as [Profile, Profile, Profile, Profile];
  const half = Math.round(strip / 2);
  return (row, slope, x0, x1) => {
    if (!readProfile(picture, hole, row, slope, x0 - half, x0, left)) return 0;
    if (!readProfile(picture, hole, row, slope, x1 + 1, x1 + 1 + half, right)) return 0;
    let strength = compareSteps(left, right);
    if (strength < LEAST_STRENGTH) return 0;
    if (!readProfile(picture, hole, row, slope, x0 - 2 * half, x0 - half, farLeft)) return 0;
    if (!readProfile(picture, hole, row, slope, x1 + 1 + half, x1 + 1 + 2 * half, farRight)) return 0;
    strength = Math.min(strength, compareSteps(farLeft, left), compareSteps(right, farRight));
    if (strength < LEAST_STRENGTH || !isSameMaterial(left, right)) return 0;
    return correlate(left, right) >= LEAST_CORRELATION ? strength : 0;
  };
}

/** The line near by along which the edge is strongest, on a finer grid of rows at both of its ends. */
function refineLine({ row, slope, strength, x0, x1 }: Found, beside: Gauge): CrossingLine {
  let best: CrossingLine = { row, slope, strength };
  for (let atLeft = -FINE_REACH; atLeft <= FINE_REACH; atLeft += FINE_STEP) {
    for (let atRight = -FINE_REACH; atRight <= FINE_REACH; atRight += FINE_STEP) {
      const tilt = slope + (atRight - atLeft) / (x1 - x0);
      const shifted = row + slope * x0 + atLeft - tilt * x0;
      const found = beside(shifted, tilt, x0, x1);
      if (found > best.strength) best = { row: shifted, slope: tilt, strength: found };
    }
  }
  return best;
}

/** For every row the hole's outermost columns among it and the rows of a profile; −1 where there is no hole. */
function findSides({ width, height, data }: Raster<Uint8Array>): { left: Int32Array; right: Int32Array } {
  const first = new Int32Array(height).fill(-1);
  const last = new Int32Array(height).fill(-1);
  for (let i = 0; i < data.length; i++) {
    if (!data[i]) continue;
    const y = Math.floor(i / width);
    if (first[y]! < 0) first[y] = i % width;
    last[y] = i % width;
  }
  const left = first.slice();
  const right = last.slice();
  for (let y = 0; y < height; y++) {
    if (first[y]! < 0) continue;
    for (let near = Math.max(0, y - PROFILE); near <= Math.min(height - 1, y + PROFILE); near++) {
      if (first[near]! < 0) continue;
      left[y] = Math.min(left[y]!, first[near]!);
      right[y] = Math.max(right[y]!, last[near]!);
    }
  }
  return { left, right };
}

/** The column at which a line that enters the hole at (x, y) has left it for good; −1 where it leaves by a row's end. */
function findExit(right: Int32Array, x: number, y: number, slope: number): number {
  let exit = right[y]!;
  for (let round = 0; round < 3; round++) {
    const at = Math.round(y + slope * (exit - x));
    if (at < 0 || at >= right.length || right[at]! < 0) return -1;
    if (Math.abs(right[at]! - exit) <= 1) return Math.max(exit, right[at]!);
    exit = right[at]!;
  }
  return exit;
}

/** True where a line runs through the hole, but for a few gaps, between two columns. */
function isHidden(
  { width, height, data }: Raster<Uint8Array>,
  row: number,
  slope: number,
  x0: number,
  x1: number,
): boolean {
  let hidden = 0;
  for (let x = x0; x <= x1; x++) {
    const y = Math.round(row + slope * x);
    if (y >= 0 && y < height && data[y * width + x]) hidden++;
  }
  return hidden >= MOSTLY * (x1 - x0 + 1);
}

/** Mean colors of the rows around a line between two columns; false where the strip is not all known picture. */
function readProfile(
  { width, height, data }: Raster<Uint8Array>,
  hole: Raster<Uint8Array>,
  row: number,
  slope: number,
  from: number,
  to: number,
  profile: Profile,
): boolean {
  if (from < 0 || to > width) return false;
  profile.fill(0);
  let count = 0;
  for (let x = from; x < to; x += 2, count++) {
    const y = Math.round(row + slope * x) - PROFILE;
    if (y < 0 || y + PROFILE_ROWS > height) return false;
    for (let k = 0, i = y * width + x; k < PROFILE_ROWS; k++, i += width) {
      if (hole.data[i]) return false;
      profile[k * 3]! += data[i * 3]!;
      profile[k * 3 + 1]! += data[i * 3 + 1]!;
      profile[k * 3 + 2]! += data[i * 3 + 2]!;
    }
  }
  for (let k = 0; k < profile.length; k++) profile[k]! /= count;
  return true;
}

/** The weaker step across the middle of two profiles, or 0 where the steps do not agree. */
function compareSteps(a: Profile, b: Profile): number {
  let aa = 0;
  let bb = 0;
  let ab = 0;
  for (let c = 0; c < 3; c++) {
    const below = (PROFILE + 2) * 3 + c;
    const above = (PROFILE - 2) * 3 + c;
    const stepA = a[below]! - a[above]!;
    const stepB = b[below]! - b[above]!;
    aa += stepA * stepA;
    bb += stepB * stepB;
    ab += stepA * stepB;
  }
  const weaker = Math.sqrt(Math.min(aa, bb));
  if (weaker < LEAST_STRENGTH || ab < LEAST_AGREEMENT * Math.sqrt(aa * bb)) return 0;
  return Math.max(aa, bb) > 9 * Math.min(aa, bb) ? 0 : weaker;
}

/**
 * True where both sides may be the same two materials in different light: what changes from one side to the other
 * changes alike above the edge and below it.
 */
function isSameMaterial(a: Profile, b: Profile): boolean {
  for (let c = 0; c < 3; c++) {
    const above = Math.log((meanOf(a, 0, PROFILE - 1, c) + 4) / (meanOf(b, 0, PROFILE - 1, c) + 4));
    const below = Math.log(
      (meanOf(a, PROFILE + 2, PROFILE_ROWS, c) + 4) / (meanOf(b, PROFILE + 2, PROFILE_ROWS, c) + 4),
    );
    if (Math.abs(above - below) > MOST_CHANGE || Math.abs(above) > MOST_CONTRAST) return false;
  }
  return true;
}

function meanOf(profile: Profile, first: number, end: number, channel: number): number {
  let sum = 0;
  for (let k = first; k < end; k++) sum += profile[k * 3 + channel]!;
  return sum / (end - first);
}

/** Correlation of two profiles, each channel about its own mean, so that a difference in light does not count. */
function correlate(a: Profile, b: Profile): number {
  let aa = 0;
  let bb = 0;
  let ab = 0;
  for (let c = 0; c < 3; c++) {
    let meanA = 0;
    let meanB = 0;
    for (let k = c; k < a.length; k += 3) {
      meanA += a[k]! / PROFILE_ROWS;
      meanB += b[k]! / PROFILE_ROWS;
    }
    for (let k = c; k < a.length; k += 3) {
      aa += (a[k]! - meanA) ** 2;
      bb += (b[k]! - meanB) ** 2;
      ab += (a[k]! - meanA) * (b[k]! - meanB);
    }
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

/** The strongest lines that keep apart in the hole, top to bottom. */
function chooseLines(found: Found[], hole: Raster<Uint8Array>): Found[] {
  const { left, right } = columnsOf(hole);
  const chosen: Found[] = [];
  for (const line of found.sort((a, b) => b.strength - a.strength)) {
    if (chosen.length === MOST_LINES) break;
    const clear = chosen.every((other) => {
      const atLeft = line.row + line.slope * left - (other.row + other.slope * left);
      const atRight = line.row + line.slope * right - (other.row + other.slope * right);
      return atLeft * atRight > 0 && Math.min(Math.abs(atLeft), Math.abs(atRight)) >= APART;
    });
    if (clear) chosen.push(line);
  }
  const middle = (left + right) / 2;
  return chosen.sort((a, b) => a.row + a.slope * middle - (b.row + b.slope * middle));
}

function columnsOf({ width, data }: Raster<Uint8Array>): { left: number; right: number } {
  let left = width;
  let right = 0;
  for (let i = 0; i < data.length; i++) {
    if (!data[i]) continue;
    left = Math.min(left, i % width);
    right = Math.max(right, i % width);
  }
  return { left, right };
}
