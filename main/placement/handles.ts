import type { PhotoPoint, Rect } from '../imaging/geometry.ts';
import type { LightPicture } from './dress.ts';
import { floorToPhoto, type FloorPlane, horizonAt, pixelsPerMetre } from './floor-plane.ts';
import { applyHomography, type Homography } from './homography.ts';
import { pieceToFloor, type Pose } from './projection.ts';
import type { Handles, TrueSize } from './stance.ts';

/** All that a window needs to draw handles on a placed piece and to work out new parameters from them. Photo px. */
export interface PlacedHandles {
  /** Box of the piece, whole: parts outside the photo or hidden by other things included. */
  readonly box: Rect;
  /** Corners of the piece's picture: top left, top right, bottom right, bottom left. */
  readonly quad: readonly PhotoPoint[];
  /** Corners of its footprint: front left, front right, back right, back left; null behind the camera. */
  readonly footprint: readonly (PhotoPoint | null)[];
  /** The point on the floor under the middle of its front: `inpaint.move` shifts it. */
  readonly base: PhotoPoint;
  /** Photo px per cm of the piece's own size, across the line of sight where it stands. */
  readonly pxPerCm: number;
  /** The handles that the placement has in it already: `inpaint.move`, `.scale`, `.yaw` (degrees), `.flip`. */
  readonly moved: { readonly x: number; readonly y: number };
  readonly scaled: number;
  readonly turned: number;
  readonly flipped: boolean;
  /** Row of the horizon above `base`: the base stays below it. */
  readonly horizon: number;
}

/** What is known of a placed thing. */
export interface Standing {
  readonly plane: FloorPlane;
  readonly pose: Pose;
  readonly picture: LightPicture;
  readonly toPhoto: Homography;
  /** Metres of piece space (times `pose.scale` they are metres of the floor plane). */
  readonly size: TrueSize;
  /** Where its front is, y of piece space. */
  readonly front: number;
  /** Metres of the floor plane per true metre of the piece. */
  readonly metre: number;
}

/** Describes where a placed thing can be taken hold of. */
export function describeHandles(standing: Standing, handles: Handles): PlacedHandles {
  const { plane, pose, picture, toPhoto, size, front, metre } = standing;
  const quad = outlineOf(picture).map((p) => applyHomography(toPhoto, p.x, p.y));
  const [left, right] = [-size.width / 2, size.width / 2];
  const back = front + size.depth;
  const footprint = [
    [left, front],
    [right, front],
    [right, back],
    [left, back],
  ].map(([x, y]) => floorToPhoto(plane, pieceToFloor(pose, x!, y!)));
  const foot = pieceToFloor(pose, 0, front);
  const base = floorToPhoto(plane, foot) ?? quad[3]!;
  return {
    box: boxOf(quad),
    quad,
    footprint,
    base,
    pxPerCm: (pixelsPerMetre(plane, pose.position) * metre) / 100,
    moved: { x: handles.move.x, y: handles.move.y },
    scaled: handles.scale,
    turned: (handles.yaw * 180) / Math.PI,
    flipped: handles.flip,
    horizon: horizonAt(plane, base.x),
  };
}

/** Corners of the rectangle of a picture that is not empty: top left, top right, bottom right, bottom left. */
function outlineOf({ width, height, data }: LightPicture): PhotoPoint[] {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let y = 0, i = 3; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      if (!(data[i]! > 0.5)) continue;
      if (x < x0) x0 = x;
      if (x >= x1) x1 = x + 1;
      if (y < y0) y0 = y;
      y1 = y + 1;
    }
  }
  if (x1 <= x0) [x0, y0, x1, y1] = [0, 0, width, height];
  return [
    { x: x0, y: y0 },
    { x: x1, y: y0 },
    { x: x1, y: y1 },
    { x: x0, y: y1 },
  ];
}

function boxOf(points: readonly PhotoPoint[]): Rect {
  const x = Math.floor(Math.min(...points.map((p) => p.x)));
  const y = Math.floor(Math.min(...points.map((p) => p.y)));
  const right = Math.ceil(Math.max(...points.map((p) => p.x)));
  const bottom = Math.ceil(Math.max(...points.map((p) => p.y)));
  return { x, y, width: right - x, height: bottom - y };
}
