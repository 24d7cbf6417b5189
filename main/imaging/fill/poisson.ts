import { type Cells, coarsen, type GridLevel, makeLevel } from './poisson-grids.ts';

/**
 * A screened Poisson equation on a region of a pixel grid, by conjugate gradients over multigrid: for every pixel p of the region
 *
 *     Σ (v_p − v_q over its neighbours q in the region) + pins_p · v_p + λ · v_p = rhs_p
 *
 * where `pins` counts the neighbours whose value is prescribed (their values are in rhs), neighbours that are neither
 * are free boundary, and λ pulls v to 0 over a distance of 1/√λ pixels. (Pérez, Gangnet, Blake: Poisson Image Editing,
 * 2003; Bhat et al.: Fourier Analysis of the 2D Screened Poisson Equation, 2008, for the screen.)
 */
export interface PoissonRegion {
  readonly levels: readonly GridLevel[];
  /** Pixels per cell of the finest grid, along each side: more than 1 for very large regions. */
  readonly cell: number;
}

/** About 300 MB of grids. */
const MOST_CELLS = 6_000_000;
/** Smoothing sweeps before and after each coarser correction. */
const SWEEPS = 2;

/**
 * Prepares a region.
 * @param inside one byte per pixel, 0 outside the region; neighbours of different values are not linked
 * @param pins weight of the prescribed neighbours of each pixel, ≥ 0
 * @param screen λ ≥ 0, per pixel
 * @param mostCells pixels above which the finest grid has cells of 2×2, to keep memory in bounds
 */
export function createPoissonRegion(
  inside: Uint8Array,
  pins: Float32Array,
  width: number,
  height: number,
  screen: number,
  mostCells = MOST_CELLS,
): PoissonRegion {
  const holds = pins.map((weight, i) => (inside[i] ? weight + screen : 0));
  let cells: Cells = { width, height, mask: inside, holds, links: null };
  let cell = 1;
  if (width * height > mostCells) {
    cells = coarsen(cells);
    cell = 2;
  }
  const levels: GridLevel[] = [];
  for (;;) {
    levels.push(makeLevel(cells));
    const next = coarsen(cells);
    if (next.mask.length <= 4 || next.mask.length === cells.mask.length) return { levels, cell };
    cells = next;
  }
}

/**
 * Solves for one right-hand side (one value per pixel, 0 outside). Each grid starts from the solution of the next
 * coarser one and goes on by conjugate gradients, with one multigrid V-cycle as the preconditioner, until the largest
 * residual is below `tolerance`, at most `iterations` times.
 */
export function solvePoisson(
  region: PoissonRegion,
  rhs: Float32Array,
  width: number,
  height: number,
  options: { readonly tolerance: number; readonly iterations: number },
): Float32Array {
  const { levels, cell } = region;
  const finest = levels[0]!;
  finest.wanted.fill(0);
  for (let y = 0, i = 0; y < height; y++) {
    const row = (Math.floor(y / cell) + 1) * finest.width + 1;
    for (let x = 0; x < width; x++, i++) finest.wanted[row + Math.floor(x / cell)]! += rhs[i]!;
  }
  for (let n = 1; n < levels.length; n++) {
    levels[n]!.wanted.fill(0);
    sumCells(levels[n - 1]!.wanted, levels[n]!.wanted, levels[n - 1]!, levels[n]!);
  }
  for (let n = levels.length - 1; n >= 0; n--) {
    levels[n]!.solution.fill(0);
    const coarse = levels[n + 1];
    if (coarse) spreadCells(coarse.solution, levels[n]!.solution, coarse, levels[n]!);
    iterate(levels, n, options);
  }
  const out = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    const row = (Math.floor(y / cell) + 1) * finest.width + 1;
    for (let x = 0; x < width; x++, i++) out[i] = finest.solution[row + Math.floor(x / cell)]!;
  }
  return out;
}

/** Preconditioned conjugate gradients on grid `n`, which go on from its present solution. */
function iterate(
  levels: readonly GridLevel[],
  n: number,
  options: { readonly tolerance: number; readonly iterations: number },
): void {
  const level = levels[n]!;
  const { rhs: residual, value: better, wanted, solution, direction, image } = level;
  // A few sweeps first take the blocks' edges off the start.
  residual.set(wanted);
  better.set(solution);
  relax(level, 0);
  relax(level, 1);
  solution.set(better);
  multiply(level, solution, image);
  for (let i = 0; i < residual.length; i++) residual[i] = wanted[i]! - image[i]!;
  let last = 0;
  for (let k = 0; k < options.iterations && largest(residual) > options.tolerance; k++) {
    better.fill(0);
    cycle(levels, n);
    const product = dot(residual, better);
    const beta = k === 0 ? 0 : product / last;
    if (k === 0) direction.fill(0);
    for (let i = 0; i < better.length; i++) direction[i] = better[i]! + beta * direction[i]!;
    last = product;
    multiply(level, direction, image);
    const length = dot(direction, image);
    if (!(length > 0)) break;
    const step = product / length;
    for (let i = 0; i < better.length; i++) {
      solution[i]! += step * direction[i]!;
      residual[i]! -= step * image[i]!;
    }
  }
}

function largest(values: Float32Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > most) most = size;
  }
  return most;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** The equation's left side for a vector. */
function multiply(level: GridLevel, from: Float32Array, to: Float32Array): void {
  const { width, height, east, south, inverse } = level;
  for (let y = 1; y < height - 1; y++) {
    const end = (y + 1) * width - 1;
    for (let i = y * width + 1; i < end; i++) {
      const scale = inverse[i]!;
      to[i] =
        scale === 0
          ? 0
          : from[i]! / scale -
            east[i]! * from[i + 1]! -
            east[i - 1]! * from[i - 1]! -
            south[i]! * from[i + width]! -
            south[i - width]! * from[i - width]!;
    }
  }
}

/** One V-cycle on level `n`, symmetric as conjugate gradients ask for: what is smoothed last was smoothed first. */
function cycle(levels: readonly GridLevel[], n: number): void {
  const level = levels[n]!;
  if (n === levels.length - 1) {
    for (let k = 0; k < 8; k++) relax(level, 0);
    for (let k = 0; k < 8; k++) relax(level, 1);
    return;
  }
  const coarse = levels[n + 1]!;
  for (let k = 0; k < SWEEPS; k++) relax(level, 0);
  restrictResidual(level, coarse);
  coarse.value.fill(0);
  cycle(levels, n + 1);
  addCoarse(coarse, level);
  for (let k = 0; k < SWEEPS; k++) relax(level, 1);
}

/** One Gauss–Seidel sweep over the chessboard: the fields of parity `first`, then the others. */
function relax(level: GridLevel, first: number): void {
  const { width, height, east, south, inverse, value, rhs } = level;
  for (let half = 0; half < 2; half++) {
    for (let y = 1; y < height - 1; y++) {
      const end = (y + 1) * width - 1;
      for (let i = y * width + 1 + ((y + half + first) & 1); i < end; i += 2) {
        const scale = inverse[i]!;
        if (scale === 0) continue;
        value[i] =
          scale *
          (rhs[i]! +
            east[i]! * value[i + 1]! +
            east[i - 1]! * value[i - 1]! +
            south[i]! * value[i + width]! +
            south[i - width]! * value[i - width]!);
      }
    }
  }
}

/** Sums the residuals of 2×2 cells. */
function restrictResidual(fine: GridLevel, coarse: GridLevel): void {
  const { width, height, east, south, inverse, value, rhs } = fine;
  coarse.rhs.fill(0);
  for (let y = 1; y < height - 1; y++) {
    const row = ((y + 1) >> 1) * coarse.width;
    for (let x = 1, i = y * width + 1; x < width - 1; x++, i++) {
      const scale = inverse[i]!;
      if (scale === 0) continue;
      const residual =
        rhs[i]! -
        value[i]! / scale +
        east[i]! * value[i + 1]! +
        east[i - 1]! * value[i - 1]! +
        south[i]! * value[i + width]! +
        south[i - width]! * value[i - width]!;
      coarse.rhs[row + ((x + 1) >> 1)]! += residual;
    }
  }
}

/** Adds each coarse value to its 2×2 cells: the transpose of the restriction. */
function addCoarse(coarse: GridLevel, fine: GridLevel): void {
  spreadCells(coarse.value, fine.value, coarse, fine);
}

/** Adds values of coarse cells to those of the 2×2 fine cells under each that are in the region. */
function spreadCells(from: Float32Array, to: Float32Array, coarse: GridLevel, fine: GridLevel): void {
  const { width, height, inverse } = fine;
  for (let y = 1; y < height - 1; y++) {
    const row = ((y + 1) >> 1) * coarse.width;
    for (let x = 1, i = y * width + 1; x < width - 1; x++, i++) {
      if (inverse[i] !== 0) to[i]! += from[row + ((x + 1) >> 1)]!;
    }
  }
}

/** Sums values over 2×2 cells. */
function sumCells(from: Float32Array, to: Float32Array, fine: GridLevel, coarse: GridLevel): void {
  for (let y = 1; y < fine.height - 1; y++) {
    const row = ((y + 1) >> 1) * coarse.width;
    for (let x = 1, i = y * fine.width + 1; x < fine.width - 1; x++, i++)
      to[row + ((x + 1) >> 1)]! += from[i]!;
  }
}
