import type { Rect } from '../geometry.ts';
import type { Raster } from '../raster.ts';
import type { Completion } from './complete.ts';
import { CHANNELS } from './patch.ts';
import { type FillPlane, type LevelPlane, planeAtScale } from './plane.ts';
import { A00, A01, A10, A11, AREA, createWarp, resolveWarp, SX, SY } from './warp.ts';

/** Source area per target pixel from which on several samples are averaged. */
const SHRINKS = 1.8;

/** The hole at the crop's own resolution, with where each of its pixels is copied from. */
export interface Transfer {
  /** Smallest rectangle around the hole, crop pixels. */
  readonly rect: Rect;
  /** The label of each pixel of `rect` that is in the hole; 0 outside. */
  readonly inside: Uint8Array;
  /** For every pixel of `rect` in the hole, the level pixel whose displacement it follows. */
  readonly cell: Int32Array;
  readonly completion: Completion;
  /** By label, in crop pixels. */
  readonly planes: readonly LevelPlane[];
}

/** Carries the field of the finest level over to the crop's pixels. `hole` is not 0 where the crop is unknown. */
export function createTransfer(
  hole: Raster<Uint8Array>,
  planes: readonly FillPlane[],
  completion: Completion,
): Transfer {
  const rect = boundsOf(hole);
  const { level, labels } = completion;
  const inside = new Uint8Array(rect.width * rect.height);
  const cell = new Int32Array(rect.width * rect.height);
  for (let y = 0, i = 0; y < rect.height; y++) {
    const row = (rect.y + y) * hole.width + rect.x;
    const ly = Math.min(level.height - 1, Math.floor((rect.y + y + 0.5) * level.scale));
    for (let x = 0; x < rect.width; x++, i++) {
      if (hole.data[row + x] === 0) continue;
      const lx = Math.min(level.width - 1, Math.floor((rect.x + x + 0.5) * level.scale));
      inside[i] = labels.data[row + x]!;
      cell[i] = cellOfLabel(completion, lx, ly, labels.data[row + x]!);
    }
  }
  return { rect, inside, cell, completion, planes: planes.map((plane) => planeAtScale(plane, 1)) };
}

/** The level pixel itself or, along a surface's edge, a neighbour on the wanted surface. */
function cellOfLabel({ level, field }: Completion, x: number, y: number, label: number): number {
  const { width, height, labels } = level;
  const centre = y * width + x;
  if (labels[centre] === label) return centre;
  for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
    for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
      const i = ny * width + nx;
      if (labels[i] === label && field.isTarget[i]) return i;
    }
  }
  return centre;
}

function boundsOf(hole: Raster<Uint8Array>): Rect {
  let x0 = hole.width;
  let x1 = -1;
  let y0 = hole.height;
  let y1 = -1;
  for (let y = 0, i = 0; y < hole.height; y++) {
    for (let x = 0; x < hole.width; x++, i++) {
      if (hole.data[i] === 0) continue;
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      y1 = y;
    }
  }
  return { x: x0, y: y0, width: Math.max(0, x1 - x0 + 1), height: Math.max(0, y1 - y0 + 1) };
}

/** True where two level pixels are copied as one piece. What found no source is a piece pixel by pixel. */
export function isCoherent(transfer: Transfer, a: number, b: number): boolean {
  if (a === b) return true;
  const { field, level } = transfer.completion;
  if (field.cost[a] === Number.POSITIVE_INFINITY || field.cost[b] === Number.POSITIVE_INFINITY) return false;
  return field.dx[a] === field.dx[b] && field.dy[a] === field.dy[b] && level.labels[a] === level.labels[b];
}

/** Reads the crop's samples at the sources of its hole pixels. */
export interface Sampler {
  /** One channel's sample for the crop pixel (x, y) under the displacement of a level pixel. */
  sample(cell: number, x: number, y: number, channel: number): number;
}

/**
 * Samples are taken as they are where the plane is flat, so that grain stays, else by Catmull-Rom interpolation.
 * Positions outside the crop count as its nearest pixel. Where no source was found, the coarse color stands in.
 */
export function createSampler(transfer: Transfer, crop: Raster<Uint8Array> | Raster<Uint16Array>): Sampler {
  const { planes, completion } = transfer;
  const { field, level } = completion;
  const { width, height, channels, data } = crop;
  const warp = createWarp();
  const coarse = data instanceof Uint8Array ? 1 : 257;
  const most = data instanceof Uint8Array ? 255 : 65535;
  const cubic = (channel: number, x: number, y: number): number =>
    sampleCubic(data, width, height, channels, channel, x, y);
  /** The mean of a grid of samples over the area that falls into the target pixel. */
  const shrunk = (channel: number): number => {
    const side = Math.min(4, Math.ceil(Math.sqrt(warp[AREA]!)));
    let sum = 0;
    for (let v = 0; v < side; v++) {
      const oy = (v + 0.5) / side - 0.5;
      for (let u = 0; u < side; u++) {
        const ox = (u + 0.5) / side - 0.5;
        const x = warp[SX]! + warp[A00]! * ox + warp[A01]! * oy;
        sum += cubic(channel, x, warp[SY]! + warp[A10]! * ox + warp[A11]! * oy);
      }
    }
    return sum / side ** 2;
  };
  return {
    sample: (cell, x, y, channel) => {
      const plane = planes[level.labels[cell]!]!;
      const dx = field.dx[cell]!;
      const dy = field.dy[cell]!;
      if (field.cost[cell] === Number.POSITIVE_INFINITY || !resolveWarp(plane, 1, x, y, dx, dy, warp)) {
        return coarse * level.color[cell * CHANNELS + Math.min(2, channel)]!;
      }
      if (plane.flat) {
        const sx = Math.min(width - 1, Math.max(0, warp[SX]!));
        const sy = Math.min(height - 1, Math.max(0, warp[SY]!));
        return data[(sy * width + sx) * channels + channel]!;
      }
      const value = warp[AREA]! > SHRINKS ? shrunk(channel) : cubic(channel, warp[SX]!, warp[SY]!);
      return Math.min(most, Math.max(0, value));
    },
  };
}

/** Catmull-Rom (Keys, 1981, a = −1/2). */
function sampleCubic(
  data: Uint8Array | Uint16Array,
  width: number,
  height: number,
  channels: number,
  channel: number,
  x: number,
  y: number,
): number {
  const ix = Math.min(width - 3, Math.max(1, Math.floor(x)));
  const iy = Math.min(height - 3, Math.max(1, Math.floor(y)));
  const fx = Math.min(1, Math.max(0, x - ix));
  const fy = Math.min(1, Math.max(0, y - iy));
  const w0 = fx * (-0.5 + fx * (1 - 0.5 * fx));
  const w1 = 1 + fx * fx * (1.5 * fx - 2.5);
  const w2 = fx * (0.5 + fx * (2 - 1.5 * fx));
  const w3 = fx * fx * (0.5 * fx - 0.5);
  let p = ((iy - 1) * width + ix - 1) * channels + channel;
  const stride = width * channels;
  const row = (at: number): number =>
    w0 * data[at]! +
    w1 * data[at + channels]! +
    w2 * data[at + 2 * channels]! +
    w3 * data[at + 3 * channels]!;
  const r0 = row(p);
  p += stride;
  const r1 = row(p);
  p += stride;
  const r2 = row(p);
  p += stride;
  const r3 = row(p);
  return (
    fy * (-0.5 + fy * (1 - 0.5 * fy)) * r0 +
    (1 + fy * fy * (1.5 * fy - 2.5)) * r1 +
    fy * (0.5 + fy * (2 - 1.5 * fy)) * r2 +
    fy * fy * (0.5 * fy - 0.5) * r3
  );
}
