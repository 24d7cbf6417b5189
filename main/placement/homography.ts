import { invert3, multiply3 } from '../imaging/matrix.ts';

/** 3×3, row-major: homogeneous pixels → homogeneous pixels. */
export type Homography = readonly number[];

/** A pair of points that a homography is to bring together. */
export interface Correspondence {
  readonly from: { readonly x: number; readonly y: number };
  readonly to: { readonly x: number; readonly y: number };
  readonly weight: number;
}

/** Applies a homography to a point; infinite where it falls on the line at infinity. */
export function applyHomography(
  h: Homography,
  x: number,
  y: number,
): { readonly x: number; readonly y: number } {
  const w = h[6]! * x + h[7]! * y + h[8]!;
  return { x: (h[0]! * x + h[1]! * y + h[2]!) / w, y: (h[3]! * x + h[4]! * y + h[5]!) / w };
}

/**
 * The homography that brings `from` nearest to `to`, weighted, in the target's pixels: a normalised direct linear
 * transform, then Gauss–Newton on the distances (Hartley and Zisserman, Multiple View Geometry, 4.1 and 4.5).
 * @throws RangeError for fewer than four pairs or where they lie on a line
 */
export function fitHomography(pairs: readonly Correspondence[]): Homography {
  if (pairs.length < 4) throw new RangeError(`Expected at least 4 pairs but received ${pairs.length}`);
  const source = normalizer(pairs.map((p) => p.from));
  const target = normalizer(pairs.map((p) => p.to));
  const normal = pairs.map((p) => ({
    from: applyHomography(source, p.from.x, p.from.y),
    to: applyHomography(target, p.to.x, p.to.y),
    weight: p.weight,
  }));
  let h = directTransform(normal);
  for (let i = 0; i < 8; i++) h = refine(h, normal);
  const fitted = multiply3(invert3(target), multiply3(h, source));
  return fitted.map((v) => v / fitted[8]!);
}

/** Weighted root mean square distance in the target's pixels. */
export function homographyError(h: Homography, pairs: readonly Correspondence[]): number {
  let sum = 0;
  let weights = 0;
  for (const { from, to, weight } of pairs) {
    const p = applyHomography(h, from.x, from.y);
    sum += weight * ((p.x - to.x) ** 2 + (p.y - to.y) ** 2);
    weights += weight;
  }
  return Math.sqrt(sum / weights);
}

/** Moves points' mean to 0 and their mean distance to √2. */
function normalizer(points: readonly { readonly x: number; readonly y: number }[]): Homography {
  const n = points.length;
  const x = points.reduce((s, p) => s + p.x, 0) / n;
  const y = points.reduce((s, p) => s + p.y, 0) / n;
  const spread = points.reduce((s, p) => s + Math.hypot(p.x - x, p.y - y), 0) / n;
  if (!(spread > 0)) throw new RangeError('Expected points that differ');
  const k = Math.SQRT2 / spread;
  return [k, 0, -k * x, 0, k, -k * y, 0, 0, 1];
}

/** Least squares with h₈ = 1; the normalisation keeps that well posed for pictures of things in front of a camera. */
function directTransform(pairs: readonly Correspondence[]): Homography {
  const system = createSystem();
  for (const { from, to, weight } of pairs) {
    const { x, y } = from;
    addEquation(system, [x, y, 1, 0, 0, 0, -to.x * x, -to.x * y], to.x, weight);
    addEquation(system, [0, 0, 0, x, y, 1, -to.y * x, -to.y * y], to.y, weight);
  }
  return [...solveSystem(system), 1];
}

/** One Gauss–Newton step on the reprojection error. */
function refine(h: Homography, pairs: readonly Correspondence[]): Homography {
  const system = createSystem();
  for (const { from, to, weight } of pairs) {
    const { x, y } = from;
    const w = h[6]! * x + h[7]! * y + 1;
    const u = (h[0]! * x + h[1]! * y + h[2]!) / w;
    const v = (h[3]! * x + h[4]! * y + h[5]!) / w;
    addEquation(system, [x / w, y / w, 1 / w, 0, 0, 0, (-u * x) / w, (-u * y) / w], to.x - u, weight);
    addEquation(system, [0, 0, 0, x / w, y / w, 1 / w, (-v * x) / w, (-v * y) / w], to.y - v, weight);
  }
  const step = solveSystem(system);
  return [...step.map((s, i) => h[i]! + s), 1];
}

interface NormalSystem {
  readonly matrix: Float64Array;
  readonly right: Float64Array;
}

function createSystem(): NormalSystem {
  return { matrix: new Float64Array(64), right: new Float64Array(8) };
}

function addEquation(system: NormalSystem, row: readonly number[], value: number, weight: number): void {
  for (let i = 0; i < 8; i++) {
    const wi = weight * row[i]!;
    system.right[i]! += wi * value;
    for (let j = 0; j < 8; j++) system.matrix[i * 8 + j]! += wi * row[j]!;
  }
}

function solveSystem({ matrix, right }: NormalSystem): number[] {
  return solveLinear(matrix, right);
}

/**
 * Solves a dense n×n system, row-major, by elimination with partial pivoting; both arguments are consumed.
 * @throws RangeError where it is singular
 */
export function solveLinear(matrix: Float64Array, right: Float64Array): number[] {
  const n = right.length;
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++)
      if (Math.abs(matrix[r * n + c]!) > Math.abs(matrix[pivot * n + c]!)) pivot = r;
    if (!(Math.abs(matrix[pivot * n + c]!) > 1e-14))
      throw new RangeError('Expected a system with one solution');
    if (pivot !== c) {
      for (let k = c; k < n; k++) {
        const t = matrix[c * n + k]!;
        matrix[c * n + k] = matrix[pivot * n + k]!;
        matrix[pivot * n + k] = t;
      }
      const t = right[c]!;
      right[c] = right[pivot]!;
      right[pivot] = t;
    }
    for (let r = c + 1; r < n; r++) {
      const f = matrix[r * n + c]! / matrix[c * n + c]!;
      if (f === 0) continue;
      for (let k = c; k < n; k++) matrix[r * n + k]! -= f * matrix[c * n + k]!;
      right[r]! -= f * right[c]!;
    }
  }
  const x = Array.from({ length: n }, () => 0);
  for (let r = n - 1; r >= 0; r--) {
    let s = right[r]!;
    for (let k = r + 1; k < n; k++) s -= matrix[r * n + k]! * x[k]!;
    x[r] = s / matrix[r * n + r]!;
  }
  return x;
}
