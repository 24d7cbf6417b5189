import { distanceTransform } from '../distance.ts';
import { collectColors } from './color-model.ts';
import { CHANNELS } from './patch.ts';

/** Width of the ring around the hole that shows what may go on behind it, as a share of the hole's longer side. */
const RING = 0.15;
/** Share of a ring's pixels that must have nearly a pixel's color for the pixel to be no stranger. */
const LEAST_SHARE = 0.003;
/** Share of a ring's pixels that may be busier than what counts as its texture, and what is allowed above that. */
const BUSIEST = 0.01;
const BUSIER = 1.3;
/** Rows from another surface within which the meeting itself makes a pixel busy. */
const EDGE_ROWS = 4;
/** Share of a surface that must be left to copy from; else nothing of it counts as strange. */
const LEAST_LEFT = 0.25;
/** The same in pixels, where it is told which ones are models. */
const LEAST_OF_MODELS = 400;

/** Marks pixels that show what may go on behind the hole; without any, all that lie around it do. */
export const MODEL = 255;
/** Marks pixels that must not be copied in any case. */
export const AVOID = 1;

/** The parts of a level that are looked at. */
interface Picture {
  readonly width: number;
  readonly height: number;
  readonly color: Uint8Array;
  readonly hole: Uint8Array;
  readonly labels: Uint8Array;
  /** Rows to the next surface. */
  readonly edge: Uint16Array;
  /** {@link MODEL} and {@link AVOID}; null where nothing is known. */
  readonly models: Uint8Array | null;
}

/**
 * Finds what must not be copied: pixels whose color, or so much detail, does not occur on the same surface around the
 * hole. A lamp's foot farther off on the floor, a socket in the wall are there once; the floor and the wall that touch
 * the hole go on.
 *
 * @returns 1 where a pixel is a stranger
 */
export function findStrangers({ width, height, color, hole, labels, edge, models }: Picture): Uint8Array {
  const strange = new Uint8Array(hole.length);
  const reach = RING * extentOf(hole, width);
  const mask = { width, height, channels: 1, data: hole };
  const distance = distanceTransform(mask, { of: 'inside', threshold: 1 }).data;
  const told = models?.includes(MODEL) ? models : null;
  for (const label of new Set(labels)) {
    if (label === 0) continue;
    const colors = collectColors();
    const textures = new Uint32Array(256);
    let ring = 0;
    let surface = 0;
    for (let i = 0; i < hole.length; i++) {
      if (labels[i] !== label || hole[i]) continue;
      surface++;
      if (told ? told[i] !== MODEL : distance[i]! > reach) continue;
      colors.add(color, i * CHANNELS);
      if (edge[i]! > EDGE_ROWS) textures[color[i * CHANNELS + 3]!]!++;
      ring++;
    }
    if (ring === 0) continue;
    const model = colors.finish();
    const least = Math.max(2, LEAST_SHARE * ring);
    const busy = BUSIER * quantileOf(textures, 1 - BUSIEST) + 4;
    let left = 0;
    for (let i = 0; i < hole.length; i++) {
      if (labels[i] !== label || hole[i]) continue;
      const isBusy = edge[i]! > EDGE_ROWS && color[i * CHANNELS + 3]! > busy;
      if (isBusy || model.count(color, i * CHANNELS) < least) strange[i] = 1;
      else left++;
    }
    if (left >= (told ? LEAST_OF_MODELS : LEAST_LEFT * surface)) continue;
    for (let i = 0; i < hole.length; i++) if (labels[i] === label) strange[i] = 0;
  }
  const kept = dropSpecks(strange, width, height);
  if (models) for (let i = 0; i < kept.length; i++) if (models[i] === AVOID) kept[i] = 1;
  return kept;
}

/** The value below which a share of a histogram lies; the last one where it is empty. */
function quantileOf(counts: Uint32Array, share: number): number {
  const wanted = share * counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (let value = 0; value < counts.length; value++) {
    seen += counts[value]!;
    if (seen > 0 && seen >= wanted) return value;
  }
  return counts.length - 1;
}

function extentOf(hole: Uint8Array, width: number): number {
  let x0 = width;
  let x1 = 0;
  for (let i = 0; i < hole.length; i++) {
    if (!hole[i]) continue;
    x0 = Math.min(x0, i % width);
    x1 = Math.max(x1, i % width);
  }
  const rows = (hole.lastIndexOf(1) - hole.indexOf(1)) / width;
  return Math.max(x1 - x0, rows);
}

/** Strangers with fewer than two others around them are noise. */
function dropSpecks(strange: Uint8Array, width: number, height: number): Uint8Array {
  const kept = new Uint8Array(strange.length);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1, i = y * width + 1; x < width - 1; x++, i++) {
      if (!strange[i]) continue;
      let around = 0;
      for (const row of [i - width, i, i + width])
        around += strange[row - 1]! + strange[row]! + strange[row + 1]!;
      if (around > 2) kept[i] = 1;
    }
  }
  return kept;
}
