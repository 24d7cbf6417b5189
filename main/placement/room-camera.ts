import { type Vec3, cross, normalize } from './camera.ts';

/**
 * A camera among walls at right angles. Either the principal point is the centre and the camera is pitched, or the
 * verticals are parallel and the principal point is off the centre (`pitch` 0): a shift lens, verticals straightened
 * in the raw converter, or a crop.
 */
export interface RoomCamera {
  readonly focal: number;
  readonly principalX: number;
  readonly principalY: number;
  /** Radians: positive looks up. */
  readonly pitch: number;
  /** Radians: positive where the horizon's right end is lower. */
  readonly roll: number;
  /** Radians in [0, π/2): one family of walls, from forward towards right. */
  readonly heading: number;
}

/** Unit normal of the floor, up, in camera space. */
export function upOf({ pitch, roll }: RoomCamera): Vec3 {
  return [Math.sin(roll) * Math.cos(pitch), -Math.cos(roll) * Math.cos(pitch), Math.sin(pitch)];
}

/** Row of the horizon at the principal point's column, px. */
export function horizonRow(camera: RoomCamera): number {
  return camera.principalY + (camera.focal * Math.tan(camera.pitch)) / Math.cos(camera.roll);
}

/** The room's three directions in camera space: up and both horizontals. */
export function roomDirections(camera: RoomCamera): readonly [Vec3, Vec3, Vec3] {
  const up = upOf(camera);
  const lean = up[2];
  const forward = normalize([-lean * up[0], -lean * up[1], 1 - lean * lean]);
  const right = cross(forward, up);
  const c = Math.cos(camera.heading);
  const s = Math.sin(camera.heading);
  const along: Vec3 = [
    c * forward[0] + s * right[0],
    c * forward[1] + s * right[1],
    c * forward[2] + s * right[2],
  ];
  return [up, along, cross(along, up)];
}
