import type { FloorPlane, FloorPoint } from './floor-plane.ts';
import { projectionMatrix } from './floor-plane.ts';

/**
 * [Note: Piece space] Metres of a catalogue piece: x to the right as seen from its front, y to its back, z up; the
 * origin is the centre of its footprint on the floor. Its front faces −y.
 */
export type PiecePoint = readonly [x: number, y: number, z: number];

/** 3×4, row-major: homogeneous points → homogeneous pixels; the third row gives the depth along the camera's axis. */
export type Projection = readonly number[];

/** Where a piece stands. */
export interface Pose {
  /** Centre of its footprint, metres of the floor plane. */
  readonly position: FloorPoint;
  /** Direction of the piece's back on the floor: angle from Z towards X of room space, radians. */
  readonly yaw: number;
  /** Floor-plane metres per metre of the piece. */
  readonly scale: number;
}

/** A projected point: pixels and depth along the camera's axis, in the projection's units of length. */
export interface Projected {
  readonly x: number;
  readonly y: number;
  readonly depth: number;
}

/** Projects a point of piece space; null at or behind the camera. */
export function project(matrix: Projection, [x, y, z]: PiecePoint): Projected | null {
  const depth = matrix[8]! * x + matrix[9]! * y + matrix[10]! * z + matrix[11]!;
  if (depth <= 1e-9) return null;
  return {
    x: (matrix[0]! * x + matrix[1]! * y + matrix[2]! * z + matrix[3]!) / depth,
    y: (matrix[4]! * x + matrix[5]! * y + matrix[6]! * z + matrix[7]!) / depth,
    depth,
  };
}

/** The point of piece space seen at a pixel at a depth along the camera's axis. */
export function unproject(matrix: Projection, x: number, y: number, depth: number): PiecePoint {
  const b: PiecePoint = [x * depth - matrix[3]!, y * depth - matrix[7]!, depth - matrix[11]!];
  return solve3(matrix, b);
}

/** Where the camera of a projection stands, in piece space. */
export function cameraCentre(matrix: Projection): PiecePoint {
  return solve3(matrix, [-matrix[3]!, -matrix[7]!, -matrix[11]!]);
}

/** Solves M·p = b for the left 3×3 of a 3×4 matrix (Cramer). */
function solve3(m: Projection, b: PiecePoint): PiecePoint {
  const [a, d, g] = [m[0]!, m[1]!, m[2]!];
  const [e, f, h] = [m[4]!, m[5]!, m[6]!];
  const [i, j, k] = [m[8]!, m[9]!, m[10]!];
  const det = a * (f * k - h * j) - d * (e * k - h * i) + g * (e * j - f * i);
  return [
    (b[0] * (f * k - h * j) - d * (b[1] * k - h * b[2]) + g * (b[1] * j - f * b[2])) / det,
    (a * (b[1] * k - h * b[2]) - b[0] * (e * k - h * i) + g * (e * b[2] - b[1] * i)) / det,
    (a * (f * b[2] - b[1] * j) - d * (e * b[2] - b[1] * i) + b[0] * (e * j - f * i)) / det,
  ];
}

/** The projection of the mirrored piece (x → −x) onto a picture of `width` px that is mirrored too. */
export function mirrorProjection(matrix: Projection, width: number): Projection {
  const row = (r: number) => [-matrix[r]!, matrix[r + 1]!, matrix[r + 2]!, matrix[r + 3]!];
  const [u, v, w] = [row(0), row(4), row(8)];
  return [...u.map((value, i) => width * w[i]! - value), ...v, ...w];
}

/** Projection of piece space onto the photo for a pose; depth is in floor-plane metres. */
export function poseProjection(plane: FloorPlane, pose: Pose): Projection {
  const m = projectionMatrix(plane);
  const { scale } = pose;
  const c = Math.cos(pose.yaw) * scale;
  const s = Math.sin(pose.yaw) * scale;
  // Room X = x₀ + c·x + s·y, room Z = z₀ − s·x + c·y, room Y = scale·z.
  return [0, 4, 8].flatMap((r) => {
    const [mx, my, mz, mt] = [m[r]!, m[r + 1]!, m[r + 2]!, m[r + 3]!];
    return [mx * c - mz * s, mx * s + mz * c, my * scale, mx * pose.position.x + mz * pose.position.y + mt];
  });
}

/** The floor point (metres) of a point of piece space at height 0. */
export function pieceToFloor(pose: Pose, x: number, y: number): FloorPoint {
  const c = Math.cos(pose.yaw) * pose.scale;
  const s = Math.sin(pose.yaw) * pose.scale;
  return { x: pose.position.x + c * x + s * y, y: pose.position.y - s * x + c * y };
}

/** The point of piece space, at height 0, of a floor point (metres). */
export function floorToPiece(pose: Pose, point: FloorPoint): { readonly x: number; readonly y: number } {
  const dx = (point.x - pose.position.x) / pose.scale;
  const dy = (point.y - pose.position.y) / pose.scale;
  const c = Math.cos(pose.yaw);
  const s = Math.sin(pose.yaw);
  return { x: c * dx - s * dy, y: s * dx + c * dy };
}

/** The direction, as an angle from Z towards X, in which the camera sees a floor point. */
export function bearingOf(point: FloorPoint): number {
  return Math.atan2(point.x, point.y);
}
