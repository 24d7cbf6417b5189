import type { Raster } from '../raster.ts';

/** Rows that the edge itself may take, and rows beyond it that show the material, at least. */
const EDGE_ROWS = 4;
const MATERIAL_ROWS = 14;
/** Least distance between two materials, standard deviations. */
const LEAST_DISTANCE = 2;

/** A line y = row + slope · x that a hole hides between two columns. */
export interface HiddenLine {
  readonly row: number;
  readonly slope: number;
  readonly x0: number;
  readonly x1: number;
}

/**
 * True where what lies above the first line is of another material than what lies below the last: their colors beside
 * the hole are apart by more than they vary. Between tiles, along a crack or a weave the same goes on, and such lines
 * are a part of it.
 */
export function partsMaterials(
  picture: Raster<Uint8Array>,
  hole: Raster<Uint8Array>,
  first: HiddenLine,
  last: HiddenLine,
  strip: number,
): boolean {
  const above = createSpread();
  const below = createSpread();
  const reach = Math.max(MATERIAL_ROWS, Math.round(strip / 2));
  for (const [line, spread, from, to] of [
    [first, above, -reach, -EDGE_ROWS],
    [last, below, EDGE_ROWS, reach],
  ] as const) {
    for (const [start, end] of [
      [line.x0 - strip, line.x0],
      [line.x1 + 1, line.x1 + 1 + strip],
    ] as const) {
      for (let x = Math.max(0, start); x < Math.min(picture.width, end); x++) {
        const row = Math.round(line.row + line.slope * x);
        for (let y = Math.max(0, row + from); y <= Math.min(picture.height - 1, row + to); y++) {
          const i = y * picture.width + x;
          if (!hole.data[i]) spread.add(picture.data, i * 3);
        }
      }
    }
  }
  return distinguish(above, below) >= LEAST_DISTANCE;
}

/** Sums of colors, for their mean and variance. */
interface Spread {
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  count: number;
  add(colors: Uint8Array, at: number): void;
}

function createSpread(): Spread {
  const spread: Spread = {
    sums: new Float64Array(3),
    squares: new Float64Array(3),
    count: 0,
    add: (colors, at) => {
      for (let c = 0; c < 3; c++) {
        spread.sums[c]! += colors[at + c]!;
        spread.squares[c]! += colors[at + c]! ** 2;
      }
      spread.count++;
    },
  };
  return spread;
}

/** How far two means are apart, in standard deviations of the channel that tells most. */
function distinguish(a: Spread, b: Spread): number {
  if (a.count === 0 || b.count === 0) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let c = 0; c < 3; c++) {
    const [meanA, meanB] = [a.sums[c]! / a.count, b.sums[c]! / b.count];
    const [varA, varB] = [a.squares[c]! / a.count - meanA ** 2, b.squares[c]! / b.count - meanB ** 2];
    most = Math.max(most, Math.abs(meanA - meanB) / Math.sqrt((varA + varB) / 2 + 1));
  }
  return most;
}
