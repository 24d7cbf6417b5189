import type { LineSegment } from '../imaging/line-segments.ts';
import { type Vec3, cross, normalize } from './camera.ts';
import { type RoomCamera, roomDirections } from './room-camera.ts';

/** Segments as evidence: middle (px), unit direction, weight (sum 1), tolerance (sine of the angle). */
export interface Evidence {
  readonly count: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly dx: Float64Array;
  readonly dy: Float64Array;
  readonly weight: Float64Array;
  readonly tolerance: Float64Array;
}

/** A frame around a picture (a scan's, a depth camera's) says nothing of the room. */
export function liesAlongBorder({ x1, y1, x2, y2 }: LineSegment, width: number, height: number): boolean {
  const margin = 0.025 * Math.min(width, height);
  const level = Math.abs(y2 - y1) < 0.02 * Math.abs(x2 - x1);
  const upright = Math.abs(x2 - x1) < 0.02 * Math.abs(y2 - y1);
  return (
    (level && (y1 < margin || y1 > height - margin)) || (upright && (x1 < margin || x1 > width - margin))
  );
}

/**
 * Length counts, but many short parallels near each other (blinds, ribs, book spines) count as fewer: each weighs
 * its length over the square root of how many lie close by in place and direction.
 */
export function weighSegments(segments: readonly LineSegment[], width: number, height: number): Evidence {
  const diagonal = Math.hypot(width, height);
  const count = segments.length;
  const make = () => new Float64Array(count);
  const evidence = { count, x: make(), y: make(), dx: make(), dy: make(), weight: make(), tolerance: make() };
  const lengths = make();
  for (const [i, s] of segments.entries()) {
    const length = Math.hypot(s.x2 - s.x1, s.y2 - s.y1);
    lengths[i] = length;
    evidence.x[i] = (s.x1 + s.x2) / 2;
    evidence.y[i] = (s.y1 + s.y2) / 2;
    evidence.dx[i] = (s.x2 - s.x1) / length;
    evidence.dy[i] = (s.y2 - s.y1) / length;
    evidence.tolerance[i] = 0.02 + 0.8 / length;
  }
  for (let i = 0; i < count; i++) {
    let alike = 0;
    for (let k = 0; k < count; k++) {
      const near =
        Math.hypot(evidence.x[i]! - evidence.x[k]!, evidence.y[i]! - evidence.y[k]!) < 0.08 * diagonal;
      const turn = Math.abs(evidence.dx[i]! * evidence.dy[k]! - evidence.dy[i]! * evidence.dx[k]!);
      if (near && turn < 0.1) alike += lengths[k]!;
    }
    evidence.weight[i] = Math.min(lengths[i]!, 0.3 * diagonal) / Math.sqrt(alike / lengths[i]!);
  }
  const total = evidence.weight.reduce((sum, w) => sum + w, 0);
  for (let i = 0; i < count; i++) evidence.weight[i]! /= total;
  return evidence;
}

/** Share of the weight explained: 1 − (error / tolerance)² of each segment towards its best vanishing point. */
export function supportOf(evidence: Evidence, camera: RoomCamera): number {
  const { focal, principalX, principalY } = camera;
  const [a, b, c] = roomDirections(camera);
  const ax = focal * a[0] + principalX * a[2];
  const ay = focal * a[1] + principalY * a[2];
  const bx = focal * b[0] + principalX * b[2];
  const by = focal * b[1] + principalY * b[2];
  const cx = focal * c[0] + principalX * c[2];
  const cy = focal * c[1] + principalY * c[2];
  let support = 0;
  for (let i = 0; i < evidence.count; i++) {
    const x = evidence.x[i]!;
    const y = evidence.y[i]!;
    const dx = evidence.dx[i]!;
    const dy = evidence.dy[i]!;
    const error = Math.min(
      misalignment(ax - x * a[2], ay - y * a[2], dx, dy),
      misalignment(bx - x * b[2], by - y * b[2], dx, dy),
      misalignment(cx - x * c[2], cy - y * c[2], dx, dy),
    );
    const tolerance = evidence.tolerance[i]!;
    const share = error / (tolerance * tolerance);
    if (share < 1) support += evidence.weight[i]! * (1 - share);
  }
  return support;
}

/** Squared sine of the angle between two directions, the second of unit length. */
function misalignment(tx: number, ty: number, dx: number, dy: number): number {
  const sine = tx * dy - ty * dx;
  return (sine * sine) / (tx * tx + ty * ty + 1e-12);
}

/** Normal of the plane through the camera and a segment, in camera space. */
export function sightNormal(evidence: Evidence, camera: RoomCamera, i: number): Vec3 {
  const x = (evidence.x[i]! - camera.principalX) / camera.focal;
  const y = (evidence.y[i]! - camera.principalY) / camera.focal;
  return normalize(cross([x, y, 1], [evidence.dx[i]!, evidence.dy[i]!, 0]));
}
