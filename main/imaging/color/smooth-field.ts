/** A grid of cells spread over spanX × spanY pixels; values live at cell centres. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  readonly spanX: number;
  readonly spanY: number;
}

/** Stiffness of the membrane against one fully weighted sample per cell. */
const STIFFNESS = 0.3;
const ITERATIONS = 400;

/**
 * The smooth field nearest to scattered values: minimises Σ wᵢ (f(xᵢ, yᵢ) − vᵢ)² + stiffness · Σ (fₐ − f_b)² over
 * neighbouring cells (a membrane), with f bilinear between cell centres; solved by conjugate gradients. Where no
 * sample lies the membrane spans the gap, as a harmonic function does.
 * Returns the field and its values at the samples.
 */
export function solveField(
  grid: Grid,
  points: readonly { readonly x: number; readonly y: number }[],
  values: Float32Array,
  weights: Float32Array,
): { field: Float32Array; atSamples: Float32Array } {
  const cells = grid.width * grid.height;
  const { index, share } = locate(grid, points);
  // Weights are scaled to mean 1 per cell that has samples, so that stiffness means the same for any crop.
  const scale = Math.min(1, cells / Math.max(1, points.length));
  const right = new Float64Array(cells);
  const stencil = membraneStencil(grid);
  for (let i = 0; i < points.length; i++) {
    for (let k = 4 * i; k < 4 * i + 4; k++) {
      const pull = scale * weights[i]! * share[k]!;
      right[index[k]!]! += pull * values[i]!;
      for (let m = 4 * i; m < 4 * i + 4; m++)
        stencil[9 * index[k]! + OFFSETS[k & 3]![m & 3]!]! += pull * share[m]!;
    }
  }
  const field = Float32Array.from(conjugateGradients((f, out) => applyStencil(grid, stencil, f, out), right));
  const atSamples = new Float32Array(points.length);
  for (let i = 0; i < points.length; i++) {
    for (let k = 4 * i; k < 4 * i + 4; k++) atSamples[i]! += share[k]! * field[index[k]!]!;
  }
  return { field, atSamples };
}

/** The four cells around each point and their bilinear shares. */
function locate(grid: Grid, points: readonly { readonly x: number; readonly y: number }[]) {
  const index = new Int32Array(4 * points.length);
  const share = new Float32Array(4 * points.length);
  points.forEach(({ x, y }, i) => {
    const u = Math.min(grid.width - 1, Math.max(0, (x * grid.width) / grid.spanX - 0.5));
    const v = Math.min(grid.height - 1, Math.max(0, (y * grid.height) / grid.spanY - 0.5));
    const left = Math.min(grid.width - 2, Math.floor(u));
    const top = Math.min(grid.height - 2, Math.floor(v));
    const [s, t] = [u - left, v - top];
    const first = top * grid.width + left;
    index.set([first, first + 1, first + grid.width, first + grid.width + 1], 4 * i);
    share.set([(1 - s) * (1 - t), s * (1 - t), (1 - s) * t, s * t], 4 * i);
  });
  return { index, share };
}

/** Where the m-th of four cells around a point lies in the 3 × 3 stencil of the k-th; order as in `locate`. */
const OFFSETS = [
  [4, 5, 7, 8],
  [3, 4, 6, 7],
  [1, 2, 4, 5],
  [0, 1, 3, 4],
] as const;

/** Stiffness · (graph Laplacian), as a 3 × 3 stencil per cell, plus a trace of the identity: definite. */
function membraneStencil({ width, height }: Grid): Float64Array {
  const stencil = new Float64Array(9 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 9 * (y * width + x);
      for (const [dx, dy] of [
        [-1, 0],
        [1, 0],
        [0, -1],
        [0, 1],
      ] as const) {
        if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue;
        stencil[at + 4]! += STIFFNESS;
        stencil[at + 4 + dx + 3 * dy]! -= STIFFNESS;
      }
      stencil[at + 4]! += 1e-6;
    }
  }
  return stencil;
}

/** out = A · f; neighbours beyond the grid have weight 0. */
function applyStencil(
  { width, height }: Grid,
  stencil: Float64Array,
  f: Float64Array,
  out: Float64Array,
): void {
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      let sum = 0;
      for (let dy = -1, at = 9 * i; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++, at++) {
          const weight = stencil[at]!;
          if (weight !== 0) sum += weight * f[i + dy * width + dx]!;
        }
      }
      out[i] = sum;
    }
  }
}

function conjugateGradients(
  apply: (f: Float64Array, out: Float64Array) => void,
  right: Float64Array,
): Float64Array {
  const n = right.length;
  const f = new Float64Array(n);
  const residual = right.slice();
  const direction = right.slice();
  const applied = new Float64Array(n);
  let norm = dot(residual, residual);
  const enough = norm * 1e-12;
  for (let iteration = 0; iteration < ITERATIONS && norm > enough && norm > 0; iteration++) {
    apply(direction, applied);
    const step = norm / dot(direction, applied);
    for (let i = 0; i < n; i++) {
      f[i]! += step * direction[i]!;
      residual[i]! -= step * applied[i]!;
    }
    const next = dot(residual, residual);
    for (let i = 0; i < n; i++) direction[i] = residual[i]! + (next / norm) * direction[i]!;
    norm = next;
  }
  return f;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
