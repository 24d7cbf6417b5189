import type { Raster } from '../imaging/raster.ts';
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

/**
 * How a depth map grows with disparity (1 / metres), learned from the floor, whose metres are known: a rising curve
 * through `depth[i]` at `near[i]`, both ascending, straight beyond its ends. Nets bend and flatten what is far.
 */
export interface DepthScale {
  readonly near: readonly number[];
  readonly depth: readonly number[];
  /** Share of the floor's pixels that follow the curve. */
  readonly support: number;
}

/** Share of the floor that must follow the curve. */
const LEAST_SUPPORT = 0.55;
/** Share of the depth range within which a floor pixel follows the curve. */
const AGREES = 0.05;
/** Bins of disparity, evenly spaced by ratio from 1/25 to 2 per metre, and how many samples one needs. */
const BINS = 22;
const LEAST_SAMPLES = 15;
const FARTHEST = 1 / 25;
/** How far below its first knot the curve is still believed, as a ratio of disparities. */
const BEYOND = 0.85;
const NEAREST = 2;

/**
 * Ties a depth map to metres on the pixels that show floor: medians by disparity, made rising by pooling adjacent
 * violators (isotonic regression). Null without a layout that shows where floor is, where there is too little of it,
 * or where the map does not follow it.
 */
export function scaleDepth(scene: SceneDepth, plane: FloorPlane): DepthScale | null {
  if (!scene.layout) return null;
  const samples = floorSamples(scene, scene.layout, plane);
  const bins = Array.from({ length: BINS }, () => ({ near: [] as number[], depth: [] as number[] }));
  for (const { near, depth } of samples) {
    const k = Math.floor((Math.log(near / FARTHEST) / Math.log(NEAREST / FARTHEST)) * BINS);
    const bin = bins[Math.min(BINS - 1, Math.max(0, k))]!;
    bin.near.push(near);
    bin.depth.push(depth);
  }
  const knots = bins
    .filter((bin) => bin.near.length >= LEAST_SAMPLES)
    .map((bin) => ({ near: median(bin.near), depth: median(bin.depth), weight: bin.near.length }));
  const curve = makeRising(knots);
  if (curve.length < 3) return null;
  const scale = { near: curve.map((k) => k.near), depth: curve.map((k) => k.depth), support: 0 };
  const agreeing = samples.filter((s) => Math.abs(depthAt(scale, s.near) - s.depth) < AGREES).length;
  return agreeing >= samples.length * LEAST_SUPPORT ? { ...scale, support: agreeing / samples.length } : null;
}

interface FloorSample {
  /** Disparity of the floor, 1/m. */
  readonly near: number;
  readonly depth: number;
}

function floorSamples(
  { depth, mask }: SceneDepth,
  layout: Raster<Float32Array>,
  plane: FloorPlane,
): FloorSample[] {
  const { width, height, data } = depth;
  const stride = Math.max(1, Math.round(Math.sqrt((width * height) / 20000)));
  const samples: FloorSample[] = [];
  for (let y = stride >> 1; y < height; y += stride) {
    for (let x = stride >> 1; x < width; x += stride) {
      const i = y * width + x;
      if (mask.data[i]! > 0 || layout.data[i * 4 + 1]! < 0.6) continue;
      const near = floorDisparity(plane, {
        x: ((x + 0.5) * plane.width) / width,
        y: ((y + 0.5) * plane.height) / height,
      });
      if (near > FARTHEST) samples.push({ near, depth: data[i]! });
    }
  }
  return samples;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

interface Knot {
  readonly near: number;
  readonly depth: number;
  readonly weight: number;
}

/** Knots of ascending `near` whose depth falls are pooled to their weighted mean until it rises everywhere. */
function makeRising(knots: readonly Knot[]): Knot[] {
  const out: Knot[] = [];
  for (const knot of knots) {
    let last = knot;
    for (
      let before = out[out.length - 1];
      before && before.depth >= last.depth;
      before = out[out.length - 1]
    ) {
      const weight = before.weight + last.weight;
      const mean = (key: 'near' | 'depth') =>
        (before!.weight * before![key] + last.weight * last[key]) / weight;
      last = { near: mean('near'), depth: mean('depth'), weight };
      out.pop();
    }
    out.push(last);
  }
  return out;
}

/** The depth map's value for a disparity (1/m). */
export function depthAt(scale: DepthScale, near: number): number {
  return interpolate(scale.near, scale.depth, near);
}

/** The disparity (1/m) for a value of the depth map. */
export function nearOf(scale: DepthScale, depth: number): number {
  return interpolate(scale.depth, scale.near, depth);
}

/** Straight lines between knots, and on beyond the ends. */
function interpolate(from: readonly number[], to: readonly number[], value: number): number {
  let k = 1;
  while (k < from.length - 1 && value > from[k]!) k++;
  const [a, b] = [from[k - 1]!, from[k]!];
  return to[k - 1]! + ((to[k]! - to[k - 1]!) * (value - a)) / Math.max(b - a, 1e-9);
}

/**
 * How far the old object is away: the median depth of its mask, metres along the camera's axis; null where the depth
 * map cannot tell, or where no floor that is seen is as far.
 */
export function depthOfOld({ depth, mask }: SceneDepth, scale: DepthScale | null): number | null {
  if (!scale) return null;
  const inside = depth.data.filter((_, i) => mask.data[i]! >= 128).sort();
  const near = nearOf(scale, inside[inside.length >> 1]!);
  return near > scale.near[0]! * BEYOND && near < NEAREST ? 1 / near : null;
}
