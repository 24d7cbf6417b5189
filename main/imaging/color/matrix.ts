/** A 3 × 3 matrix, row by row. */
export type Matrix3 = readonly [number, number, number, number, number, number, number, number, number];

/** a · b. */
export function multiply3(a: Matrix3, b: Matrix3): Matrix3 {
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
export function invert3(m: Matrix3): Matrix3 {
  const [a, b, c, d, e, f, g, h, i] = m;
  const [p, q, r] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const det = a * p + b * q + c * r;
  if (Math.abs(det) < 1e-12) throw new RangeError('singular matrix');
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
