import type { Frame } from '../../../imaging/frame.ts';
import { detectLineSegments } from '../../../imaging/line-segments.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { toSrgb8 } from '../../../imaging/srgb.ts';
import { ASSUMED_FIELD_OF_VIEW, focalFromFieldOfView } from '../../../placement/camera.ts';
import {
  createFloorPlane,
  type FloorPlane,
  horizonAt,
  type FloorPlaneSpec,
} from '../../../placement/floor-plane.ts';
import { layoutProbabilities } from '../../../placement/layout.ts';
import { findVanishingPoints, type VanishingPoints } from '../../../placement/vanishing-points.ts';
import { measureBounds, type LayoutBounds } from './layout-bounds.ts';

/** Long side of the picture in which lines are sought, and the shortest line, as a share of its diagonal. */
const LINE_SIDE = 1024;
const SHORTEST_LINE = 0.02;
/** Row of the horizon where nothing tells, as a share of the height. */
const ASSUMED_HORIZON = 0.45;
/** Vanishing points are taken where they explain this share of the lines; what they leave open shows as confidence. */
const LEAST_SUPPORT = 0.25;
/** Height of a room, metres, where floor and ceiling lines tell the camera's height. */
const ROOM_HEIGHT = 2.55;

/** What depth.floor is given: `auto`, or the horizon's rows at the photo's left and right edges, photo px. */
export type FloorRequest = 'auto' | { readonly left: number; readonly right: number };

/**
 * Finds the floor plane of a photo: line segments → three vanishing points; where they do not agree, the layout's
 * floor and ceiling bound an assumed horizon. A horizon drawn by the user overrides both.
 * @param layout f32 [h,w,4] logits (object, floor, wall, ceiling) laid over the photo
 */
export async function findFloor(frame: Frame, layout: Raster, request: FloorRequest): Promise<FloorPlane> {
  const { width, height } = frame.raster;
  const small = await toSrgb8(frame, { longSide: LINE_SIDE });
  const scale = width / small.width;
  const grey = toGrey(small);
  const shortest = Math.max(12, SHORTEST_LINE * Math.hypot(small.width, small.height));
  const segments = detectLineSegments(grey, small.width, small.height, shortest);
  const bounds = measureBounds(layoutProbabilities(layout, layout.width, layout.height), width, height);
  const points = findVanishingPoints(segments, small.width, small.height, {
    ...(bounds.floorTop === null ? {} : { above: bounds.floorTop / scale }),
    ...(bounds.ceilingBottom === null ? {} : { below: bounds.ceilingBottom / scale }),
  });
  const base = { width, height, wallLine: bounds.wallLine };
  const spec = chooseHorizon(base, points, bounds, scale);
  const plane = createFloorPlane(request === 'auto' ? spec : drawnByUser(spec, request));
  const cameraHeight = estimateCameraHeight(plane, bounds);
  return cameraHeight === null ? plane : { ...plane, cameraHeight, cameraHeightSource: 'estimated' };
}

type Base = Pick<FloorPlaneSpec, 'width' | 'height' | 'wallLine'>;

function chooseHorizon(
  base: Base,
  points: VanishingPoints | null,
  bounds: LayoutBounds,
  scale: number,
): FloorPlaneSpec {
  const { width, height } = base;
  if (points && points.support >= LEAST_SUPPORT) return fromVanishingPoints(base, points, scale);
  const focal = focalFromFieldOfView(Math.max(width, height), ASSUMED_FIELD_OF_VIEW);
  const seen = bounds.floorTop !== null || bounds.ceilingBottom !== null;
  const horizon = Math.max(
    (bounds.ceilingBottom ?? -Infinity) + 0.04 * height,
    Math.min(ASSUMED_HORIZON * height, (bounds.floorTop ?? Infinity) - 0.08 * height),
  );
  return { ...base, focal, horizon, confidence: seen ? 0.2 : 0.1, source: seen ? 'layout' : 'assumed' };
}

function fromVanishingPoints(
  base: Base,
  { camera, horizon, confidence, support }: VanishingPoints,
  scale: number,
): FloorPlaneSpec {
  return {
    ...base,
    focal: camera.focal * scale,
    horizon: horizon * scale,
    roll: camera.roll,
    principal: { x: camera.principalX * scale, y: camera.principalY * scale },
    heading: camera.heading,
    confidence: Math.min(1, confidence * Math.min(1, support / 0.5)),
    source: 'vanishing-points',
  };
}

function drawnByUser(spec: FloorPlaneSpec, { left, right }: { left: number; right: number }): FloorPlaneSpec {
  return {
    ...spec,
    horizon: left + ((right - left) * (spec.principal?.x ?? spec.width / 2)) / spec.width,
    roll: Math.atan2(right - left, spec.width),
    confidence: 1,
    source: 'user',
  };
}

/**
 * Where a wall shows its floor and its ceiling line in one column, the horizon divides it as the camera's height
 * divides the room's. Null where too few columns show both or they disagree.
 */
function estimateCameraHeight(plane: FloorPlane, { walls }: LayoutBounds): number | null {
  const heights = walls
    .map(({ x, floor, ceiling }) => (ROOM_HEIGHT * (floor - horizonAt(plane, x))) / (floor - ceiling))
    .sort((a, b) => a - b);
  if (heights.length < 4) return null;
  const at = (share: number) => heights[Math.floor(share * (heights.length - 1))]!;
  const middle = at(0.5);
  const agrees = at(0.75) - at(0.25) < 0.25 * middle;
  return agrees && middle > 0.7 && middle < 1.9 ? middle : null;
}

function toGrey({ data }: Raster<Uint8Array>): Float32Array {
  const grey = new Float32Array(data.length / 3);
  for (let i = 0, j = 0; i < grey.length; i++, j += 3) {
    grey[i] = 0.299 * data[j]! + 0.587 * data[j + 1]! + 0.114 * data[j + 2]!;
  }
  return grey;
}
