import { keepComponents, labelComponents } from '../../../imaging/components.ts';
import { type MaskWindow, wholeWindow } from '../../../imaging/window.ts';
import type { Seeds } from './divide-object.ts';

/** Gaps smaller than this share of the picture are closed. */
const PINHOLE = 0.0004;
/** Parts without a click stay from this share of the clicked part's area on, where the net is this sure of them. */
const LEAST_PART = 0.05;
const SURE_PART = 1.5;

/**
 * One object of a division: the parts that hold an include click; others (what a table in front cuts off) only where
 * the net is sure of them; pinholes filled. Without include clicks the largest part counts as clicked.
 * @param division 1 object, 0 rest
 * @param logits the net's, which decide about parts without a click
 */
export function keepTheObject(
  division: Uint8Array,
  width: number,
  height: number,
  seeds: Seeds,
  logits: Float32Array,
): Uint8Array {
  const asMask = (samples: Uint8Array): MaskWindow =>
    wholeWindow({ width, height, channels: 1, data: samples.map((v) => v * 255) });
  const object = asMask(division);
  const parts = labelComponents(object);
  const held = new Set(
    seeds.include
      .map(({ x, y }) => parts.labels[Math.floor(y) * width + Math.floor(x)] ?? 0)
      .filter((l) => l > 0),
  );
  if (held.size === 0) {
    const largest = parts.components.toSorted((a, b) => b.area - a.area)[0];
    if (largest) held.add(largest.label);
  }
  const main = Math.max(0, ...parts.components.filter((p) => held.has(p.label)).map((p) => p.area));
  const means = meanByLabel(parts.labels, logits, parts.components.length);
  const kept = keepComponents(
    object,
    parts,
    (p) => held.has(p.label) || (p.area >= LEAST_PART * main && means[p.label]! >= SURE_PART),
  ).raster.data;
  const rest = asMask(kept.map((v) => (v ? 0 : 1)));
  const open = keepComponents(rest, labelComponents(rest), (p) => p.area >= PINHOLE * width * height).raster
    .data;
  return open.map((v) => (v ? 0 : 1));
}

function meanByLabel(labels: Int32Array, values: Float32Array, count: number): Float32Array {
  const sums = new Float32Array(count + 1);
  const areas = new Uint32Array(count + 1);
  for (let i = 0; i < labels.length; i++) {
    sums[labels[i]!]! += values[i]!;
    areas[labels[i]!]!++;
  }
  return sums.map((sum, label) => sum / Math.max(1, areas[label]!));
}
