import type { Rect } from './geometry.ts';
import { MASK_THRESHOLD } from './mask-ops.ts';
import type { MaskWindow } from './window.ts';

/** One connected part of a mask. */
export interface MaskComponent {
  /** Its value in the label raster, from 1. */
  readonly label: number;
  readonly area: number;
  /** Box in photo pixels. */
  readonly rect: Rect;
}

export interface Components {
  /** Window-sized, row-major: 0 outside, else the label. */
  readonly labels: Int32Array;
  /** By label, ascending: `components[label − 1]`. */
  readonly components: readonly MaskComponent[];
}

/**
 * Labels the 8-connected parts of a mask (samples ≥ threshold) by runs: rows are cut into runs, touching runs of
 * neighbouring rows are united (union–find), then labels are written run by run.
 */
export function labelComponents(mask: MaskWindow, threshold = MASK_THRESHOLD): Components {
  const runs = findRuns(mask, threshold);
  const parents = uniteRuns(runs);
  const { width, height } = mask.raster;
  const labels = new Int32Array(width * height);
  const labelOf = new Map<number, number>();
  const boxes: { area: number; left: number; top: number; right: number; bottom: number }[] = [];
  for (let i = 0; i < runs.length; i++) {
    const { y, start, end } = runs[i]!;
    const root = findRoot(parents, i);
    let label = labelOf.get(root);
    if (label === undefined) {
      boxes.push({ area: 0, left: start, top: y, right: end, bottom: y });
      label = boxes.length;
      labelOf.set(root, label);
    }
    const box = boxes[label - 1]!;
    box.area += end - start;
    box.left = Math.min(box.left, start);
    box.right = Math.max(box.right, end);
    box.bottom = y;
    labels.fill(label, y * width + start, y * width + end);
  }
  const components = boxes.map(({ area, left, top, right, bottom }, i) => ({
    label: i + 1,
    area,
    rect: { x: mask.rect.x + left, y: mask.rect.y + top, width: right - left, height: bottom + 1 - top },
  }));
  return { labels, components };
}

/** The mask with the samples of the parts that `keep` refuses set to 0; soft samples below the threshold stay. */
export function keepComponents(
  mask: MaskWindow,
  parts: Components,
  keep: (part: MaskComponent) => boolean,
): MaskWindow {
  const kept = Uint8Array.from([1, ...parts.components.map((part) => (keep(part) ? 1 : 0))]);
  const data = mask.raster.data.slice();
  for (let i = 0; i < data.length; i++) if (!kept[parts.labels[i]!]) data[i] = 0;
  return { raster: { ...mask.raster, data }, rect: mask.rect };
}

interface Run {
  readonly y: number;
  readonly start: number;
  readonly end: number;
}

function findRuns(mask: MaskWindow, threshold: number): Run[] {
  const { width, height, data } = mask.raster;
  const runs: Run[] = [];
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) {
      if (data[row + x]! < threshold) continue;
      const start = x;
      while (x < width && data[row + x]! >= threshold) x++;
      runs.push({ y, start, end: x });
    }
  }
  return runs;
}

function uniteRuns(runs: readonly Run[]): Int32Array {
  const parents = Int32Array.from(runs, (_, i) => i);
  let above = 0;
  for (let i = 0; i < runs.length; i++) {
    const run = runs[i]!;
    while (runs[above]!.y < run.y - 1) above++;
    // Runs end before `end`; touching corners count, hence ≤ and ≥.
    for (let k = above; k < i && runs[k]!.y < run.y && runs[k]!.start <= run.end; k++) {
      const other = runs[k]!;
      if (other.y === run.y - 1 && other.end >= run.start) unite(parents, k, i);
    }
    // Runs of the row above that end left of this one cannot touch later runs of this row.
    while (runs[above]!.y === run.y - 1 && runs[above]!.end < run.start) above++;
  }
  return parents;
}

function unite(parents: Int32Array, a: number, b: number): void {
  const rootA = findRoot(parents, a);
  const rootB = findRoot(parents, b);
  if (rootA < rootB) parents[rootB] = rootA;
  else parents[rootA] = rootB;
}

function findRoot(parents: Int32Array, index: number): number {
  let root = index;
  while (parents[root] !== root) root = parents[root]!;
  while (parents[index] !== root) {
    const next = parents[index]!;
    parents[index] = root;
    index = next;
  }
  return root;
}
