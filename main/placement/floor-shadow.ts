import { clampRect, type PhotoPoint, type Rect } from '../imaging/geometry.ts';
import type { MaskWindow } from '../imaging/window.ts';
import type { ShadowMap } from './catalogue.ts';
import { floorHomography, type FloorPlane, horizonAt } from './floor-plane.ts';
import { invert3, multiply3 } from '../imaging/matrix.ts';
import { applyHomography, type Homography } from './homography.ts';
import type { Pose } from './projection.ts';

/** The map mirrored left to right. */
export function mirrorShadow(map: ShadowMap): ShadowMap {
  const { width, height } = map;
  const data = new Uint8Array(map.data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data[y * width + x] = map.data[y * width + width - 1 - x]!;
  return { ...map, data, originX: width - map.originX };
}

/**
 * Adds the part of a shadow that falls away from the room's light: the map itself, softened, shifted and weakened,
 * over what overhead light leaves dark.
 * @param shift metres in piece space
 * @param amount 0–1, how much of the shifted shadow is added
 */
export function leanShadow(
  map: ShadowMap,
  shift: { readonly x: number; readonly y: number },
  amount: number,
): ShadowMap {
  if (amount <= 0 || Math.hypot(shift.x, shift.y) < 0.01) return map;
  const dx = Math.round(shift.x / map.metresPerPixel);
  const dy = Math.round(-shift.y / map.metresPerPixel);
  const margin = Math.ceil(Math.max(Math.abs(dx), Math.abs(dy)) * 1.5);
  const width = map.width + 2 * margin;
  const height = map.height + 2 * margin;
  const data = new Uint8Array(width * height);
  const soft = blur(map, Math.max(1, Math.round(Math.hypot(dx, dy) / 2)));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const straight = at(map.data, map, x - margin, y - margin);
      const leaning = at(soft, map, x - margin - dx, y - margin - dy);
      data[y * width + x] = 255 - ((255 - straight) * (255 - amount * leaning)) / 255 + 0.5;
    }
  }
  return { ...map, width, height, data, originX: map.originX + margin, originY: map.originY + margin };
}

function at(data: ArrayLike<number>, { width, height }: ShadowMap, x: number, y: number): number {
  return x < 0 || y < 0 || x >= width || y >= height ? 0 : data[y * width + x]!;
}

/** Two passes of a box of 2·radius + 1 in both directions, zero outside. */
function blur(map: ShadowMap, radius: number): Float32Array {
  const { width, height } = map;
  let data = Float32Array.from(map.data);
  for (let pass = 0; pass < 2; pass++) {
    data = boxLines(data, height, width, width, 1, radius);
    data = boxLines(data, width, height, 1, width, radius);
  }
  return data;
}

function boxLines(
  from: Float32Array,
  lines: number,
  length: number,
  line: number,
  step: number,
  radius: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(from.length);
  const scale = 1 / (2 * radius + 1);
  for (let k = 0; k < lines; k++) {
    let sum = 0;
    for (let i = -radius; i < length; i++) {
      if (i + radius < length) sum += from[k * line + (i + radius) * step]!;
      if (i - radius - 1 >= 0) sum -= from[k * line + (i - radius - 1) * step]!;
      if (i >= 0) out[k * line + i * step] = sum * scale;
    }
  }
  return out;
}

/** Pixels of a shadow map → photo px, for a piece standing in a pose. */
export function shadowHomography(plane: FloorPlane, pose: Pose, map: ShadowMap): Homography {
  const metre = map.metresPerPixel * pose.scale;
  const c = Math.cos(pose.yaw) * metre;
  const s = Math.sin(pose.yaw) * metre;
  // Map px → piece x = (u − u₀)·m, piece y = −(v − v₀)·m → floor, see `pieceToFloor`.
  const toFloor = [
    c,
    -s,
    pose.position.x - c * map.originX + s * map.originY,
    -s,
    -c,
    pose.position.y + s * map.originX + c * map.originY,
    0,
    0,
    1,
  ];
  return multiply3(floorHomography(plane), toFloor);
}

/**
 * Projects a shadow map onto the floor of the photo: u8, 255 where all light is blocked. Nothing falls above the line
 * where the walls begin (`plane.wallLine`) or above the horizon.
 * @param strength exponent on the light that is left: 0 no shadow, 1 the map as it is, above that deeper
 */
export function castShadow(plane: FloorPlane, pose: Pose, map: ShadowMap, strength: number): MaskWindow {
  const toPhoto = shadowHomography(plane, pose, map);
  const rect = shadowRect(plane, toPhoto, map);
  const out = new Uint8Array(rect.width * rect.height);
  const h = invert3(toPhoto);
  const sample = reduceMap(map, toPhoto, rect);
  const deepen = Uint8Array.from({ length: 256 }, (_, v) => 255 * (1 - (1 - v / 255) ** strength) + 0.5);
  for (let col = 0; col < rect.width; col++) {
    const x = rect.x + col + 0.5;
    const first = Math.max(0, Math.ceil(floorBegins(plane, x) - rect.y));
    for (let row = first; row < rect.height; row++) {
      const y = rect.y + row + 0.5;
      const w = h[6]! * x + h[7]! * y + h[8]!;
      const value = sample((h[0]! * x + h[1]! * y + h[2]!) / w, (h[3]! * x + h[4]! * y + h[5]!) / w);
      if (value > 0) out[row * rect.width + col] = deepen[Math.round(value)]!;
    }
  }
  return { raster: { width: rect.width, height: rect.height, channels: 1, data: out }, rect };
}

/** Box of the map's picture inside the photo; the whole floor's where a part of the map lies behind the camera. */
function shadowRect(plane: FloorPlane, toPhoto: Homography, map: ShadowMap): Rect {
  const corners: PhotoPoint[] = [];
  for (const x of [0, map.width]) {
    for (const y of [0, map.height]) {
      const w = toPhoto[6]! * x + toPhoto[7]! * y + toPhoto[8]!;
      if (w <= 1e-6)
        return clampRect(
          { x: 0, y: Math.floor(plane.horizon), width: plane.width, height: plane.height },
          plane.width,
          plane.height,
        );
      corners.push(applyHomography(toPhoto, x, y));
    }
  }
  const x0 = Math.floor(Math.min(...corners.map((p) => p.x)));
  const y0 = Math.floor(Math.min(...corners.map((p) => p.y)));
  const x1 = Math.ceil(Math.max(...corners.map((p) => p.x)));
  const y1 = Math.ceil(Math.max(...corners.map((p) => p.y)));
  return clampRect({ x: x0, y: y0, width: x1 - x0, height: y1 - y0 }, plane.width, plane.height);
}

/** The photo row from which on downwards a column may show floor. */
export function floorBegins(plane: FloorPlane, x: number): number {
  const horizon = horizonAt(plane, x) + 1;
  const line = plane.wallLine;
  for (let k = 1; k < line.length; k++) {
    const [a, b] = [line[k - 1]!, line[k]!];
    if (x < a.x || x > b.x || b.x <= a.x) continue;
    return Math.max(horizon, a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x));
  }
  return horizon;
}

/** A bilinear reader of the map, averaged first where the photo shows it smaller. */
function reduceMap(map: ShadowMap, toPhoto: Homography, rect: Rect): (u: number, v: number) => number {
  const a = applyHomography(toPhoto, map.originX, map.originY);
  const b = applyHomography(toPhoto, map.originX + 1, map.originY);
  const ratio = 1 / Math.max(1e-6, Math.hypot(b.x - a.x, b.y - a.y));
  const { width, height } = map;
  const data = ratio > 1.5 && rect.width > 0 ? blur(map, Math.min(24, Math.round(ratio / 2))) : map.data;
  return (u, v) => {
    const x = u - 0.5;
    const y = v - 0.5;
    if (!(x > -1 && y > -1 && x < width && y < height)) return 0;
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const fx = x - x0;
    const fy = y - y0;
    const p = at(data, map, x0, y0);
    const q = at(data, map, x0 + 1, y0);
    const r = at(data, map, x0, y0 + 1);
    const s = at(data, map, x0 + 1, y0 + 1);
    return (p + (q - p) * fx) * (1 - fy) + (r + (s - r) * fx) * fy;
  };
}

/** How far a value lies outside a range. */
function outside(value: number, low: number, high: number): number {
  return Math.max(0, low - value, value - high);
}

/**
 * The shadow of a thing of which only the front is known: dark under its front edge, fading over a footprint that
 * reaches `depth` back. Its front is at y = 0 of piece space. Metres.
 */
export function genericShadow(width: number, depth: number): ShadowMap {
  const metresPerPixel = 0.01;
  const margin = 0.45;
  const w = Math.ceil((width + 2 * margin) / metresPerPixel);
  const h = Math.ceil((depth + 2 * margin) / metresPerPixel);
  const data = new Uint8Array(w * h);
  const originY = h - margin / metresPerPixel;
  for (let row = 0; row < h; row++) {
    for (let col = 0; col < w; col++) {
      const x = (col + 0.5 - w / 2) * metresPerPixel;
      const y = (originY - row - 0.5) * metresPerPixel;
      const far = Math.hypot(outside(x, -width / 2, width / 2), outside(y, 0, depth));
      const wide = 0.64 * Math.exp(-((far / 0.16) ** 2));
      const tight = 0.24 * Math.exp(-((far / 0.035) ** 2));
      data[row * w + col] = 255 * Math.min(1, (wide + tight) * (far < margin * 0.98 ? 1 : 0));
    }
  }
  return { width: w, height: h, data, metresPerPixel, originX: w / 2, originY };
}
