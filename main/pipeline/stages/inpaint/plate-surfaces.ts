import { type AboveBelow, partAboveBelow } from '../../../imaging/fill/above-below.ts';
import { type CrossingLine, findCrossingLines } from '../../../imaging/fill/crossing-lines.ts';
import { AVOID, MODEL } from '../../../imaging/fill/familiar.ts';
import type { Surfaces } from '../../../imaging/fill/fill-hole.ts';
import { findGroundLine } from '../../../imaging/fill/ground-line.ts';
import { homographyInCrop, type FillPlane } from '../../../imaging/fill/plane.ts';
import { clampRect, growRect, type Rect } from '../../../imaging/geometry.ts';
import { maskBox } from '../../../imaging/mask-ops.ts';
import { createRaster, type Mask, type Raster } from '../../../imaging/raster.ts';
import {
  type FloorPlane,
  floorHomography,
  floorToPhoto,
  horizonAt,
  photoToFloor,
} from '../../../placement/floor-plane.ts';
import { invert3 } from '../../../imaging/matrix.ts';

/** What is known of the room besides the picture; all optional, and believed only as far as it goes. */
export interface RoomHints {
  readonly floor: FloorPlane | null;
  /** f32 [h,w,4] probabilities (object, floor, wall, ceiling) of the whole photo. */
  readonly layout: Raster<Float32Array> | null;
}

/** Least confidence in the floor plane for floors to be continued in perspective. */
const LEAST_CONFIDENCE = 0.3;
/** Probability from which on a pixel may be foreground, which must not be copied. */
const MAYBE_OBJECT = 0.4;
/** How far around the hole sure background shows what may be copied, as a share of the hole's longer side. */
const MODELS_REACH = 0.3;
/** Least share of that surrounding that must be sure. */
const LEAST_SURE = 0.05;
/** How deep furniture usually is, metres: so far behind an object's foot a wall may be expected. */
const USUAL_DEPTH = 0.9;
/** Share of the known crop that must be background; else the layout is not believed. */
const LEAST_BACKGROUND = 0.2;
/** How many times nearer the lower edge of a hole on the floor must be for its pieces to be copied in perspective. */
const LEAST_RECEDING = 1.8;
/** Least step across an edge on a floor that tells two floors apart. */
const LEAST_ON_FLOOR = 24;
/** How far around the hole it is looked whether there is only floor, or only wall, as a share of its longer side; … */
const AROUND = 0.15;
/** … the share of what is seen there that must be it, and how much of the other there may be beside it. */
const LEAST_SEEN = 0.15;
const MOST_OTHER = 0.2;

/**
 * Tells apart what lies behind the hole, so that each surface is continued from itself: by the edges that are seen to
 * run on behind it, else by the layout's line between floor and wall, else by what is seen right above and below it.
 * Undefined where nothing says anything.
 *
 * @param small the crop as u8 RGB, reduced; `hole` of the same size
 * @param crop the crop in photo px
 */
export function findSurfaces(
  small: Raster<Uint8Array>,
  hole: Mask,
  crop: Rect,
  hints: RoomHints,
): Surfaces | undefined {
  const scale = small.width / crop.width;
  const kinds = hints.layout ? readKinds(hints.layout, small, hole, crop, hints) : null;
  const only = kinds ? findOnlyKind(kinds, hole) : 0;
  // On a floor faint edges are joints and veins: they are a part of it.
  const crossing = findCrossingLines(small, hole, !kinds || only === 1);
  const lines = only === 1 ? crossing.filter(({ strength }) => strength >= LEAST_ON_FLOOR) : crossing;
  // What stands before a wall has wall and floor around it; where there is only one of them, so is there behind.
  if (kinds && only > 0 && lines.length === 0) {
    return {
      labels: drawLabels([], scale, crop),
      planes: describePlanes(
        [],
        scale,
        crop,
        only === 1 && recedes(hole, crop, scale, hints.floor) ? hints.floor : null,
      ),
      models: markModels(null, kinds, hole),
    };
  }
  const ground = lines.length === 0 && kinds ? findGroundLine(kinds) : null;
  const parted = lines.length === 0 && !ground ? partFromFloor(small, hole, crop, hints.floor) : null;
  const edges = ground ? [ground] : parted ? [parted.line] : lines;
  if (edges.length === 0) return undefined;
  return {
    labels: drawLabels(edges, scale, crop),
    planes: describePlanes(edges, scale, crop, hints.floor),
    models: markModels(parted, kinds, hole),
  };
}

/** What all the background around the hole is, 1 floor or 2 wall; 0 where both are seen, or too little of either. */
function findOnlyKind(kinds: Raster<Uint8Array>, hole: Mask): 0 | 1 | 2 {
  const { width, height } = kinds;
  const box = maskBox({ raster: hole, rect: { x: 0, y: 0, width, height } });
  if (!box) return 0;
  const reach = Math.max(3, Math.round(AROUND * Math.max(box.width, box.height)));
  const around = clampRect(growRect(box, reach), width, height);
  const counts = [0, 0, 0, 0];
  for (let y = around.y; y < around.y + around.height; y++) {
    for (let i = y * width + around.x; i < y * width + around.x + around.width; i++)
      counts[kinds.data[i]!]!++;
  }
  const [, floor = 0, wall = 0] = counts;
  const least = LEAST_SEEN * (around.width * around.height - box.width * box.height);
  if (floor >= least && wall <= MOST_OTHER * floor) return 1;
  return wall >= least && floor <= MOST_OTHER * wall ? 2 : 0;
}

/** True where a hole on the floor is nearer at its lower edge than at its upper one by enough to be seen. */
function recedes(hole: Mask, crop: Rect, scale: number, floor: FloorPlane | null): boolean {
  const box = maskBox({ raster: hole, rect: { x: 0, y: 0, width: hole.width, height: hole.height } });
  if (!floor || !box) return false;
  const horizon = horizonAt(floor, crop.x + (box.x + box.width / 2) / scale);
  const [top, bottom] = [crop.y + box.y / scale, crop.y + (box.y + box.height) / scale];
  return bottom - horizon > LEAST_RECEDING * Math.max(1, top - horizon);
}

/** What may be copied and what must not be; undefined where nothing is known of it. */
function markModels(
  parted: AboveBelow | null,
  kinds: Raster<Uint8Array> | null,
  hole: Mask,
): Raster<Uint8Array> | undefined {
  const models = parted?.models ?? (kinds && markSure(kinds, hole));
  if (!models) return undefined;
  if (kinds) for (let i = 0; i < kinds.data.length; i++) if (kinds.data[i] === 0) models.data[i] = AVOID;
  return models;
}

/** The background around the hole that the layout is sure of, as models; none where that is next to nothing. */
function markSure(kinds: Raster<Uint8Array>, hole: Mask): Raster<Uint8Array> {
  const { width, height } = kinds;
  const models = createRaster('u8', width, height);
  const box = maskBox({ raster: hole, rect: { x: 0, y: 0, width, height } });
  if (!box) return models;
  const reach = Math.round(MODELS_REACH * Math.max(box.width, box.height));
  const around = clampRect(growRect(box, reach), width, height);
  let sure = 0;
  for (let y = around.y; y < around.y + around.height; y++) {
    for (let i = y * width + around.x; i < y * width + around.x + around.width; i++) {
      if (kinds.data[i] !== 1 && kinds.data[i] !== 2) continue;
      models.data[i] = MODEL;
      sure++;
    }
  }
  return sure >= LEAST_SURE * around.width * around.height ? models : createRaster('u8', width, height);
}

/** What is right above and below an object that stands on the floor; null where it does not, or nothing tells. */
function partFromFloor(
  small: Raster<Uint8Array>,
  hole: Mask,
  crop: Rect,
  floor: FloorPlane | null,
): AboveBelow | null {
  if (!floor || floor.confidence < LEAST_CONFIDENCE) return null;
  const scale = small.width / crop.width;
  const last = hole.data.findLastIndex((value) => value > 0);
  const foot = {
    x: crop.x + ((last % small.width) + 0.5) / scale,
    y: crop.y + (Math.floor(last / small.width) + 1) / scale,
  };
  const stand = photoToFloor(floor, foot);
  if (!stand) return null;
  const distance = Math.hypot(stand.x, stand.y);
  const behind = 1 + USUAL_DEPTH / distance;
  const wall = floorToPhoto(floor, { x: stand.x * behind, y: stand.y * behind });
  return partAboveBelow(small, hole, wall ? (wall.y - crop.y) * scale : 0);
}

/** For every pixel of the reduced crop: 0 foreground, 1 floor, 2 wall or ceiling, 3 undecided or in the hole. */
function readKinds(
  layout: Raster<Float32Array>,
  small: Raster,
  hole: Mask,
  crop: Rect,
  { floor }: RoomHints,
): Raster<Uint8Array> | null {
  const { width, height } = small;
  const data = new Uint8Array(width * height).fill(3);
  const toX = layout.width / (floor?.width ?? layout.width);
  const toY = layout.height / (floor?.height ?? layout.height);
  if (!floor) return null;
  let known = 0;
  let background = 0;
  for (let y = 0, i = 0; y < height; y++) {
    const ly = Math.floor((crop.y + ((y + 0.5) * crop.height) / height) * toY);
    for (let x = 0; x < width; x++, i++) {
      if (hole.data[i]) continue;
      const lx = Math.floor((crop.x + ((x + 0.5) * crop.width) / width) * toX);
      const at = (Math.min(layout.height - 1, ly) * layout.width + Math.min(layout.width - 1, lx)) * 4;
      known++;
      if (layout.data[at]! > MAYBE_OBJECT) {
        data[i] = 0;
        continue;
      }
      background++;
      const ground = layout.data[at + 1]!;
      const rest = layout.data[at + 2]! + layout.data[at + 3]!;
      if (ground > 2 * rest) data[i] = 1;
      else if (rest > 2 * ground) data[i] = 2;
    }
  }
  return background >= LEAST_BACKGROUND * known ? { width, height, channels: 1, data } : null;
}

/** The bands between the lines, counted from 1 at the top. */
function drawLabels(
  lines: readonly { readonly row: number; readonly slope: number }[],
  scale: number,
  { width, height }: Rect,
): Raster<Uint8Array> {
  const data = new Uint8Array(width * height).fill(1);
  for (const { row, slope } of lines) {
    for (let x = 0; x < width; x++) {
      const y = Math.ceil((row + slope * (x + 0.5) * scale) / scale - 0.5);
      for (let i = Math.max(0, y) * width + x; i < data.length; i += width) data[i]!++;
    }
  }
  return { width, height, channels: 1, data };
}

/** The lowest band lies on the floor, in perspective where that is known; the others are continued along their edges. */
function describePlanes(
  lines: readonly (CrossingLine | { readonly row: number; readonly slope: number })[],
  scale: number,
  crop: Rect,
  floor: FloorPlane | null,
): FillPlane[] {
  const flat: FillPlane = { homography: null };
  const bands = lines.map((line, k): FillPlane => {
    const upper = lines[k - 1] ?? line;
    return { homography: null, slope: (upper.slope + line.slope) / 2 };
  });
  const last = lines.at(-1) ?? { row: 0, slope: 0 };
  const middle = crop.x + crop.width / 2;
  const top = crop.y + (last.row + last.slope * (crop.width / 2) * scale) / scale;
  const isFloor = floor && floor.confidence >= LEAST_CONFIDENCE && top > horizonAt(floor, middle);
  const lowest: FillPlane = isFloor
    ? { homography: homographyInCrop(invert3(floorHomography(floor)), crop.x + 0.5, crop.y + 0.5) }
    : { homography: null, slope: last.slope };
  return [flat, ...bands, lowest];
}
