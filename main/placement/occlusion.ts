import { boxMean } from '../imaging/guided-filter.ts';
import { isEmptyRect, type Rect } from '../imaging/geometry.ts';
import type { Raster } from '../imaging/raster.ts';
import { depthAt, type DepthScale, type SceneDepth } from './depth-scale.ts';
import { floorDisparity, type FloorPlane } from './floor-plane.ts';
import type { Hidden } from './silhouette.ts';
import { type EdgeMap, followEdges } from './edge-map.ts';
import { dropBeside, findSmallGaps } from './front-evidence.ts';

/** Steps of the depth map, as shares of its range: from the first on something may be in front, from the second it is. */
const STEP = [0.035, 0.075] as const;
/** A step that tells two things apart on its own, and how much of a thing the layout must see there. */
const CLEAR_STEP = 0.085;
const MAYBE_THING = 0.25;
/** Share of a row of the old object that its mask fills where there is body and not only legs. */
const BODY = 0.45;
/** Share of all its rows that the mask of a closed body fills, things in front of it left out. */
const CLOSED = 0.78;
/** Where more than this share of what surrounds the old object stood in front of it, the depth map is wrong. */
const MOST_SURROUNDED = 0.55;

/**
 * What the depth map would show of a thing at the old object's place, over a rectangle of the map: the old object's own
 * depth, carried on beside it. No metres are needed, so a map that bends them does no harm.
 */
export function oldSurface({ depth, mask }: SceneDepth, rect: Rect): Float32Array {
  const { width, height } = rect;
  const out = new Float32Array(width * height).fill(Number.NaN);
  const known = new Float32Array(out.length);
  const value = new Float32Array(out.length);
  for (let o = 0; o < out.length; o++) {
    const i = (rect.y + Math.floor(o / width)) * depth.width + rect.x + (o % width);
    if (mask.data[i]! < 128) continue;
    known[o] = 1;
    value[o] = depth.data[i]!;
    out[o] = depth.data[i]!;
  }
  const longest = Math.max(width, height);
  for (let radius = Math.max(2, longest >> 5); radius < 2 * longest; radius *= 2) {
    const share = new Float32Array(out.length);
    const sum = new Float32Array(out.length);
    boxMean(known, width, height, radius, share);
    boxMean(value, width, height, radius, sum);
    for (let o = 0; o < out.length; o++)
      if (Number.isNaN(out[o]!) && share[o]! > 1e-4) out[o] = sum[o]! / share[o]!;
  }
  return out;
}

/**
 * What the depth map would show of a piece that was moved away from the old object's place, by the map's scale.
 * @param pieceDepth metres of depth of the piece at a photo point; NaN where it is not
 */
export function movedSurface(
  scene: SceneDepth,
  scale: DepthScale,
  plane: FloorPlane,
  rect: Rect,
  pieceDepth: (x: number, y: number) => number,
): Float32Array {
  const [sx, sy] = [scene.depth.width / plane.width, scene.depth.height / plane.height];
  const depths = Float32Array.from({ length: rect.width * rect.height }, (_, o) =>
    pieceDepth((rect.x + (o % rect.width) + 0.5) / sx, (rect.y + Math.floor(o / rect.width) + 0.5) / sy),
  );
  // Beside the piece its usual depth goes on, so that the border of what is in front is not bent to the piece's.
  const usual = depths.filter((v) => v > 0).sort();
  const middle = usual[usual.length >> 1] ?? Number.NaN;
  return depths.map((v) => depthAt(scale, 1 / (v > 0 ? v : middle)));
}

/**
 * What stands in front of the new piece, its edges following the photo's; null where nothing does, or where the old
 * object is an open frame: the room seen through it would count. Inside the old object's mask nothing can: what is there
 * is being replaced.
 * @param rect pixels of the depth map
 * @param surface what the depth map would show of the piece, over the rectangle; NaN where unknown
 * @param cover tells of a column of the map whether something is known to hide the old object's lower end there: it
 *   hides the new one's too
 * @param moved true where the piece stands elsewhere than the old object: what hid the one tells nothing of the other
 */
export function findFront(
  scene: SceneDepth,
  plane: FloorPlane,
  rect: Rect,
  surface: Float32Array,
  moved = false,
  cover: ((column: number) => boolean) | null = null,
): EdgeMap | null {
  const { layout, depth, mask } = scene;
  if (isEmptyRect(rect)) return null;
  const rough = new Float32Array(rect.width * rect.height);
  const rows = measureRows(mask);
  if (rows.filled < CLOSED) return null;
  const gapAt = moved ? () => null : gapsOf(mask, rows);
  const indexOf = (o: number) =>
    (rect.y + Math.floor(o / rect.width)) * depth.width + rect.x + (o % rect.width);
  const small = findSmallGaps(
    scene,
    rect,
    (o) => mask.data[indexOf(o)]! < 128 && gapAt(indexOf(o)) === 'body',
  );
  const settled = new Uint8Array(rough.length);
  for (let o = 0; o < rough.length; o++) {
    const i = indexOf(o);
    if (mask.data[i]! >= 128 || Number.isNaN(surface[o]!)) continue;
    const step = depth.data[i]! - surface[o]!;
    // Without a layout nothing tells a thing from the wall but that the old object is cut out around it.
    const isThing = layout ? layout.data[i * 4]! : 0;
    const gap = gapAt(i);
    // Maps are too coarse for the room seen between legs: it takes the legs' depth.
    if (gap === 'legs') continue;
    rough[o] = nearerBy(step) * Math.min(1, isThing * 1.6);
    const least = small[o] ? STEP[0] : -STEP[0];
    if (step > least && gap === 'body' && (!layout || isThing > 0.5)) settled[o] = rough[o] = 1;
  }
  if (!moved) dropBeside(scene, rect, rough, settled, STEP[0]);
  let any = rough.some((share) => share > 0.5);
  if (cover && !moved && coverBelow(mask, rect, rough, cover)) any = true;
  if (any && !moved) growFront(scene, rect, rough, surface);
  if (!any || (!cover && isSurrounded(scene, rect, rough))) return null;
  return followEdges(scene, rect, rough, { x: depth.width / plane.width, y: depth.height / plane.height });
}

/** Marks as in front what lies below the old object's lower edge; beside it that edge goes on level. */
function coverBelow(
  { width, height, data }: Raster<Uint8Array>,
  rect: Rect,
  front: Float32Array,
  covers: (column: number) => boolean,
): boolean {
  const ends = Int32Array.from({ length: width }, (_, x) => {
    for (let y = height - 1; y >= 0; y--) if (data[y * width + x]! >= 128) return y;
    return -1;
  });
  const [first, last] = [ends.findIndex((y) => y >= 0), ends.findLastIndex((y) => y >= 0)];
  if (first < 0) return false;
  for (let o = 0; o < front.length; o++) {
    const x = Math.min(last, Math.max(first, rect.x + (o % rect.width)));
    const end = ends[x]!;
    if (end >= 0 && rect.y + Math.floor(o / rect.width) > end && covers(x)) front[o] = 1;
  }
  return true;
}

/** Steps of depth from pixel to pixel that are no edge. */
const SMOOTH_STEP = 0.012;

/** Grows what is known to be in front over the rest of the same thing: a cat's head above the chair's back. */
function growFront(
  { layout, depth, mask }: SceneDepth,
  rect: Rect,
  front: Float32Array,
  surface: Float32Array,
) {
  const stack: number[] = [];
  const at = (o: number) => (rect.y + Math.floor(o / rect.width)) * depth.width + rect.x + (o % rect.width);
  const seeds: number[] = [];
  for (let o = 0; o < front.length; o++) {
    if (front[o] !== 1) continue;
    stack.push(o);
    seeds.push(depth.data[at(o)]!);
  }
  const farthest = seeds.sort((a, b) => a - b)[Math.floor(seeds.length / 10)] ?? 1;
  for (let o = stack.pop(); o !== undefined; o = stack.pop()) {
    const i = at(o);
    const x = o % rect.width;
    for (const next of [
      x > 0 ? o - 1 : -1,
      x + 1 < rect.width ? o + 1 : -1,
      o - rect.width,
      o + rect.width,
    ]) {
      if (next < 0 || next >= front.length || front[next] === 1) continue;
      const j = at(next);
      const isThing =
        mask.data[j]! < 128 && (layout ? layout.data[j * 4]! > 0.6 : depth.data[j]! > farthest - 0.01);
      const joins = Math.abs(depth.data[j]! - depth.data[i]!) < SMOOTH_STEP;
      if (!isThing || !joins || depth.data[j]! - surface[next]! < -STEP[0]) continue;
      front[next] = 1;
      stack.push(next);
    }
  }
}

/**
 * Tells of a pixel outside the mask whether it lies in a gap of the old object, with mask to its left, to its right and
 * above it: cut out of its `body`, in a row that the mask mostly fills (something stands in front), or between its
 * `legs`; else null.
 */
function gapsOf({ width }: Raster<Uint8Array>, rows: MaskRows): (i: number) => 'body' | 'legs' | null {
  return (i) => {
    const x = i % width;
    const y = Math.floor(i / width);
    const [first, last] = [rows.first[y]!, rows.last[y]!];
    if (x < first || x > last || y < rows.top[x]!) return null;
    return rows.count[y]! >= BODY * (last - first + 1) ? 'body' : 'legs';
  };
}

/** A mask by rows: its first and last column, how many pixels it has, and by columns its first row. */
interface MaskRows {
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly count: Int32Array;
  readonly top: Int32Array;
  /** Share of what lies between first and last that is mask, over all rows. */
  readonly filled: number;
}

function measureRows({ width, height, data }: Raster<Uint8Array>): MaskRows {
  const first = new Int32Array(height).fill(width);
  const last = new Int32Array(height).fill(-1);
  const count = new Int32Array(height);
  const top = new Int32Array(width).fill(height);
  let [inside, between] = [0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (data[i]! < 128) continue;
      if (x < first[y]!) first[y] = x;
      last[y] = x;
      count[y]!++;
      if (y < top[x]!) top[x] = y;
    }
    inside += count[y]!;
    between += Math.max(0, last[y]! - first[y]! + 1);
  }
  return { first, last, count, top, filled: inside / Math.max(1, between) };
}

/** 0–1: how surely a step of the depth map is one between two things. */
function nearerBy(step: number): number {
  return Math.min(1, Math.max(0, (step - STEP[0]) / (STEP[1] - STEP[0])));
}

/**
 * Tells whether a thing's lower end is hidden: whether something else stands right below it and clearly nearer.
 * @param scale what the map shows of the floor; null where that is not known
 * @returns a question about a photo column: a row inside the thing and one below it. Says no without a layout.
 */
export function isHiddenBelow(
  { depth, layout }: SceneDepth,
  plane: FloorPlane,
  scale: DepthScale | null = null,
): (x: number, inside: number, below: number) => Hidden {
  if (!layout) return () => 'no';
  const { width, height, data } = depth;
  const at = (x: number, y: number) =>
    Math.min(height - 1, Math.floor((y * height) / plane.height)) * width +
    Math.min(width - 1, Math.floor((x * width) / plane.width));
  return (x, inside, below) => {
    const under = at(x, below);
    const step = data[under]! - data[at(x, inside)]!;
    // A step as great as this is no floor, whatever the layout takes it for, unless the floor itself is as near there.
    const floor = scale ? depthAt(scale, floorDisparity(plane, { x, y: below })) : Number.NEGATIVE_INFINITY;
    const isThing = layout.data[under * 4]!;
    if (step > CLEAR_STEP && data[under]! - floor > STEP[1] && isThing > MAYBE_THING) return 'yes';
    if (isThing < 0.5) return 'no';
    return step > STEP[0] ? 'yes' : 'maybe';
  };
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
    // A shadow that ends where the layout grows unsure is seen more than one that falls on a table's leg.
    const floor = Math.min(1, Math.max(0, (layout.data[i * 4 + 1]! - 0.08) / 0.22));
    rough[o] = Math.max(mask.data[i]! / 255, floor);
  }
  return followEdges(scene, rect, rough, { x: depth.width / plane.width, y: depth.height / plane.height });
}
