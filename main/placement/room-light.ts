import { linearTable } from '../imaging/color/transfer.ts';
import type { Rect } from '../imaging/geometry.ts';
import type { Raster } from '../imaging/raster.ts';
import type { LightField } from './relight.ts';

/** What is known of the room around the piece, all at one small size (a photo scaled so that 512 px or less is long). */
export interface RoomView {
  /** The photo with the old object taken out (or at least excluded), u8 sRGB RGB. */
  readonly photo: Raster<Uint8Array>;
  /** u8: above 0 where the samples are not the room's own (old object, new object, shadow). */
  readonly exclude: Raster<Uint8Array>;
  /** f32 [h,w,4] probabilities of object, floor, wall, ceiling; null where unknown. */
  readonly layout: Raster<Float32Array> | null;
  /** Where the piece stands, px of this size. */
  readonly focus: Rect;
  /** Row of the horizon, px of this size. */
  readonly horizon: number;
}

/** The light at the place where the piece stands. */
export interface RoomLight {
  /** Color of the light as linear gains, luminance 1. */
  readonly white: readonly [number, number, number];
  /** Linear luminance, 0–1 in the photo, of a white surface facing up there. */
  readonly exposure: number;
  /** Change of the logarithm of the light per focus width to the right, and per focus height downwards. */
  readonly slopeX: number;
  readonly slopeY: number;
  /** Darkest linear luminance around: the photo's lifted black. */
  readonly black: number;
}

const LUMA = [0.2126, 0.7152, 0.0722] as const;
/** Chroma, as distance in log ratios, at which a pixel hardly counts as grey any more. */
const GREY_SPREAD = 0.22;
/** Share of the estimated color cast that is believed: cameras have balanced most of it, and walls are not white. */
const CAST_TRUST = 0.85;
/** Reflectance assumed of floors and of light walls, the latter times the share of the light that reaches a wall. */
const FLOOR_ALBEDO = 0.26;
const WALL_ALBEDO = 0.46;
/** A linear luminance that cameras expose a scene to, over an average reflectance: the weakest hint. */
const METERED_WHITE = 0.42;
/** Largest step between neighbouring cells that is still taken for light and not for an edge (logarithm). */
const LARGEST_STEP = 0.12;
/** Steepest fall of light over the piece that is believed (logarithm). */
const STEEPEST = 0.6;

/** Estimates the light at the place of the piece from the photo around it. */
export function estimateRoomLight(view: RoomView): RoomLight {
  const samples = collectSamples(view);
  const white = estimateWhite(samples);
  const { slopeX, slopeY } = estimateSlopes(view);
  return { white, exposure: estimateExposure(samples), slopeX, slopeY, black: estimateBlack(view) };
}

interface Samples {
  readonly count: number;
  /** log(R/G), log(B/G) */
  readonly warm: Float32Array;
  readonly cool: Float32Array;
  readonly luminance: Float32Array;
  /** Nearness to the piece, 0–1. */
  readonly near: Float32Array;
  /** Probabilities that a sample shows floor, or wall or ceiling. */
  readonly floor: Float32Array;
  readonly wall: Float32Array;
}

function collectSamples({ photo, exclude, layout, focus, horizon }: RoomView): Samples {
  const { width, height, data } = photo;
  const linear = linearTable(8);
  const size = width * height;
  const field = () => new Float32Array(size);
  const [warm, cool, luminance, near, floor, wall] = [field(), field(), field(), field(), field(), field()];
  const cx = focus.x + focus.width / 2;
  const cy = focus.y + focus.height / 2;
  const reachX = 1.2 * focus.width + 0.04 * width;
  const reachY = 1.2 * focus.height + 0.04 * height;
  let count = 0;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (exclude.data[i]! > 0) continue;
      const [r, g, b] = [linear[data[i * 3]!]!, linear[data[i * 3 + 1]!]!, linear[data[i * 3 + 2]!]!];
      if (Math.max(r, g, b) > 0.97 || g < 0.002) continue;
      const d = ((x - cx) / reachX) ** 2 + ((y - cy) / reachY) ** 2;
      warm[count] = Math.log((r + 0.002) / (g + 0.002));
      cool[count] = Math.log((b + 0.002) / (g + 0.002));
      luminance[count] = luminanceOf(r, g, b);
      near[count] = 0.06 + 0.94 * Math.exp(-d);
      floor[count] = layout ? layout.data[i * 4 + 1]! : y > Math.max(horizon, cy) ? 0.5 : 0;
      wall[count] = layout ? layout.data[i * 4 + 2]! + layout.data[i * 4 + 3]! : y < cy ? 0.5 : 0.1;
      count++;
    }
  }
  return { count, warm, cool, luminance, near, floor, wall };
}

/**
 * The color of the light by robust grey pixels (Huo et al., Robust Automatic White Balance Algorithm Using Gray Color
 * Points in Images, 2006): the weighted mean of what is near grey, seen from the estimate so far. Green and magenta
 * casts are held down, for lamps differ along yellow and blue.
 */
function estimateWhite(samples: Samples): readonly [number, number, number] {
  const { count, warm, cool, luminance, near, floor, wall } = samples;
  let [a, b] = [0, 0];
  for (let round = 0; round < 6; round++) {
    let [sa, sb, sum] = [0, 0, 1e-6];
    for (let i = 0; i < count; i++) {
      const d = ((warm[i]! - a) ** 2 + ((cool[i]! - b) * 0.7) ** 2) / GREY_SPREAD ** 2;
      if (d > 9) continue;
      const surface = 0.25 + wall[i]! + 0.25 * floor[i]!;
      const weight = Math.exp(-d) * near[i]! * Math.sqrt(luminance[i]!) * surface;
      sa += weight * warm[i]!;
      sb += weight * cool[i]!;
      sum += weight;
    }
    a = sa / sum;
    b = sb / sum;
  }
  const axis = (a - b) / 2;
  const green = (a + b) / 2;
  const warmth = limit(axis * CAST_TRUST, 0.45);
  const tint = limit(green * CAST_TRUST * 0.8, 0.12);
  const gains = [Math.exp(tint + warmth), 1, Math.exp(tint - warmth)] as const;
  const y = LUMA[0] * gains[0] + LUMA[1] * gains[1] + LUMA[2] * gains[2];
  return [gains[0] / y, gains[1] / y, gains[2] / y];
}

function limit(value: number, most: number): number {
  return Math.min(most, Math.max(-most, value));
}

/** White facing up: the floor's and the walls' luminance over the reflectance such surfaces have, and the metering. */
function estimateExposure(samples: Samples): number {
  const { luminance, near, floor, wall, count } = samples;
  const weight = new Float32Array(count);
  const hint = (by: (i: number) => number, share: number, albedo: number) => {
    let total = 0;
    for (let i = 0; i < count; i++) total += weight[i] = by(i);
    const value = weightedQuantile(luminance, weight, count, share);
    return { log: Math.log(Math.max(0.004, value) / albedo), total };
  };
  const floors = hint((i) => near[i]! * floor[i]!, 0.6, FLOOR_ALBEDO);
  const walls = hint((i) => near[i]! * wall[i]!, 0.7, WALL_ALBEDO);
  const around = hint((i) => near[i]!, 0.6, 0.3);
  const known = (total: number) => total / (total + 0.002 * count);
  const weights = [1.2 * known(floors.total), 1.4 * known(walls.total), 0.5, 0.5];
  const logs = [floors.log, walls.log, around.log, Math.log(METERED_WHITE)];
  const sum = weights.reduce((s, w) => s + w, 0);
  const mean = logs.reduce((s, v, k) => s + v * weights[k]!, 0) / sum;
  return Math.min(1.25, Math.max(0.06, Math.exp(mean)));
}

/** The darkest the photo gets anywhere; what is to be replaced tells as well as the rest. */
function estimateBlack({ photo }: RoomView): number {
  const linear = linearTable(8);
  const count = photo.width * photo.height;
  const luminance = new Float32Array(count);
  for (let i = 0, p = 0; i < count; i++, p += 3)
    luminance[i] = luminanceOf(
      linear[photo.data[p]!]!,
      linear[photo.data[p + 1]!]!,
      linear[photo.data[p + 2]!]!,
    );
  return Math.min(0.02, weightedQuantile(luminance, new Float32Array(count).fill(1), count, 0.001));
}

function luminanceOf(r: number, g: number, b: number): number {
  return LUMA[0] * r + LUMA[1] * g + LUMA[2] * b;
}

/** The value below which a share of the weight lies; values 0–1, in 1024 steps of their square root. */
function weightedQuantile(values: Float32Array, weights: Float32Array, count: number, share: number): number {
  const bins = new Float64Array(1024);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const k = Math.min(1023, (Math.sqrt(Math.max(0, values[i]!)) * 1023) | 0);
    bins[k]! += weights[i]!;
    total += weights[i]!;
  }
  let sum = 0;
  for (let k = 0; k < 1024; k++) {
    sum += bins[k]!;
    if (sum >= share * total) return (k / 1023) ** 2;
  }
  return 1;
}

/**
 * How the light falls off across the piece's place: the mean of the small steps of log luminance between cells side by
 * side, large steps being edges of things (Land and McCann, Lightness and Retinex Theory, 1971).
 */
function estimateSlopes(view: RoomView): { readonly slopeX: number; readonly slopeY: number } {
  const cell = Math.max(2, Math.round(Math.max(view.photo.width, view.photo.height) / 64));
  const grid = averageCells(view, cell);
  const { focus } = view;
  const cx = (focus.x + focus.width / 2) / cell;
  const cy = (focus.y + focus.height / 2) / cell;
  const [reachX, reachY] = [(0.9 * focus.width) / cell + 2, (0.9 * focus.height) / cell + 2];
  const slope = (dx: number, dy: number) => {
    let [sum, weights] = [0, 3];
    for (let y = 0; y + dy < grid.height; y++) {
      for (let x = 0; x + dx < grid.width; x++) {
        const [a, b] = [grid.data[y * grid.width + x]!, grid.data[(y + dy) * grid.width + x + dx]!];
        const step = b - a;
        if (!(Math.abs(step) < LARGEST_STEP)) continue;
        const weight = Math.exp(-(((x - cx) / reachX) ** 2) - ((y - cy) / reachY) ** 2);
        sum += weight * step;
        weights += weight;
      }
    }
    return sum / weights;
  };
  return {
    slopeX: limit((slope(1, 0) * focus.width) / cell, STEEPEST),
    slopeY: limit((slope(0, 1) * focus.height) / cell, STEEPEST),
  };
}

/** Mean log luminance of square cells; NaN where less than half of one is known. */
function averageCells({ photo, exclude }: RoomView, cell: number) {
  const linear = linearTable(8);
  const width = Math.floor(photo.width / cell);
  const height = Math.floor(photo.height / cell);
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let [sum, known] = [0, 0];
      for (let v = y * cell; v < (y + 1) * cell; v++) {
        for (let u = x * cell; u < (x + 1) * cell; u++) {
          const i = v * photo.width + u;
          if (exclude.data[i]! > 0) continue;
          const p = i * 3;
          sum += luminanceOf(
            linear[photo.data[p]!]!,
            linear[photo.data[p + 1]!]!,
            linear[photo.data[p + 2]!]!,
          );
          known++;
        }
      }
      data[y * width + x] = known * 2 >= cell * cell ? Math.log(sum / known + 0.004) : Number.NaN;
    }
  }
  return { width, height, data };
}

/**
 * The light as gains over a rectangle of the photo: white · exposure · a smooth falloff that is 1 in the middle of the
 * rectangle and held within a third either way.
 * @param rect the piece's box, photo px
 * @param strength 0 leaves 1 everywhere
 */
export function lightField(light: RoomLight, rect: Rect, strength: number): LightField {
  const cell = Math.max(1, Math.ceil(Math.max(rect.width, rect.height) / 48));
  const width = Math.max(2, Math.ceil(rect.width / cell) + 1);
  const height = Math.max(2, Math.ceil(rect.height / cell) + 1);
  const data = new Float32Array(width * height * 3);
  const base = light.white.map((v) => Math.log(v * light.exposure));
  for (let y = 0, o = 0; y < height; y++) {
    const down = (y * cell) / rect.height - 0.5;
    for (let x = 0; x < width; x++) {
      const right = (x * cell) / rect.width - 0.5;
      const fall = 0.33 * Math.tanh((light.slopeX * right + 0.5 * light.slopeY * down) / 0.33);
      for (let c = 0; c < 3; c++, o++) data[o] = Math.exp(strength * (base[c]! + fall));
    }
  }
  return { gains: { width, height, channels: 3, data }, rect, cell };
}
