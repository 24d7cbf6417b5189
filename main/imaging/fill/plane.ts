import { invert3, multiply3 } from '../matrix.ts';

/**
 * A flat surface of the room, by the label its pixels carry.
 *
 * [Note: Plane coordinates] Texture on a plane is continued by moving it *in the plane*: a pixel t is filled from
 * s = H⁻¹(H(t) + d), where H takes crop pixels to the plane's own coordinates and d is constant over a coherently
 * copied piece. So floorboards stay in perspective (Huang, Kang, Ahuja, Kopf: Image Completion using Planar Structure
 * Guidance, 2014), and d is the same at every resolution. A plane seen head on, or unknown, has H = identity: d is
 * then a shift in crop pixels.
 */
export interface FillPlane {
  /** Crop pixels → plane coordinates; null for a plane seen head on. */
  readonly homography: readonly number[] | null;
  /**
   * Rows per column of the edges that run along a plane seen head on (0 where left out): its plane coordinates are
   * (x, y − slope·x), so that d = (dx, 0) moves a piece along an edge.
   */
  readonly slope?: number;
}

/** A plane's maps at one resolution; pixel centres at whole numbers. */
export interface LevelPlane {
  /** True where the plane is seen head on: sources are whole pixels. */
  readonly flat: boolean;
  /** {@link FillPlane.slope}. */
  readonly slope: number;
  /** Level pixels → plane. */
  readonly toPlane: Float64Array;
  /** Plane → level pixels. */
  readonly toLevel: Float64Array;
}

/** A plane as seen at a resolution `scale` times the crop's. Throws RangeError for a matrix without inverse. */
export function planeAtScale(plane: FillPlane, scale: number): LevelPlane {
  const shift = 0.5 / scale - 0.5;
  const toCrop = [1 / scale, 0, shift, 0, 1 / scale, shift, 0, 0, 1];
  const slope = plane.slope ?? 0;
  const toPlane = multiply3(plane.homography ?? [1, 0, 0, -slope, 1, 0, 0, 0, 1], toCrop);
  return {
    flat: plane.homography === null,
    slope,
    toPlane: Float64Array.from(toPlane),
    toLevel: Float64Array.from(invert3(toPlane)),
  };
}

/** The plane `homography` given in one pixel grid, for a crop that starts at `x`, `y` of that grid. */
export function homographyInCrop(homography: readonly number[], x: number, y: number): readonly number[] {
  return multiply3(homography, [1, 0, x, 0, 1, y, 0, 0, 1]);
}
