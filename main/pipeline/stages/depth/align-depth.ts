import { boxMean, guidedFilter, toGuide } from '../../../imaging/guided-filter.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { dot, rayThrough } from '../../../placement/camera.ts';
import type { FloorPlane } from '../../../placement/floor-plane.ts';
import { layoutProbabilities, scaleMap } from '../../../placement/layout.ts';

/** The net is tied to the floor where it follows it this closely (share of the floor's own spread) … */
const LARGEST_RESIDUAL = 0.5;
/** … on this share of the photo at least. */
const LEAST_FLOOR = 0.02;
/** Where the net is this far off the plane (share of the floor's spread), floor is doubted. */
const MISFIT = 0.5;
/** Reach of the floor's correction into what stands on it, as a share of the long side. */
const REACH = 0.08;
/** Window of the guided filter, as a share of the long side, and its smallest edge (share of full scale, squared). */
const RADIUS = 0.012;
const EPSILON = 4e-4;
/** Share of the samples at either end that the stretch to 0–1 may clip. */
const CLIPPED = 0.001;

export interface AlignedDepth {
  /** f32 [h,w], 0–1, near is 1. */
  readonly depth: Raster<Float32Array>;
  /** True where the disparity was tied to the floor plane. */
  readonly tied: boolean;
  /** Root mean square of net minus plane on the floor, as a share of the plane's spread there; null without a floor. */
  readonly floorResidual: number | null;
}

/**
 * The net's disparity, tied to the floor plane where it follows it, with its edges on the photo's edges.
 * @param disparity f32 [h,w], affine-invariant, larger is nearer, laid over the photo
 * @param layout f32 [h,w,4] logits, laid over the photo
 * @param rgb u8 sRGB, the photo at the size of the result
 */
export function alignDepth(
  disparity: Raster,
  layout: Raster,
  plane: FloorPlane,
  rgb: Raster<Uint8Array>,
): AlignedDepth {
  const { width, height } = rgb;
  const guide = toGuide(rgb);
  const radius = Math.max(2, Math.round(RADIUS * Math.max(width, height)));
  const net = scaleMap(disparity, width, height).data;
  const floor = sureFloor(layoutProbabilities(layout, width, height));
  const known = planeDisparity(plane, width, height);
  const fit = fitToFloor(net, known, floor);
  const tied = fit !== null && fit.gain > 0 && fit.residual < LARGEST_RESIDUAL;
  if (tied) doubtMisfits(net, known, floor, fit);
  const values = tied ? pullToFloor(net, known, floor, fit, width, height) : net;
  const filtered = guidedFilter(guide, values, radius, EPSILON);
  if (tied) {
    const surface = guidedFilter(guide, floor, radius, EPSILON);
    for (let i = 0; i < filtered.length; i++)
      filtered[i]! += clamp01(surface[i]!) * (known[i]! - filtered[i]!);
  }
  return {
    depth: { width, height, channels: 1, data: stretch(filtered) },
    tied,
    floorResidual: fit && fit.residual,
  };
}

/** 0–1: how sure it is that a pixel shows floor. */
function sureFloor(layout: Raster<Float32Array>): Float32Array {
  const floor = new Float32Array(layout.width * layout.height);
  for (let i = 0; i < floor.length; i++) floor[i] = clamp01((layout.data[i * 4 + 1]! - 0.5) / 0.4);
  return floor;
}

/** 1 / metres of the floor plane at every pixel; 0 at and above the horizon. */
function planeDisparity(plane: FloorPlane, width: number, height: number): Float32Array {
  const output = new Float32Array(width * height);
  const at = (x: number, y: number) =>
    -dot(rayThrough(plane, { x: (x * plane.width) / width, y: (y * plane.height) / height }), plane.up) /
    plane.cameraHeight;
  // Disparity of a plane is linear in the picture's coordinates.
  const origin = at(0.5, 0.5);
  const across = at(1.5, 0.5) - origin;
  const down = at(0.5, 1.5) - origin;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) output[i] = Math.max(0, origin + across * x + down * y);
  }
  return output;
}

interface FloorFit {
  readonly gain: number;
  readonly offset: number;
  /** Of the plane's spread on the floor. */
  readonly residual: number;
  /** Standard deviation of the plane's disparity on the floor, 1 / metres. */
  readonly spread: number;
}

/** Takes floor away where the net stands well off the plane: a seat or a bed that the layout took for floor. */
function doubtMisfits(net: Float32Array, known: Float32Array, floor: Float32Array, fit: FloorFit): void {
  const usual = 1 / (MISFIT * fit.spread) ** 2;
  for (let i = 0; i < floor.length; i++) {
    if (floor[i] === 0) continue;
    const error = fit.gain * net[i]! + fit.offset - known[i]!;
    floor[i]! *= Math.exp(-error * error * usual);
  }
}

/** known ≈ gain·net + offset on the floor, by least squares with Huber's weights; null with too little floor. */
function fitToFloor(net: Float32Array, known: Float32Array, floor: Float32Array): FloorFit | null {
  let fit: FloorFit | null = null;
  for (let round = 0; round < 4; round++) {
    const limit = fit ? 1.3 * fit.residual * fit.spread : Infinity;
    let [w, sx, sy, sxx, sxy, syy, share] = [0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < net.length; i++) {
      if (floor[i]! < 0.5 || known[i]! <= 0) continue;
      share++;
      const x = net[i]!;
      const y = known[i]!;
      const error = fit ? Math.abs(fit.gain * x + fit.offset - y) : 0;
      const weight = error <= limit ? floor[i]! : (floor[i]! * limit) / error;
      w += weight;
      sx += weight * x;
      sy += weight * y;
      sxx += weight * x * x;
      sxy += weight * x * y;
      syy += weight * y * y;
    }
    if (share < LEAST_FLOOR * net.length) return null;
    const [mx, my] = [sx / w, sy / w];
    const [vx, vxy, vy] = [sxx / w - mx * mx, sxy / w - mx * my, syy / w - my * my];
    const gain = vxy / Math.max(vx, 1e-9);
    const spread = Math.sqrt(Math.max(vy, 1e-12));
    const deviation = Math.sqrt(Math.max(0, vy - gain * vxy));
    fit = { gain, offset: my - gain * mx, residual: deviation / spread, spread };
  }
  return fit;
}

/** The net in 1 / metres, with the floor's error taken off it and, fading, off what stands near by. */
function pullToFloor(
  net: Float32Array,
  known: Float32Array,
  floor: Float32Array,
  { gain, offset }: FloorFit,
  width: number,
  height: number,
): Float32Array {
  const reach = Math.round(REACH * Math.max(width, height));
  const values = net.map((v) => Math.max(0, gain * v + offset));
  const error = values.map((v, i) => floor[i]! * (known[i]! - v));
  const weight = Float32Array.from(floor);
  for (let pass = 0; pass < 2; pass++) {
    boxMean(error, width, height, reach, error);
    boxMean(weight, width, height, reach, weight);
  }
  return values.map((v, i) => Math.max(0, v + error[i]! / (weight[i]! + 0.05)));
}

/** Stretches to 0–1, clipping the outermost samples. */
function stretch(values: Float32Array): Float32Array {
  const sorted = Float32Array.from(values).sort();
  const low = quantile(sorted, CLIPPED);
  const range = Math.max(quantile(sorted, 1 - CLIPPED) - low, 1e-6);
  return values.map((v) => clamp01((v - low) / range));
}

/** A quantile of sorted values. */
export function quantile(sorted: Float32Array, share: number): number {
  return sorted[Math.round(share * (sorted.length - 1))]!;
}

function clamp01(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
