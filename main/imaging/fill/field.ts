import type { Level } from './level.ts';
import { PATCH_RADIUS } from './patch.ts';

/**
 * For every target pixel of a level, where it is copied from: a displacement in its plane's coordinates
 * (see Plane coordinates). Targets are the pixels whose patch touches the hole.
 */
export interface Field {
  /** Plane coordinates; f32, one per level pixel, meaningful at targets. */
  readonly dx: Float32Array;
  readonly dy: Float32Array;
  /** How well the patches agree: sum of squared differences per compared sample. */
  readonly cost: Float32Array;
  /** Indices of the targets, in scan order. */
  readonly targets: Int32Array;
  /** 1 at targets. */
  readonly isTarget: Uint8Array;
}

/** An empty field over the targets of a level. */
export function createField(level: Level): Field {
  const isTarget = findTargets(level);
  const targets: number[] = [];
  for (let i = 0; i < isTarget.length; i++) if (isTarget[i]) targets.push(i);
  return {
    dx: new Float32Array(isTarget.length),
    dy: new Float32Array(isTarget.length),
    cost: new Float32Array(isTarget.length).fill(Number.POSITIVE_INFINITY),
    targets: Int32Array.from(targets),
    isTarget,
  };
}

/** Background pixels within a patch's radius of the hole, and the hole. */
function findTargets(level: Level): Uint8Array {
  const { width, height, hole, labels } = level;
  const rows = new Uint8Array(hole.length);
  for (let y = 0; y < height; y++) {
    let last = Number.NEGATIVE_INFINITY;
    for (let x = 0; x < width; x++) {
      if (hole[y * width + x]) {
        for (let back = Math.max(x - PATCH_RADIUS, last + 1); back <= x; back++)
          rows[y * width + Math.max(0, back)] = 1;
        last = x;
      } else if (x - last <= PATCH_RADIUS) rows[y * width + x] = 1;
    }
  }
  const targets = new Uint8Array(hole.length);
  for (let y = 0; y < height; y++) {
    for (let near = Math.max(0, y - PATCH_RADIUS); near <= Math.min(height - 1, y + PATCH_RADIUS); near++) {
      for (let x = 0; x < width; x++) if (rows[near * width + x]) targets[y * width + x] = 1;
    }
  }
  for (let i = 0; i < targets.length; i++) if (labels[i] === 0) targets[i] = 0;
  return targets;
}

/**
 * Takes over the displacements of a level half as fine. Targets that had none there (a label's edge may fall
 * differently) keep an infinite cost and are found anew.
 */
export function refineField(coarse: Field, from: Level, level: Level): Field {
  const field = createField(level);
  for (const i of field.targets) {
    const x = Math.min(from.width - 1, (i % level.width) >> 1);
    const y = Math.min(from.height - 1, Math.floor(i / level.width) >> 1);
    const at = nearestOfLabel(coarse, from, x, y, level.labels[i]!);
    if (at < 0) continue;
    field.dx[i] = coarse.dx[at]!;
    field.dy[i] = coarse.dy[at]!;
    field.cost[i] = 0;
  }
  return field;
}

/** The target of `label` at or next to a coarse pixel; −1 where there is none. */
function nearestOfLabel(field: Field, level: Level, x: number, y: number, label: number): number {
  const centre = y * level.width + x;
  if (field.isTarget[centre] && level.labels[centre] === label) return centre;
  for (let ny = Math.max(0, y - 1); ny <= Math.min(level.height - 1, y + 1); ny++) {
    for (let nx = Math.max(0, x - 1); nx <= Math.min(level.width - 1, x + 1); nx++) {
      const i = ny * level.width + nx;
      if (field.isTarget[i] && level.labels[i] === label) return i;
    }
  }
  return -1;
}
