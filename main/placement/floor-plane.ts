import type { PhotoPoint } from '../imaging/geometry.ts';
import type { PointIn } from '../imaging/geometry.ts';
import { type Camera, type Vec3, cross, dot, normalize, projectCameraPoint, rayThrough } from './camera.ts';

/**
 * Where the floor lies in a photo; the `floor` artifact of depth.floor is this, as JSON.
 *
 * [Note: Room space] Metres. The origin is on the floor under the camera; X points right, Y up, Z forward along the
 * camera's heading. (Left-handed, since camera space has y down.) The floor is Y = 0.
 */
export interface FloorPlane extends Camera {
  /** Size of the photo that the pixels refer to. */
  readonly width: number;
  readonly height: number;
  /** Row of the horizon at the principal point's column, photo px; may lie outside the photo. */
  readonly horizon: number;
  /** Slope of the horizon in radians; positive where its right end is lower. */
  readonly roll: number;
  /** Unit normal of the floor, pointing up, in camera space (x right, y down, z forward): (0,−1,0) when level. */
  readonly up: Vec3;
  /** Camera over the floor, metres. All lengths scale with it. */
  readonly cameraHeight: number;
  readonly cameraHeightSource: 'assumed' | 'estimated' | 'user';
  /** 0 a guess … 1 well supported. */
  readonly confidence: number;
  readonly source: 'vanishing-points' | 'layout' | 'assumed' | 'user';
  /** Directions of the room's walls on the floor: angle from Z towards X, radians in [0, π/2); null where unknown. */
  readonly heading: number | null;
  /** Points where walls meet the floor, left to right; empty where unknown. */
  readonly wallLine: readonly PhotoPoint[];
}

/** A point on the floor, metres: x right, y is room space's Z (forward). */
export type FloorPoint = PointIn<'floor'>;

/** A point in room space, metres (see Room space). */
export interface RoomPoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** The camera height that is assumed where nothing tells, metres: between a standing and a crouching photographer. */
export const ASSUMED_CAMERA_HEIGHT = 1.5;

/** What must be known to make a plane; the rest has honest defaults. */
export type FloorPlaneSpec = Pick<
  FloorPlane,
  'width' | 'height' | 'focal' | 'horizon' | 'confidence' | 'source'
> &
  Partial<
    Pick<FloorPlane, 'principal' | 'roll' | 'cameraHeight' | 'cameraHeightSource' | 'heading' | 'wallLine'>
  >;

/** Makes a plane from its horizon (photo px) and focal length; the principal point defaults to the centre. */
export function createFloorPlane(spec: FloorPlaneSpec): FloorPlane {
  const principal = spec.principal ?? { x: spec.width / 2, y: spec.height / 2 };
  const roll = spec.roll ?? 0;
  const tilt = (Math.cos(roll) * (spec.horizon - principal.y)) / spec.focal;
  return {
    ...spec,
    principal,
    roll,
    up: normalize([Math.sin(roll), -Math.cos(roll), tilt]),
    cameraHeight: spec.cameraHeight ?? ASSUMED_CAMERA_HEIGHT,
    cameraHeightSource:
      spec.cameraHeightSource ?? (spec.cameraHeight === undefined ? 'assumed' : 'estimated'),
    heading: spec.heading ?? null,
    wallLine: spec.wallLine ?? [],
  };
}

/** Row of the horizon (photo px) and its slope (radians) of a camera whose floor normal is `up`. */
export function horizonOf(camera: Camera, up: Vec3): { readonly horizon: number; readonly roll: number } {
  return {
    horizon: camera.principal.y - (camera.focal * up[2]) / up[1],
    roll: Math.atan2(up[0], -up[1]),
  };
}

/** Row of the horizon at a photo column, photo px. */
export function horizonAt(plane: FloorPlane, x: number): number {
  return plane.horizon + Math.tan(plane.roll) * (x - plane.principal.x);
}

/** The room's axes in camera space: right (X), up (Y), forward (Z). */
export function roomAxes(plane: FloorPlane): {
  readonly right: Vec3;
  readonly up: Vec3;
  readonly forward: Vec3;
} {
  const { up } = plane;
  const lean = up[2];
  const forward = normalize([-lean * up[0], -lean * up[1], 1 - lean * lean]);
  return { right: cross(forward, up), up, forward };
}

/** The floor point (metres) seen at a photo point; null at or above the horizon. */
export function photoToFloor(plane: FloorPlane, point: PhotoPoint): FloorPoint | null {
  const ray = rayThrough(plane, point);
  const descent = -dot(ray, plane.up);
  if (descent <= 1e-6) return null;
  const { right, forward } = roomAxes(plane);
  const reach = plane.cameraHeight / descent;
  return { x: reach * dot(ray, right), y: reach * dot(ray, forward) };
}

/** A point of room space (metres) in camera space (metres). */
export function roomToCamera(plane: FloorPlane, point: RoomPoint): Vec3 {
  const { right, up, forward } = roomAxes(plane);
  const rise = point.y - plane.cameraHeight;
  return [
    point.x * right[0] + rise * up[0] + point.z * forward[0],
    point.x * right[1] + rise * up[1] + point.z * forward[1],
    point.x * right[2] + rise * up[2] + point.z * forward[2],
  ];
}

/** Where a point of room space (metres) is seen, photo px; null behind the camera. */
export function roomToPhoto(plane: FloorPlane, point: RoomPoint): PhotoPoint | null {
  return projectCameraPoint(plane, roomToCamera(plane, point));
}

/** Where the point `height` metres above a floor point is seen, photo px; null behind the camera. */
export function floorToPhoto(plane: FloorPlane, point: FloorPoint, height = 0): PhotoPoint | null {
  return roomToPhoto(plane, { x: point.x, y: height, z: point.y });
}

/** Photo px that one metre across the line of sight takes at a floor point; throws RangeError behind the camera. */
export function pixelsPerMetre(plane: FloorPlane, point: FloorPoint): number {
  const depth = roomToCamera(plane, { x: point.x, y: 0, z: point.y })[2];
  if (depth <= 0) throw new RangeError('Expected a floor point in front of the camera');
  return plane.focal / depth;
}

/** Height in metres, above a floor point, of what is seen at a photo point; exact where it stands right above it. */
export function heightAbove(plane: FloorPlane, foot: FloorPoint, top: PhotoPoint): number {
  const { right, forward } = roomAxes(plane);
  const ray = rayThrough(plane, top);
  const toFoot = Math.hypot(foot.x, foot.y);
  const along = (dot(ray, right) * foot.x + dot(ray, forward) * foot.y) / toFoot;
  return plane.cameraHeight + (dot(ray, plane.up) / along) * toFoot;
}

/** How the camera sees a floor point: metres along the floor, bearing and downward angle in radians. */
export function sightOf(
  plane: FloorPlane,
  point: FloorPoint,
): { readonly distance: number; readonly bearing: number; readonly descent: number } {
  const distance = Math.hypot(point.x, point.y);
  return {
    distance,
    bearing: Math.atan2(point.x, point.y),
    descent: Math.atan2(plane.cameraHeight, distance),
  };
}

/** The 3×4 projection, row-major: (X, Y, Z, 1) of room space → homogeneous photo px. */
export function projectionMatrix(plane: FloorPlane): readonly number[] {
  const { right, up, forward } = roomAxes(plane);
  const { focal, principal, cameraHeight } = plane;
  const columns = [right, up, forward, up.map((v) => -v * cameraHeight)];
  const row = (camera: (column: readonly number[]) => number) => columns.map(camera);
  return [
    ...row((c) => focal * c[0]! + principal.x * c[2]!),
    ...row((c) => focal * c[1]! + principal.y * c[2]!),
    ...row((c) => c[2]!),
  ];
}

/** The 3×3 homography, row-major: floor metres (x, y, 1) → homogeneous photo px. */
export function floorHomography(plane: FloorPlane): readonly number[] {
  const m = projectionMatrix(plane);
  return [m[0]!, m[2]!, m[3]!, m[4]!, m[6]!, m[7]!, m[8]!, m[10]!, m[11]!];
}

/** Disparity of the floor (1 / metres of camera depth) seen at a photo point; 0 at and above the horizon. */
export function floorDisparity(plane: FloorPlane, point: PhotoPoint): number {
  return Math.max(0, -dot(rayThrough(plane, point), plane.up) / plane.cameraHeight);
}
