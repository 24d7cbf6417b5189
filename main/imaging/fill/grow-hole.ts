import type { Mask, Raster } from '../raster.ts';
import { measureDistance } from './distance.ts';

export interface GrowOptions {
  /** How far the contact shadow is taken along, as a share of the object's height. */
  readonly shadow: number;
  /** Surfaces as in {@link Surfaces}; the shadow is taken only on those of `floor`. */
  readonly labels?: Raster<Uint8Array>;
  /** The label of the floor. */
  readonly floor?: number;
}

/** Floor seen under an object, between its legs, is taken along up to this share of its height below it. */
const UNDER = 0.2;
/** Share of the object's height, from below, that is taken to stand near the floor. */
const FOOT = 0.4;

/**
 * The hole that an object leaves: its mask, the floor seen between its legs, and a band along its foot, where its soft
 * contact shadow lies and must be neither kept nor copied. Holes and mask are of one size; 255 where unknown.
 *
 * @param mask u8, an object's selection; every pixel above 0 belongs to the hole
 */
export function growHole(mask: Mask, options: GrowOptions): Mask {
  const { width, height, data } = mask;
  const rows = extentOf(mask);
  const hole = Uint8Array.from(data, (value) => (value > 0 ? 255 : 0));
  if (rows === null) return { ...mask, data: hole };
  const tall = rows.bottom - rows.top + 1;
  fillUnder(hole, width, height, Math.round(UNDER * tall));
  const foot = new Uint8Array(hole.length);
  const from = Math.max(0, Math.round(rows.bottom - FOOT * tall)) * width;
  foot.set(hole.subarray(from), from);
  const distance = measureDistance(foot, width, height);
  const reach = Math.max(2, options.shadow * tall);
  const { labels, floor } = options;
  for (let i = 0; i < hole.length; i++) {
    if (distance[i]! <= reach && (!labels || labels.data[i] === floor)) hole[i] = 255;
  }
  return { ...mask, data: hole };
}

function extentOf(mask: Mask): { top: number; bottom: number } | null {
  const first = mask.data.findIndex((value) => value > 0);
  if (first < 0) return null;
  const last = mask.data.findLastIndex((value) => value > 0);
  return { top: Math.floor(first / mask.width), bottom: Math.floor(last / mask.width) };
}

/** Adds pixels that have the object above them, not farther than `reach`, and on both sides in their row. */
function fillUnder(hole: Uint8Array, width: number, height: number, reach: number): void {
  const since = new Int32Array(width).fill(reach + 1);
  const original = hole.slice();
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const first = original.subarray(row, row + width).indexOf(255);
    const last = original.subarray(row, row + width).lastIndexOf(255);
    for (let x = 0; x < width; x++) {
      if (original[row + x]) {
        since[x] = 0;
        continue;
      }
      since[x]!++;
      if (since[x]! <= reach && first >= 0 && x > first && x < last) hole[row + x] = 255;
    }
  }
}
