/** A 3 × 3 matrix, row by row. */
export type Matrix3 = readonly [number, number, number, number, number, number, number, number, number];

/** a · b, of nine numbers each. */
export function multiply3(a: readonly number[], b: readonly number[]): Matrix3 {
  const out: number[] = [];
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      out.push(
        a[3 * row]! * b[column]! + a[3 * row + 1]! * b[3 + column]! + a[3 * row + 2]! * b[6 + column]!,
      );
    }
  }
  return out as unknown as Matrix3;
}

/** The inverse by cofactors; throws RangeError for a singular matrix. */
export function invert3(m: readonly number[]): Matrix3 {
  const [a, b, c, d, e, f, g, h, i] = m as Matrix3;
  const [p, q, r] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const det = a * p + b * q + c * r;
  if (!(Math.abs(det) > 1e-30)) throw new RangeError('Expected a matrix that can be inverted');
  return [
    p / det,
    (c * h - b * i) / det,
    (b * f - c * e) / det,
    q / det,
    (a * i - c * g) / det,
    (c * d - a * f) / det,
    r / det,
    (b * g - a * h) / det,
    (a * e - b * d) / det,
  ];
}

/** Eigenvalues and eigenvectors (columns of `vectors`) of a symmetric matrix, by Jacobi rotations. */
export function eigenSymmetric3(matrix: Matrix3): { values: [number, number, number]; vectors: Matrix3 } {
  const a = [...matrix];
  const v = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  for (let sweep = 0; sweep < 32; sweep++) {
    if (Math.abs(a[1]!) + Math.abs(a[2]!) + Math.abs(a[5]!) < 1e-18) break;
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      rotate(a, v, p, q);
    }
  }
  return { values: [a[0]!, a[4]!, a[8]!], vectors: v as unknown as Matrix3 };
}

/** One Jacobi rotation that clears a[p][q]; `a` and `v` are 3 × 3, row by row. */
function rotate(a: number[], v: number[], p: number, q: number): void {
  const apq = a[3 * p + q]!;
  if (apq === 0) return;
  const theta = (a[4 * q]! - a[4 * p]!) / (2 * apq);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < 3; k++) {
    const akp = a[3 * k + p]!;
    const akq = a[3 * k + q]!;
    a[3 * k + p] = c * akp - s * akq;
    a[3 * k + q] = s * akp + c * akq;
  }
  for (let k = 0; k < 3; k++) {
    const apk = a[3 * p + k]!;
    const aqk = a[3 * q + k]!;
    a[3 * p + k] = c * apk - s * aqk;
    a[3 * q + k] = s * apk + c * aqk;
    const vkp = v[3 * k + p]!;
    const vkq = v[3 * k + q]!;
    v[3 * k + p] = c * vkp - s * vkq;
    v[3 * k + q] = s * vkp + c * vkq;
  }
}

/** f(matrix) of a symmetric matrix: its eigenvalues mapped by `f`. */
export function mapSymmetric3(matrix: Matrix3, f: (value: number) => number): Matrix3 {
  const { values, vectors: v } = eigenSymmetric3(matrix);
  const mapped = values.map(f);
  const out: number[] = [];
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      out.push(mapped.reduce((sum, value, k) => sum + value * v[3 * row + k]! * v[3 * column + k]!, 0));
    }
  }
  return out as unknown as Matrix3;
}

/**
 * Solves a small positive definite system by Gaussian elimination: `rows` holds n rows of n + 1 numbers, the right
 * side last; it is overwritten.
 */
export function solveLinear(rows: Float64Array, n: number): number[] {
  const at = (row: number, column: number) => row * (n + 1) + column;
  for (let pivot = 0; pivot < n; pivot++) {
    for (let row = pivot + 1; row < n; row++) {
      const factor = rows[at(row, pivot)]! / rows[at(pivot, pivot)]!;
      for (let column = pivot; column <= n; column++)
        rows[at(row, column)]! -= factor * rows[at(pivot, column)]!;
    }
  }
  const solution: number[] = Array.from({ length: n }, () => 0);
  for (let row = n - 1; row >= 0; row--) {
    let sum = rows[at(row, n)]!;
    for (let column = row + 1; column < n; column++) sum -= rows[at(row, column)]! * solution[column]!;
    solution[row] = sum / rows[at(row, row)]!;
  }
  return solution;
}
