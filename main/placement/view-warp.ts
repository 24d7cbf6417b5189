import type { PieceView, ViewLayers } from './catalogue.ts';
import { type Correspondence, fitHomography, homographyError, type Homography } from './homography.ts';
import { type PiecePoint, project, type Projection, unproject } from './projection.ts';
import type { ChosenView } from './view.ts';

/** How much all points near the floor weigh together, over all others. */
const FLOOR_WEIGHT = 3;
/** Height up to which a point counts as near the floor, metres. */
const NEAR_FLOOR = 0.05;
/** About how many points of the visible surface are compared. */
const SAMPLES = 1500;

/** How a view is laid into the photo. */
export interface ViewWarp {
  /** Pixels of the view (mirrored where the choice says so) → photo px. */
  readonly homography: Homography;
  /** Root mean square distance, photo px, between where surface points come to lie and where they belong. */
  readonly error: number;
}

/**
 * The homography that lays a view into the photo: a plane-to-plane map cannot follow both faces of a solid, so it is
 * fitted to points of the visible surface (from the view's own depth) through the photo's projection, those near the
 * floor weighing most: feet that slide are seen first.
 * @param photo projection of piece space onto the photo
 */
export function fitViewWarp(layers: ViewLayers, chosen: ChosenView, photo: Projection): ViewWarp {
  const points = surfacePoints(layers, chosen);
  const low = points.filter((p) => p.point[2] < NEAR_FLOOR).length;
  const floorWeight = low > 0 ? Math.max(1, (FLOOR_WEIGHT * (points.length - low)) / low) : 1;
  const pairs = points.flatMap((sample): Correspondence[] => {
    const to = project(photo, sample.point);
    return to ? [{ from: sample, to, weight: sample.point[2] < NEAR_FLOOR ? floorWeight : 1 }] : [];
  });
  const homography = fitHomography(pairs);
  return { homography, error: homographyError(homography, pairs) };
}

/** A point of the visible surface: where it is in the (mirrored) view and in piece space. */
export interface SurfacePoint {
  readonly x: number;
  readonly y: number;
  readonly point: PiecePoint;
}

/** Points of the surface a view shows, evenly spread over its picture, and all of the lowest ones (the feet). */
export function surfacePoints(layers: ViewLayers, chosen: ChosenView): SurfacePoint[] {
  const { width, height, matte } = layers;
  const stride = Math.max(2, Math.round(Math.sqrt((width * height) / SAMPLES)));
  const fine = Math.max(1, Math.round(stride / 4));
  const points: SurfacePoint[] = [];
  for (let y = 0; y < height; y += fine) {
    for (let x = 0; x < width; x += fine) {
      const i = (y * width + x) * 3;
      if (matte[i]! < 200) continue;
      const sample = surfacePoint(chosen, x, y, viewDepth(chosen.view, matte[i + 2]!));
      const onGrid = y % stride < fine && x % stride < fine;
      if (onGrid || sample.point[2] < NEAR_FLOOR) points.push(sample);
    }
  }
  return points;
}

function surfacePoint(
  { view, mirrored, projection }: ChosenView,
  x: number,
  y: number,
  depth: number,
): SurfacePoint {
  const px = mirrored ? view.width - x - 0.5 : x + 0.5;
  return { x: px, y: y + 0.5, point: unproject(projection, px, y + 0.5, depth) };
}

/** Depth in metres along the view's axis of a matte's third channel. */
export function viewDepth(view: PieceView, code: number): number {
  return view.near + (1 - code / 255) * (view.far - view.near);
}
