import { distanceTransform } from '../distance.ts';
import type { Field } from './field.ts';
import type { Level } from './level.ts';
import { CHANNELS, PATCH_RADIUS } from './patch.ts';
import { A00, A01, A10, A11, createWarp, resolveWarp, SX, SY } from './warp.ts';

/** How much less a vote counts per level pixel that its target is farther inside the hole. */
const DEPTH_DECAY = 0.8;

/**
 * Paints the hole with the weighted mean of what all overlapping patches of its own surface would put there (Wexler, Shechtman, Irani:
 * Space-Time Completion of Video, 2007). Patches that agree better, and those nearer to the known picture, count more.
 *
 * @param depth distance of every pixel from the known picture, level pixels; see {@link measureDepth}
 */
export function voteColors(level: Level, field: Field, depth: Float32Array): void {
  const { width, height, hole, color, labels, planes, scale } = level;
  const sums = new Float32Array(hole.length * CHANNELS);
  const weights = new Float32Array(hole.length);
  const spread = 2 * typicalCost(field);
  const open = findOpen(level, field);
  const busy = spreadOpen(open, width, height);
  const warp = createWarp();
  for (const i of field.targets) {
    const cost = field.cost[i]!;
    if (cost === Number.POSITIVE_INFINITY || (open[i] === 0 && busy[i] === 0)) continue;
    const x = i % width;
    const y = (i - x) / width;
    const label = labels[i]!;
    if (!resolveWarp(planes[label]!, scale, x, y, field.dx[i]!, field.dy[i]!, warp)) continue;
    if (!isSource(level, label, Math.round(warp[SX]!), Math.round(warp[SY]!))) continue;
    const weight = Math.exp(-cost / spread) * DEPTH_DECAY ** Math.min(depth[i]!, 60) + 1e-9;
    const flat = planes[label]!.flat;
    const x0 = Math.max(-PATCH_RADIUS, -x);
    const x1 = Math.min(PATCH_RADIUS, width - 1 - x);
    const y1 = Math.min(PATCH_RADIUS, height - 1 - y);
    const sx = warp[SX]! + 0.5;
    const sy = warp[SY]! + 0.5;
    for (let dy = Math.max(-PATCH_RADIUS, -y); dy <= y1; dy++) {
      for (let dx = x0, at = i + dy * width + x0; dx <= x1; dx++, at++) {
        if (open[at] === 0 || labels[at] !== label) continue;
        const px = (sx + warp[A00]! * dx + warp[A01]! * dy) | 0;
        const py = (sy + warp[A10]! * dx + warp[A11]! * dy) | 0;
        // In perspective a patch may reach beyond what is known of its surface.
        if (!flat && !isKnown(level, label, px, py)) continue;
        const p = (py * width + px) * CHANNELS;
        const q = at * CHANNELS;
        sums[q]! += weight * color[p]!;
        sums[q + 1]! += weight * color[p + 1]!;
        sums[q + 2]! += weight * color[p + 2]!;
        sums[q + 3]! += weight * color[p + 3]!;
        weights[at]! += weight;
      }
    }
  }
  for (let i = 0; i < hole.length; i++) {
    if (hole[i] === 0) continue;
    if (open[i] === 0) copySource(level, field, i, warp);
    else if (weights[i]! > 0) {
      for (let c = i * CHANNELS; c < (i + 1) * CHANNELS; c++) color[c] = sums[c]! / weights[i]! + 0.5;
    }
  }
}

/**
 * 1 for hole pixels whose voters do not all come from one piece. The others need no vote: all would say the same.
 */
function findOpen(level: Level, field: Field): Uint8Array {
  const { width, hole, labels } = level;
  const { dx, dy, cost, isTarget } = field;
  // How many pixels to the left, this one included, are of one piece; then how many rows above have whole runs.
  const runs = new Uint8Array(hole.length);
  const side = 2 * PATCH_RADIUS + 1;
  const same = (a: number, b: number): boolean =>
    isTarget[b] === 1 && dx[a] === dx[b] && dy[a] === dy[b] && labels[a] === labels[b];
  for (let i = 0; i < hole.length; i++) {
    if (isTarget[i] === 0 || cost[i] === Number.POSITIVE_INFINITY) continue;
    runs[i] = i % width > 0 && runs[i - 1]! > 0 && same(i, i - 1) ? Math.min(side, runs[i - 1]! + 1) : 1;
  }
  const open = hole.slice();
  const columns = new Uint8Array(hole.length);
  for (let i = 0; i < hole.length; i++) {
    if (runs[i]! < side) continue;
    columns[i] =
      i >= width && columns[i - width]! > 0 && same(i, i - width)
        ? Math.min(side, columns[i - width]! + 1)
        : 1;
    const centre = i - PATCH_RADIUS * (width + 1);
    if (columns[i] === side) open[centre] = 0;
  }
  return open;
}

/** 1 for pixels whose patch reaches an open one. */
function spreadOpen(open: Uint8Array, width: number, height: number): Uint8Array {
  const rows = new Uint8Array(open.length);
  for (let y = 0; y < height; y++) {
    let last = Number.NEGATIVE_INFINITY;
    for (let x = 0, i = y * width; x < width; x++, i++) {
      if (open[i]) last = x;
      if (x - last <= PATCH_RADIUS) rows[i] = 1;
    }
    last = Number.POSITIVE_INFINITY;
    for (let x = width - 1, i = (y + 1) * width - 1; x >= 0; x--, i--) {
      if (open[i]) last = x;
      if (last - x <= PATCH_RADIUS) rows[i] = 1;
    }
  }
  const busy = new Uint8Array(open.length);
  for (let x = 0; x < width; x++) {
    let last = Number.NEGATIVE_INFINITY;
    for (let y = 0, i = x; y < height; y++, i += width) {
      if (rows[i]) last = y;
      if (y - last <= PATCH_RADIUS) busy[i] = 1;
    }
    last = Number.POSITIVE_INFINITY;
    for (let y = height - 1, i = (height - 1) * width + x; y >= 0; y--, i -= width) {
      if (rows[i]) last = y;
      if (last - y <= PATCH_RADIUS) busy[i] = 1;
    }
  }
  return busy;
}

function copySource(level: Level, field: Field, i: number, warp: Float64Array): void {
  const { width, color, labels, planes, scale } = level;
  const label = labels[i]!;
  const x = i % width;
  if (!resolveWarp(planes[label]!, scale, x, (i - x) / width, field.dx[i]!, field.dy[i]!, warp)) return;
  const sx = Math.round(warp[SX]!);
  const sy = Math.round(warp[SY]!);
  if (!isSource(level, label, sx, sy)) return;
  const p = (sy * width + sx) * CHANNELS;
  for (let c = 0; c < CHANNELS; c++) color[i * CHANNELS + c] = color[p + c]!;
}

function isKnown({ hole, labels, width, height }: Level, label: number, x: number, y: number): boolean {
  if (x < 0 || y < 0 || x >= width || y >= height) return false;
  const i = y * width + x;
  return hole[i] === 0 && labels[i] === label;
}

function isSource({ sources, width, height }: Level, label: number, x: number, y: number): boolean {
  return x >= 0 && y >= 0 && x < width && y < height && sources[y * width + x] === label;
}

/** The 75th percentile of a sample of the costs, at least 1. */
function typicalCost(field: Field): number {
  const { targets, cost } = field;
  const stride = Math.max(1, Math.floor(targets.length / 4000));
  const sample: number[] = [];
  for (let k = 0; k < targets.length; k += stride) {
    const value = cost[targets[k]!]!;
    if (value !== Number.POSITIVE_INFINITY) sample.push(value);
  }
  sample.sort((a, b) => a - b);
  return Math.max(1, sample[Math.floor(sample.length * 0.75)] ?? 1);
}

/** Distance of every pixel from the nearest known background pixel, level pixels. */
export function measureDepth(level: Level): Float32Array {
  const { width, height } = level;
  const data = level.labels.map((label, i) => (label > 0 && level.hole[i] === 0 ? 1 : 0));
  return distanceTransform({ width, height, channels: 1, data }, { of: 'inside', threshold: 1 }).data;
}
