import { fitGuidedModel, type GuidedModel } from '../imaging/guided-filter.ts';
import { isEmptyRect, type Rect } from '../imaging/geometry.ts';
import type { Raster } from '../imaging/raster.ts';
import { cropRaster } from '../imaging/window.ts';
import { floorDisparity, type FloorPlane } from './floor-plane.ts';

/** The photo's depth map with what else is known at its size. */
export interface SceneDepth {
  /** f32 [h,w], 0–1, near is 1; the photo scaled. */
  readonly depth: Raster<Float32Array>;
  /** f32 [h,w,4]: probabilities of object, floor, wall, ceiling; null where unknown. */
  readonly layout: Raster<Float32Array> | null;
  /** The old object, u8, at the depth map's size. */
  readonly mask: Raster<Uint8Array>;
  /** The photo, f32 RGB 0–1, at the depth map's size. */
  readonly guide: Raster<Float32Array>;
}

/** depth = slope · (1 / metres) + offset, found on the floor, whose metres are known. */
export interface DepthScale {
  readonly slope: number;
  readonly offset: number;
  /** Share of the floor's pixels that agree. */
  readonly support: number;
}

/** How much nearer (ratio of disparities) a thing must be to stand in front, and where that is sure. */
const NEARER = [1.05, 1.16] as const;
/** Share of agreeing floor below which depth is not to be trusted. */
const LEAST_SUPPORT = 0.35;
const LEAST_BLIND_SUPPORT = 0.75;
/** Where more than this share of what surrounds the old object stood in front of it, the depth map is wrong. */
const MOST_SURROUNDED = 0.55;
/** Share of the depth range within which a floor pixel agrees. */
const AGREES = 0.04;

/**
 * Ties a depth map to metres on the pixels that show floor: the line through (floor disparity, depth) that most of
 * them agree with, of pairs drawn in a fixed order, then least squares on those that agree. Null where the floor is
 * too little to tell.
 */
export function scaleDepth(scene: SceneDepth, plane: FloorPlane): DepthScale | null {
  const samples = floorSamples(scene, plane);
  if (samples.length < 40) return null;
  let best = { inliers: 0, slope: 0, offset: 0 };
  const n = samples.length;
  for (let k = 0; k < 400; k++) {
    const a = samples[(k * 7919) % n]!;
    const b = samples[(k * 104729 + (n >> 1) + k) % n]!;
    if (Math.abs(a.near - b.near) < 0.03) continue;
    const slope = (a.depth - b.depth) / (a.near - b.near);
    if (slope <= 0) continue;
    const offset = a.depth - slope * a.near;
    let inliers = 0;
    for (const s of samples) if (Math.abs(s.depth - slope * s.near - offset) < AGREES) inliers++;
    if (inliers > best.inliers) best = { inliers, slope, offset };
  }
  // Without a layout, walls and furniture are among the samples: what agrees must be most of all.
  if (best.inliers < n * (scene.layout ? LEAST_SUPPORT : LEAST_BLIND_SUPPORT)) return null;
  const agreeing = samples.filter((s) => Math.abs(s.depth - best.slope * s.near - best.offset) < AGREES);
  const line = fitLine(agreeing);
  return line.slope > 0 ? { ...line, support: agreeing.length / n } : null;
}

interface FloorSample {
  /** Disparity of the floor, 1/m. */
  readonly near: number;
  readonly depth: number;
}

function floorSamples({ depth, layout, mask }: SceneDepth, plane: FloorPlane): FloorSample[] {
  const { width, height, data } = depth;
  const stride = Math.max(1, Math.round(Math.sqrt((width * height) / 12000)));
  const samples: FloorSample[] = [];
  for (let y = stride >> 1; y < height; y += stride) {
    for (let x = stride >> 1; x < width; x += stride) {
      const i = y * width + x;
      if (mask.data[i]! > 0 || (layout && layout.data[i * 4 + 1]! < 0.6)) continue;
      const near = floorDisparity(plane, {
        x: ((x + 0.5) * plane.width) / width,
        y: ((y + 0.5) * plane.height) / height,
      });
      if (near > 1 / 25) samples.push({ near, depth: data[i]! });
    }
  }
  return samples;
}

function fitLine(samples: readonly FloorSample[]): { readonly slope: number; readonly offset: number } {
  const n = samples.length;
  const mx = samples.reduce((s, p) => s + p.near, 0) / n;
  const my = samples.reduce((s, p) => s + p.depth, 0) / n;
  let xx = 0;
  let xy = 0;
  for (const p of samples) {
    xx += (p.near - mx) ** 2;
    xy += (p.near - mx) * (p.depth - my);
  }
  const slope = xy / Math.max(xx, 1e-12);
  return { slope, offset: my - slope * mx };
}

/** A 0–1 map over a rectangle of the depth map, as linear models of the photo's color (see GuidedModel). */
export interface EdgeMap {
  /** Depth map pixels. */
  readonly rect: Rect;
  readonly model: GuidedModel;
  /** Depth map pixels per photo px. */
  readonly scale: { readonly x: number; readonly y: number };
}

/**
 * Tells of a photo point whether something stands clearly in front of the floor that would be seen there. Says no
 * where the depth map cannot be tied to the floor.
 */
export function inFrontOfFloor(
  scene: SceneDepth,
  scale: DepthScale | null,
  plane: FloorPlane,
): (x: number, y: number) => boolean {
  if (!scale) return () => false;
  const { width, height, data } = scene.depth;
  return (x, y) => {
    const column = Math.min(width - 1, Math.floor((x * width) / plane.width));
    const row = Math.min(height - 1, Math.floor((y * height) / plane.height));
    const near = (data[row * width + column]! - scale.offset) / scale.slope;
    return near > floorDisparity(plane, { x, y }) * NEARER[1];
  };
}

/**
 * How far the old object is away: the median depth of its mask, metres along the camera's axis; null where the depth
 * map cannot tell.
 */
export function depthOfOld({ depth, mask }: SceneDepth, scale: DepthScale | null): number | null {
  if (!scale) return null;
  const inside = depth.data.filter((_, i) => mask.data[i]! >= 128).sort();
  const near = (inside[inside.length >> 1]! - scale.offset) / scale.slope;
  return near > 1 / 25 ? 1 / near : null;
}

/**
 * What stands in front of the new piece, its edges following the photo's; null where nothing does. Inside the old
 * object's mask nothing can: what is there is being replaced.
 * @param rect pixels of the depth map
 * @param pieceDepth metres of depth of the new piece at a photo point; NaN where it is not
 */
export function findFront(
  scene: SceneDepth,
  scale: DepthScale | null,
  plane: FloorPlane,
  rect: Rect,
  pieceDepth: (x: number, y: number) => number,
): EdgeMap | null {
  if (!scale || isEmptyRect(rect)) return null;
  const [sx, sy] = [scene.depth.width / plane.width, scene.depth.height / plane.height];
  const rough = new Float32Array(rect.width * rect.height);
  const depths = rough.map((_, o) =>
    pieceDepth((rect.x + (o % rect.width) + 0.5) / sx, (rect.y + Math.floor(o / rect.width) + 0.5) / sy),
  );
  // Beside the piece its usual depth goes on, so that the border of what is in front is not bent to the piece's.
  const usual = depths.filter((v) => v > 0).sort();
  const middle = usual[usual.length >> 1];
  if (middle === undefined) return null;
  let any = false;
  for (let y = 0, o = 0; y < rect.height; y++) {
    for (let x = 0; x < rect.width; x++, o++) {
      const i = (rect.y + y) * scene.depth.width + rect.x + x;
      if (scene.mask.data[i]! >= 128) continue;
      const piece = depths[o]! > 0 ? depths[o]! : middle;
      const ratio = ((scene.depth.data[i]! - scale.offset) / scale.slope) * piece;
      let front = Math.min(1, Math.max(0, (ratio - NEARER[0]) / (NEARER[1] - NEARER[0])));
      if (scene.layout) front *= Math.min(1, scene.layout.data[i * 4]! * 1.6);
      rough[o] = front;
      if (front > 0.5) any = true;
    }
  }
  if (!any || isSurrounded(scene, rect, rough)) return null;
  return followEdges(scene, rect, rough, { x: sx, y: sy });
}

/** True where nearly all that borders on the old object is said to stand in front of it. */
function isSurrounded({ mask }: SceneDepth, rect: Rect, front: Float32Array): boolean {
  const reach = Math.max(2, Math.round(mask.width / 120));
  const inside = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < mask.width && y < mask.height && mask.data[y * mask.width + x]! >= 128;
  let [border, covered] = [0, 0];
  for (let o = 0; o < front.length; o++) {
    const x = rect.x + (o % rect.width);
    const y = rect.y + Math.floor(o / rect.width);
    if (inside(x, y)) continue;
    if (!inside(x - reach, y) && !inside(x + reach, y) && !inside(x, y - reach) && !inside(x, y + reach))
      continue;
    border++;
    if (front[o]! > 0.5) covered++;
  }
  return covered > MOST_SURROUNDED * Math.max(1, border);
}

/**
 * Where the photo shows floor, so that a shadow may fall: 1 inside the old object's mask (the plate is floor there),
 * outside it what the layout says. Null without a layout: the floor plane alone then says where floor is.
 * @param rect pixels of the depth map
 */
export function findFloor(scene: SceneDepth, plane: FloorPlane, rect: Rect): EdgeMap | null {
  const { layout, mask, depth } = scene;
  if (isEmptyRect(rect) || !layout) return null;
  const rough = new Float32Array(rect.width * rect.height);
  for (let o = 0; o < rough.length; o++) {
    const i = (rect.y + Math.floor(o / rect.width)) * depth.width + rect.x + (o % rect.width);
    const floor = Math.min(1, Math.max(0, (layout.data[i * 4 + 1]! - 0.2) / 0.4));
    rough[o] = Math.max(mask.data[i]! / 255, floor);
  }
  return followEdges(scene, rect, rough, { x: depth.width / plane.width, y: depth.height / plane.height });
}

function followEdges(scene: SceneDepth, rect: Rect, rough: Float32Array, scale: EdgeMap['scale']): EdgeMap {
  const guide = cropRaster(scene.guide, rect);
  const radius = Math.max(2, Math.round(scene.depth.width / 200));
  return { rect, model: fitGuidedModel(guide, rough, radius, 2e-4), scale };
}

/**
 * An edge map at photo resolution: the models are scaled bilinearly and applied to the photo's own color (He and Sun,
 * Fast Guided Filter, 2015). Values are steepened around one half, so that flat areas become exactly 0 or 1.
 * @param photo f32 RGB 0–1 of `rect`
 * @param rect photo px
 * @returns 0–1, one value per pixel of `rect`
 */
export function sharpenToPhoto(map: EdgeMap, photo: Raster<Float32Array>, rect: Rect): Float32Array {
  const { width, height } = map.model;
  const out = new Float32Array(rect.width * rect.height);
  const line = new Float32Array(width * 4);
  for (let row = 0, o = 0, i = 0; row < rect.height; row++) {
    const v = Math.min(Math.max((rect.y + row + 0.5) * map.scale.y - map.rect.y - 0.5, 0), height - 1);
    mixModelRows(map.model, v, line);
    for (let col = 0; col < rect.width; col++, o++, i += 3) {
      const u = Math.min(Math.max((rect.x + col + 0.5) * map.scale.x - map.rect.x - 0.5, 0), width - 1);
      const left = u | 0;
      const f = u - left;
      const a = left * 4;
      const b = f > 0 ? a + 4 : a;
      const red = line[a]! + f * (line[b]! - line[a]!);
      const green = line[a + 1]! + f * (line[b + 1]! - line[a + 1]!);
      const blue = line[a + 2]! + f * (line[b + 2]! - line[a + 2]!);
      const offset = line[a + 3]! + f * (line[b + 3]! - line[a + 3]!);
      const value = red * photo.data[i]! + green * photo.data[i + 1]! + blue * photo.data[i + 2]! + offset;
      out[o] = Math.min(1, Math.max(0, (value - 0.2) / 0.6));
    }
  }
  return out;
}

/** The models of a fractional row, interleaved: red, green, blue, offset. */
function mixModelRows(
  { red, green, blue, offset, width, height }: GuidedModel,
  v: number,
  out: Float32Array,
): void {
  const top = Math.floor(v) * width;
  const low = Math.min(Math.floor(v) + 1, height - 1) * width;
  const f = v - Math.floor(v);
  [red, green, blue, offset].forEach((plane, c) => {
    for (let x = 0; x < width; x++) {
      const a = plane[top + x]!;
      out[x * 4 + c] = a + f * (plane[low + x]! - a);
    }
  });
}
