import type { Raster } from '../raster.ts';
import type { Level } from './level.ts';
import { CHANNELS } from './patch.ts';

/**
 * Gives every hole pixel of the coarsest level a first color: rings of means of what is known or given already, from
 * the rim inwards, each surface from itself where it can.
 */
export function seedColors(level: Level): void {
  const { width, height, hole, labels, color } = level;
  const done = Uint8Array.from(hole, (missing, i) => (missing || labels[i] === 0 ? 0 : 1));
  let open: number[] = [];
  for (let i = 0; i < hole.length; i++) if (hole[i]) open.push(i);
  // First every surface from itself; what it cannot reach, from whatever is beside it.
  for (const own of [true, false]) {
    for (;;) {
      const ring = open.filter((i) => meanOfNeighbours(level, done, i, own));
      for (const i of ring) done[i] = 1;
      if (ring.length === 0) break;
      open = open.filter((i) => !done[i]);
    }
  }
  smooth(color, hole, labels, width, height);
}

/** Carries the colors of a coarser level's hole over to one twice as fine. */
export function spreadColors(coarse: Level, fine: Level): void {
  for (let y = 0, i = 0; y < fine.height; y++) {
    const row = Math.min(coarse.height - 1, y >> 1) * coarse.width;
    for (let x = 0; x < fine.width; x++, i++) {
      if (!fine.hole[i]) continue;
      const from = (row + Math.min(coarse.width - 1, x >> 1)) * CHANNELS;
      for (let c = 0; c < CHANNELS; c++) fine.color[i * CHANNELS + c] = coarse.color[from + c]!;
    }
  }
}

/** Writes the mean of the finished neighbours (of the same surface) into a pixel; false where there is none. */
function meanOfNeighbours(level: Level, done: Uint8Array, i: number, own: boolean): boolean {
  const { width, height, color, labels } = level;
  const x = i % width;
  const y = (i - x) / width;
  const sums = [0, 0, 0, 0];
  let count = 0;
  for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
    for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
      const at = ny * width + nx;
      if (!done[at] || (own && labels[at] !== labels[i])) continue;
      for (let c = 0; c < CHANNELS; c++) sums[c]! += color[at * CHANNELS + c]!;
      count++;
    }
  }
  if (count === 0) return false;
  for (let c = 0; c < CHANNELS; c++) color[i * CHANNELS + c] = sums[c]! / count + 0.5;
  return true;
}

/** A few rounds of averaging inside the hole, so that the rings' streaks do not guide the first matches. */
function smooth(
  color: Uint8Array,
  hole: Uint8Array,
  labels: Uint8Array,
  width: number,
  height: number,
): void {
  for (let round = 0; round < 8; round++) {
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1, i = y * width + 1; x < width - 1; x++, i++) {
        if (!hole[i]) continue;
        for (let c = 0; c < CHANNELS; c++) {
          let sum = 0;
          let count = 0;
          for (const j of [i - 1, i + 1, i - width, i + width]) {
            if (labels[j] !== labels[i]) continue;
            sum += color[j * CHANNELS + c]!;
            count++;
          }
          if (count > 0) color[i * CHANNELS + c] = sum / count + 0.5;
        }
      }
    }
  }
}

/** Takes the first colors from a guide instead: a u8 RGB picture of the whole crop, at any size. */
export function seedFromGuide(level: Level, guide: Raster<Uint8Array>): void {
  const { width, height, hole, color } = level;
  for (let i = 0; i < hole.length; i++) {
    if (!hole[i]) continue;
    const x = Math.min(guide.width - 1, Math.floor((((i % width) + 0.5) * guide.width) / width));
    const y = Math.min(guide.height - 1, Math.floor(((Math.floor(i / width) + 0.5) * guide.height) / height));
    const at = (y * guide.width + x) * 3;
    for (let c = 0; c < 3; c++) color[i * CHANNELS + c] = guide.data[at + c]!;
  }
}
