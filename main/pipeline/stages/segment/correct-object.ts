import { labelComponents } from '../../../imaging/components.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { wholeWindow } from '../../../imaging/window.ts';
import { divideObject, type Seeds } from './divide-object.ts';
import { reachOfClick } from './reach-of-click.ts';

/** What the mask so far is worth, in logits, far from the click. */
const HELD = 2;
/** Geodesic distances at which it is worth about half of that, and at which the click's own word ends. */
const GIVES_WAY = 0.1;
const OWN_WORD = 0.05;
/** What the click is worth where it lies, in logits, and each unit of its colours' likeness. */
const CLICK = 2;
const LIKENESS = 0.5;
const WEIGHTS = { color: 0.4, smoothness: 8, rounds: 2 };

/** A correcting click in a picture. */
export interface Correction {
  /** Index of its pixel. */
  readonly pixel: number;
  /** What the pixel shall be: 1 object, 0 rest. */
  readonly label: 0 | 1;
}

/**
 * A mask after a correcting click. The mask is held everywhere but in the click's reach; there net, colours and edges
 * decide. Of what changes only the part that holds the click is taken, so that a correction harms nothing elsewhere.
 * @param rgb u8, 3 channels
 * @param before 1 object, 0 rest
 * @param net the nets' evidence given all clicks, logits
 * @param seeds all clicks, the correcting one too
 */
export function correctObject(
  rgb: Raster<Uint8Array>,
  before: Uint8Array,
  net: Float32Array,
  seeds: Seeds,
  { pixel, label }: Correction,
): Uint8Array {
  const { distance, likeness } = reachOfClick(rgb, before, pixel);
  const sign = label ? 1 : -1;
  const logits = new Float32Array(before.length);
  for (let i = 0; i < logits.length; i++) {
    const square = distance[i]! ** 2;
    const reach = Math.exp(-square / (2 * GIVES_WAY ** 2));
    const own = CLICK * Math.exp(-square / (2 * OWN_WORD ** 2)) + LIKENESS * reach * likeness[i]!;
    logits[i] = net[i]! + HELD * (1 - reach) * (before[i] ? 1 : -1) + sign * own;
  }
  const cut = divideObject(rgb, logits, seeds, WEIGHTS);
  const { width, height } = rgb;
  const changed = cut.map((v, i) => (v === label && before[i] !== label ? 255 : 0));
  const { labels } = labelComponents(wholeWindow({ width, height, channels: 1, data: changed }));
  const part = labels[pixel]!;
  return before.map((v, i) => (part > 0 && labels[i] === part ? label : v));
}
