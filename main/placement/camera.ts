import type { PhotoPoint } from '../imaging/geometry.ts';

/** A vector; in camera space x points right, y down, z forward into the photo. */
export type Vec3 = readonly [number, number, number];

/** A pinhole camera with square pixels, in photo pixels. */
export interface Camera {
  /** Focal length, px of the full photo. */
  readonly focal: number;
  readonly principal: PhotoPoint;
}

/** The horizontal field of view assumed where nothing is known: a 24–28 mm interior lens, a phone's main camera. */
export const ASSUMED_FIELD_OF_VIEW = 65;

/** Focal length in px of a photo `width` px wide with a horizontal field of view in degrees. */
export function focalFromFieldOfView(width: number, degrees: number): number {
  return width / 2 / Math.tan((degrees * Math.PI) / 360);
}

/** Horizontal field of view in degrees. */
export function fieldOfView(width: number, focal: number): number {
  return (Math.atan(width / 2 / focal) * 360) / Math.PI;
}

/** Focal length in px from EXIF's 35 mm equivalent (mm over a 43.27 mm diagonal; CIPA DC-008). */
export function focalFromEquivalent(millimetres: number, width: number, height: number): number {
  return (millimetres / 43.27) * Math.hypot(width, height);
}

/** The direction in camera space in which a photo point is seen, with z = 1 (not normalised). */
export function rayThrough(camera: Camera, point: PhotoPoint): Vec3 {
  return [(point.x - camera.principal.x) / camera.focal, (point.y - camera.principal.y) / camera.focal, 1];
}

/** Where a point in camera space is seen; null at or behind the camera. */
export function projectCameraPoint(camera: Camera, point: Vec3): PhotoPoint | null {
  if (point[2] <= 1e-9) return null;
  return {
    x: camera.principal.x + (camera.focal * point[0]) / point[2],
    y: camera.principal.y + (camera.focal * point[1]) / point[2],
  };
}

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** Unit vector; throws RangeError for the zero vector. */
export function normalize(v: Vec3): Vec3 {
  const length = Math.hypot(v[0], v[1], v[2]);
  if (!(length > 0)) throw new RangeError('Expected a vector longer than zero');
  return [v[0] / length, v[1] / length, v[2] / length];
}
