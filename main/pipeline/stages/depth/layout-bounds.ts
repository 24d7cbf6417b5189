import type { PhotoPoint } from '../../../imaging/geometry.ts';
import type { Raster } from '../../../imaging/raster.ts';

/** A column, photo px, in which one wall meets both the floor and the ceiling. */
export interface WallColumn {
  readonly x: number;
  readonly floor: number;
  readonly ceiling: number;
}

/** What the layout says of rows, in photo px. */
export interface LayoutBounds {
  /** Above this there is hardly any floor; null where the photo shows too little of it. */
  readonly floorTop: number | null;
  /** Below this there is hardly any ceiling; null where the photo shows too little of it. */
  readonly ceilingBottom: number | null;
  /** Where walls meet the floor, left to right. */
  readonly wallLine: readonly PhotoPoint[];
  readonly walls: readonly WallColumn[];
}

const [FLOOR, WALL, CEILING] = [1, 2, 3];
const SURE = 0.6;
/** Cells of one kind that must lie on each side of a line for it to count. */
const RUN = 3;

/** Reads rows and lines off layout probabilities, f32 [h,w,4] (object, floor, wall, ceiling), laid over the photo. */
export function measureBounds(
  layout: Raster<Float32Array>,
  photoWidth: number,
  photoHeight: number,
): LayoutBounds {
  const toY = photoHeight / layout.height;
  const toX = photoWidth / layout.width;
  const floorRow = rowQuantile(layout, FLOOR!, 0.02);
  const ceilingRow = rowQuantile(layout, CEILING!, 0.98);
  const wallLine: PhotoPoint[] = [];
  const walls: WallColumn[] = [];
  for (let x = 0; x < layout.width; x++) {
    const floor = findLine(layout, x, WALL!, FLOOR!);
    if (floor === null) continue;
    wallLine.push({ x: (x + 0.5) * toX, y: floor * toY });
    const ceiling = findLine(layout, x, CEILING!, WALL!);
    if (ceiling !== null && ceiling < floor)
      walls.push({ x: (x + 0.5) * toX, floor: floor * toY, ceiling: ceiling * toY });
  }
  return {
    floorTop: floorRow === null ? null : floorRow * toY,
    ceilingBottom: ceilingRow === null ? null : (ceilingRow + 1) * toY,
    wallLine,
    walls,
  };
}

/** The row above which a share of a class's sure cells lies; null where it has less than 1.5 % of all cells. */
function rowQuantile(
  { width, height, data }: Raster<Float32Array>,
  kind: number,
  share: number,
): number | null {
  const rows = new Uint32Array(height);
  let total = 0;
  for (let i = 0; i < width * height; i++) {
    if (data[i * 4 + kind]! < SURE) continue;
    rows[Math.floor(i / width)]!++;
    total++;
  }
  if (total < 0.015 * width * height) return null;
  let seen = 0;
  for (let y = 0; y < height; y++) {
    seen += rows[y]!;
    if (seen >= share * total) return y;
  }
  return height - 1;
}

/** The row, in cells, between the only run of `upper` and the run of `lower` right under it; null where there is none. */
function findLine(
  { width, height, data }: Raster<Float32Array>,
  x: number,
  upper: number,
  lower: number,
): number | null {
  let found: number | null = null;
  for (let y = RUN; y <= height - RUN; y++) {
    let fits = true;
    for (let k = 1; k <= RUN && fits; k++) {
      const above = ((y - k) * width + x) * 4;
      const below = ((y + k - 1) * width + x) * 4;
      // The cells next to the line are soft themselves.
      const least = k === 1 ? 0.35 : SURE;
      fits = data[above + upper]! > least && data[below + lower]! > least;
    }
    if (!fits) continue;
    if (found !== null && y - found > 1) return null;
    found = y;
  }
  return found;
}
