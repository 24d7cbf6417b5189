import type { Field } from './field.ts';
import type { Level } from './level.ts';
import { CHANNELS, PATCH_RADIUS } from './patch.ts';
import { A00, A01, A10, A11, AREA, createWarp, displacementBetween, resolveWarp, SX, SY } from './warp.ts';

const PATCH_SIDE = 2 * PATCH_RADIUS + 1;
const PATCH_SAMPLES = PATCH_SIDE * PATCH_SIDE;

/** What it costs to be copied from one row farther up or down from where two surfaces meet; grows with its square … */
const EDGE_PENALTY = 60;
/** … up to so many rows. */
const MOST_EDGE_STEPS = 8;
/** How far, in pixels, a displacement may lead off the direction of an edge and still count as along it. */
const ALONG = 0.8;
/** What a pixel costs that lies on one surface in the target and on another in the source. */
const LABEL_PENALTY = 64 ** 2;
/** What a change of size by e costs, as a share of the patch's difference. */
const RESIZE_PENALTY = 0.35;

/** Compares the patch around one target with patches elsewhere. */
export interface Matcher {
  /** Chooses the target. */
  moveTo(i: number): void;
  /** Mean squared difference per pixel under a displacement; infinite where it cannot be copied from, or over `limit`. */
  costOf(dx: number, dy: number, limit: number): number;
  /** Takes the level pixel (sx, sy) as the source of target `i` where that is better; says whether it was. */
  attempt(field: Field, i: number, sx: number, sy: number): boolean;
  /** Where a displacement leads; the array is reused. */
  sourceOf(dx: number, dy: number): Float64Array;
}

export function createMatcher(level: Level): Matcher {
  const { width, height, color, hole, labels, sources, planes, scale, edge } = level;
  // The compared pixels of the target's patch, as offsets from its centre.
  const ox = new Int32Array(PATCH_SAMPLES);
  const oy = new Int32Array(PATCH_SAMPLES);
  const linear = new Int32Array(PATCH_SAMPLES);
  const warp = createWarp();
  const step = new Float64Array(2);
  const several = planes.length > 2;
  let count = 0;
  let whole = false;
  let joined = false;
  let guided = false;
  let target = 0;
  let x = 0;
  let y = 0;
  let label = 0;
  let plane = planes[0]!;

  const moveTo = (i: number): void => {
    x = i % width;
    y = (i - x) / width;
    target = i * CHANNELS;
    label = labels[i]!;
    plane = planes[label]!;
    guided = level.joined[label]! && plane.flat;
    joined = level.joined[label]!;
    const inner =
      x >= PATCH_RADIUS && y >= PATCH_RADIUS && x < width - PATCH_RADIUS && y < height - PATCH_RADIUS;
    if (inner && isUniform(labels, i, width, label)) {
      // The usual case: the list of the patch before will do where that was whole as well.
      if (whole) return;
      whole = true;
    } else {
      whole = false;
    }
    list(i);
  };

  const list = (i: number): void => {
    let n = 0;
    const x0 = Math.max(-PATCH_RADIUS, -x);
    const x1 = Math.min(PATCH_RADIUS, width - 1 - x);
    const y1 = Math.min(PATCH_RADIUS, height - 1 - y);
    for (let dy = Math.max(-PATCH_RADIUS, -y); dy <= y1; dy++) {
      for (let dx = x0, at = i + dy * width + x0; dx <= x1; dx++, at++) {
        if (labels[at] !== label && !(joined && labels[at]! > 0)) continue;
        ox[n] = dx;
        oy[n] = dy;
        linear[n] = (dy * width + dx) * CHANNELS;
        n++;
      }
    }
    count = n;
  };

  const costOf = (dx: number, dy: number, limit: number): number => {
    if (!resolveWarp(plane, scale, x, y, dx, dy, warp)) return Number.POSITIVE_INFINITY;
    const sx = Math.round(warp[SX]!);
    const sy = Math.round(warp[SY]!);
    if (sx < 0 || sy < 0 || sx >= width || sy >= height || sources[sy * width + sx] !== label) {
      return Number.POSITIVE_INFINITY;
    }
    const base = sy * width + sx;
    let extra = guided ? edgeCost(base) : 0;
    if (extra >= limit) return Number.POSITIVE_INFINITY;
    if (plane.flat) {
      if (several) extra += (LABEL_PENALTY * countAstray(base)) / count;
      return flatSum(base * CHANNELS, (limit - extra) * count) / count + extra;
    }
    const penalty = 1 + RESIZE_PENALTY * Math.abs(Math.log(warp[AREA]!));
    return (warpedSum(((limit - extra) * count) / penalty) * penalty) / count + extra;
  };

  /** What it costs that the source is not as far from the next surface as the target. */
  const edgeCost = (base: number): number => {
    const steps = Math.min(MOST_EDGE_STEPS, Math.abs(edge[base]! - edge[target / CHANNELS]!));
    return EDGE_PENALTY * steps * steps;
  };

  /** Compared pixels whose source lies on another surface than they do. */
  const countAstray = (base: number): number => {
    // Far from any edge, in the target as in the source, there is nothing to count.
    if (whole && isUniform(labels, base, width, label)) return 0;
    const centre = target / CHANNELS;
    let astray = 0;
    for (let k = 0; k < count; k++) {
      const step = linear[k]! / CHANNELS;
      if (labels[base + step] !== labels[centre + step]) astray++;
    }
    return astray;
  };

  const flatSum = (base: number, limit: number): number => {
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const p = base + linear[k]!;
      const q = target + linear[k]!;
      const d0 = color[p]! - color[q]!;
      const d1 = color[p + 1]! - color[q + 1]!;
      const d2 = color[p + 2]! - color[q + 2]!;
      const d3 = color[p + 3]! - color[q + 3]!;
      sum += d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3;
      if (sum > limit) return Number.POSITIVE_INFINITY;
    }
    return sum;
  };

  const warpedSum = (limit: number): number => {
    const sx = warp[SX]! + 0.5;
    const sy = warp[SY]! + 0.5;
    const a00 = warp[A00]!;
    const a01 = warp[A01]!;
    const a10 = warp[A10]!;
    const a11 = warp[A11]!;
    const reachX = PATCH_RADIUS * (Math.abs(a00) + Math.abs(a01));
    const reachY = PATCH_RADIUS * (Math.abs(a10) + Math.abs(a11));
    if (sx < reachX || sy < reachY || sx + reachX >= width || sy + reachY >= height)
      return Number.POSITIVE_INFINITY;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const px = (sx + a00 * ox[k]! + a01 * oy[k]!) | 0;
      const py = (sy + a10 * ox[k]! + a11 * oy[k]!) | 0;
      const at = py * width + px;
      const p = at * CHANNELS;
      const q = target + linear[k]!;
      if (hole[at] !== 0 || labels[at] !== labels[q / CHANNELS]) sum += LABEL_PENALTY;
      const d0 = color[p]! - color[q]!;
      const d1 = color[p + 1]! - color[q + 1]!;
      const d2 = color[p + 2]! - color[q + 2]!;
      const d3 = color[p + 3]! - color[q + 3]!;
      sum += d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3;
      if (sum > limit) return Number.POSITIVE_INFINITY;
    }
    return sum;
  };

  const attempt = (field: Field, i: number, sx: number, sy: number): boolean => {
    if (sx < 0 || sy < 0 || sx >= width || sy >= height || sources[sy * width + sx] !== label) return false;
    displacementBetween(plane, x, y, sx, sy, step);
    const dx = step[0]!;
    // Pixels of this level are coarse: what runs along an edge to within one is meant to run along it exactly.
    const along = guided && edge[i]! < level.band && Math.abs(step[1]! * scale) < ALONG;
    const dy = along ? 0 : step[1]!;
    const cost = costOf(dx, dy, field.cost[i]!);
    if (!(cost < field.cost[i]!)) return false;
    field.dx[i] = dx;
    field.dy[i] = dy;
    field.cost[i] = cost;
    return true;
  };

  const sourceOf = (dx: number, dy: number): Float64Array => {
    resolveWarp(plane, scale, x, y, dx, dy, warp);
    return warp;
  };

  return { moveTo, costOf, attempt, sourceOf };
}

/** True where the patch lies on one surface; its corners and edges tell, as surfaces are larger than patches. */
function isUniform(labels: Uint8Array, i: number, width: number, label: number): boolean {
  const down = PATCH_RADIUS * width;
  return (
    labels[i - down] === label &&
    labels[i + down] === label &&
    labels[i - PATCH_RADIUS] === label &&
    labels[i + PATCH_RADIUS] === label &&
    labels[i - down - PATCH_RADIUS] === label &&
    labels[i - down + PATCH_RADIUS] === label &&
    labels[i + down - PATCH_RADIUS] === label &&
    labels[i + down + PATCH_RADIUS] === label
  );
}
