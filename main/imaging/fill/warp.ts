import type { LevelPlane } from './plane.ts';

/** Least and most source area per target area: enlarging makes detail up, shrinking by much only costs time. */
const MIN_AREA = 0.4;
const MAX_AREA = 8;
/** Most that neighbours in the target may lie apart in the source, pixels along either axis. */
export const MAX_SPREAD = 3;

/** Where a pixel comes from: indices into the array that {@link resolveWarp} fills. */
export const SX = 0;
export const SY = 1;
/** The local affine map of offsets around the target to offsets around the source, row-major. */
export const A00 = 2;
export const A01 = 3;
export const A10 = 4;
export const A11 = 5;
/** Source area per target area. */
export const AREA = 6;

/** Room for one resolved warp. */
export function createWarp(): Float64Array {
  return new Float64Array(7);
}

/**
 * The source of the level pixel (x, y) under a displacement in plane coordinates, and how its surroundings map.
 * For a flat plane the source is the nearest whole pixel.
 *
 * @returns false, with nothing meant by `out`, where the source lies behind the horizon or is seen at too different a
 *   size
 */
export function resolveWarp(
  plane: LevelPlane,
  scale: number,
  x: number,
  y: number,
  dx: number,
  dy: number,
  out: Float64Array,
): boolean {
  if (plane.flat) {
    out[SX] = x + Math.round(dx * scale);
    out[SY] = y + Math.round((dy + plane.slope * dx) * scale);
    out[A00] = 1;
    out[A01] = 0;
    out[A10] = 0;
    out[A11] = 1;
    out[AREA] = 1;
    return true;
  }
  const m = plane.toPlane;
  const v = plane.toLevel;
  const wt = m[6]! * x + m[7]! * y + m[8]!;
  const tx = (m[0]! * x + m[1]! * y + m[2]!) / wt;
  const ty = (m[3]! * x + m[4]! * y + m[5]!) / wt;
  const px = tx + dx;
  const py = ty + dy;
  const ws = v[6]! * px + v[7]! * py + v[8]!;
  // The two sides of the horizon differ in the sign of w; w·w' = 1 for a point and its own image.
  if (ws * wt <= 0) return false;
  const sx = (v[0]! * px + v[1]! * py + v[2]!) / ws;
  const sy = (v[3]! * px + v[4]! * py + v[5]!) / ws;
  const m00 = (m[0]! - m[6]! * tx) / wt;
  const m01 = (m[1]! - m[7]! * tx) / wt;
  const m10 = (m[3]! - m[6]! * ty) / wt;
  const m11 = (m[4]! - m[7]! * ty) / wt;
  const v00 = (v[0]! - v[6]! * sx) / ws;
  const v01 = (v[1]! - v[7]! * sx) / ws;
  const v10 = (v[3]! - v[6]! * sy) / ws;
  const v11 = (v[4]! - v[7]! * sy) / ws;
  const a00 = v00 * m00 + v01 * m10;
  const a01 = v00 * m01 + v01 * m11;
  const a10 = v10 * m00 + v11 * m10;
  const a11 = v10 * m01 + v11 * m11;
  const area = a00 * a11 - a01 * a10;
  if (!(area > MIN_AREA && area < MAX_AREA)) return false;
  if (Math.abs(a00) + Math.abs(a01) > MAX_SPREAD || Math.abs(a10) + Math.abs(a11) > MAX_SPREAD) return false;
  out[SX] = sx;
  out[SY] = sy;
  out[A00] = a00;
  out[A01] = a01;
  out[A10] = a10;
  out[A11] = a11;
  out[AREA] = area;
  return true;
}

/** The displacement, in plane coordinates, that takes the level pixel (x, y) to (sx, sy); written to `out[0]`, `out[1]`. */
export function displacementBetween(
  plane: LevelPlane,
  x: number,
  y: number,
  sx: number,
  sy: number,
  out: Float64Array,
): void {
  const m = plane.toPlane;
  const wt = m[6]! * x + m[7]! * y + m[8]!;
  const ws = m[6]! * sx + m[7]! * sy + m[8]!;
  out[0] = (m[0]! * sx + m[1]! * sy + m[2]!) / ws - (m[0]! * x + m[1]! * y + m[2]!) / wt;
  out[1] = (m[3]! * sx + m[4]! * sy + m[5]!) / ws - (m[3]! * x + m[4]! * y + m[5]!) / wt;
}
