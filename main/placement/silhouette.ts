import { clampRect, growRect, type Rect } from '../imaging/geometry.ts';
import { MASK_THRESHOLD, maskBox } from '../imaging/mask-ops.ts';
import type { MaskWindow, Size } from '../imaging/window.ts';

/** `maybe` where something else follows right below that may as well be the floor's own clutter. */
export type Hidden = 'no' | 'maybe' | 'yes';

/**
 * The outline of a thing by columns: where it begins and ends from top to bottom, photo px; NaN where a column misses
 * it. Column i stands at photo x = x0 + (i + ½)·step.
 */
export interface Silhouette {
  readonly x0: number;
  readonly step: number;
  readonly tops: Float32Array;
  readonly bottoms: Float32Array;
  /** Whether the lower end is hidden by something in front, so that the thing reaches at least as far down. */
  readonly hidden: readonly Hidden[];
  /** Size of the photo: nothing is known outside it. */
  readonly width: number;
  readonly height: number;
  /** Box of the thing, photo px. */
  readonly box: Rect;
  /** Sides of the photo that cut the thing off. */
  readonly cut: {
    readonly left: boolean;
    readonly right: boolean;
    readonly bottom: boolean;
    readonly top: boolean;
  };
}

/** How far inside a thing and below it what hides it is looked for, as shares of its height: depth maps are soft. */
const INSIDE = 0.06;
/** A lower end so far above the line from foot to foot is no foot, as a share of the height. */
const BETWEEN_FEET = 0.05;
const PROBES = [0.03, 0.08, 0.14];

/**
 * Measures a mask's outline by columns over its box and a margin of half of it. The lower outline is made convex:
 * between two feet a thing does not touch the floor, but its footprint goes on there.
 * @param isHidden tells of a photo column, from a row inside the thing and one below it, whether something hides what
 *   goes on below
 * @throws RangeError for an empty mask
 */
export function measureSilhouette(
  mask: MaskWindow,
  photo: Size,
  isHidden: (x: number, inside: number, below: number) => Hidden = () => 'no',
  columns = 120,
): Silhouette {
  const box = maskBox(mask, MASK_THRESHOLD);
  if (!box) throw new RangeError('Expected a mask that is not empty');
  const { rect: at, raster } = mask;
  const span = clampRect(growRect(box, Math.round(box.width / 2)), photo.width, photo.height);
  const step = span.width / columns;
  const tops = new Float32Array(columns).fill(Number.NaN);
  const bottoms = new Float32Array(columns).fill(Number.NaN);
  const hidden = Array.from({ length: columns }, (): Hidden => 'no');
  for (let i = 0; i < columns; i++) {
    const x = Math.floor(span.x + (i + 0.5) * step) - at.x;
    if (x < 0 || x >= raster.width) continue;
    let top = 0;
    while (top < raster.height && raster.data[top * raster.width + x]! < MASK_THRESHOLD) top++;
    if (top === raster.height) continue;
    let bottom = raster.height - 1;
    while (raster.data[bottom * raster.width + x]! < MASK_THRESHOLD) bottom--;
    tops[i] = at.y + top;
    bottoms[i] = at.y + bottom + 1;
    const end = at.y + bottom + 1;
    const answers = PROBES.map((share) => {
      const below = end + Math.max(2, share * box.height);
      return below < photo.height ? isHidden(at.x + x + 0.5, end - INSIDE * box.height, below) : 'no';
    });
    hidden[i] = answers.includes('yes') ? 'yes' : answers.every((a) => a === 'maybe') ? 'maybe' : 'no';
  }
  const ends = bottoms.slice();
  raiseToHull(bottoms);
  // Between two feet the floor in front is seen: it hides nothing.
  for (let i = 0; i < columns; i++) if (bottoms[i]! - ends[i]! > BETWEEN_FEET * box.height) hidden[i] = 'no';
  const cut = {
    left: box.x <= 2,
    right: box.x + box.width >= photo.width - 2,
    top: box.y <= 2,
    bottom: box.y + box.height >= photo.height - 2,
  };
  return { x0: span.x, step, tops, bottoms, hidden, width: photo.width, height: photo.height, box, cut };
}

/** Share of a thing's width by which what hides its lower end is taken to reach farther than was noticed. */
const HIDES_FARTHER = 0.12;

/** Tells of a photo column whether something in front hides the thing's lower end there, or close by. */
export function hiddenColumns({ hidden, x0, step, box }: Silhouette): (x: number) => boolean {
  const reach = Math.ceil((HIDES_FARTHER * box.width) / step);
  const near = hidden.map((_, i) => hidden.slice(Math.max(0, i - reach), i + reach + 1).includes('yes'));
  return (x) => near[Math.floor((x - x0) / step)] ?? false;
}

/** Replaces the values (downwards positive) by their lower convex hull as seen in the picture; NaN stay. */
function raiseToHull(bottoms: Float32Array): void {
  const hull: number[] = [];
  for (let i = 0; i < bottoms.length; i++) {
    if (Number.isNaN(bottoms[i]!)) continue;
    while (hull.length >= 2) {
      const b = hull[hull.length - 1]!;
      const a = hull[hull.length - 2]!;
      const on = bottoms[a]! + ((bottoms[i]! - bottoms[a]!) * (b - a)) / (i - a);
      if (bottoms[b]! > on) break;
      hull.pop();
    }
    hull.push(i);
  }
  for (let k = 1; k < hull.length; k++) {
    const [a, b] = [hull[k - 1]!, hull[k]!];
    for (let i = a + 1; i < b; i++) {
      if (Number.isNaN(bottoms[i]!)) continue;
      bottoms[i] = bottoms[a]! + ((bottoms[b]! - bottoms[a]!) * (i - a)) / (b - a);
    }
  }
}

/**
 * How badly the convex outline of some photo points fits a silhouette: the area in which they differ over the
 * silhouette's, the lower outline counting twice. Only columns inside the photo are looked at.
 */
export function compareHull(
  silhouette: Silhouette,
  points: readonly { readonly x: number; readonly y: number }[],
): number {
  const { x0, step, tops, bottoms, hidden, width, height } = silhouette;
  const hull = hullExtents(points);
  let different = 0;
  let area = 0;
  const limit = (y: number) => Math.min(Math.max(y, 0), height);
  for (let i = 0; i < tops.length; i++) {
    const x = x0 + (i + 0.5) * step;
    const top = hull.top(x);
    const bottom = hull.bottom(x);
    const mine = !Number.isNaN(tops[i]!);
    if (mine) area += bottoms[i]! - tops[i]!;
    if (Number.isNaN(top)) different += mine ? 1.3 * (bottoms[i]! - tops[i]!) : 0;
    else if (!mine) different += 1.3 * Math.max(0, limit(bottom) - limit(top));
    else {
      const longer = limit(bottom) - bottoms[i]!;
      different += 0.7 * Math.abs(limit(top) - tops[i]!);
      different += hidden[i] === 'yes' && longer > 0 ? 0.05 * longer : 1.4 * Math.abs(longer);
    }
  }
  // What lies beyond the columns looked at, but inside the photo, is all wrong.
  const [left, right] = [Math.max(hull.left, 0), Math.min(hull.right, width)];
  const beyond = Math.max(0, x0 - left) + Math.max(0, right - (x0 + step * tops.length));
  return (different + (beyond / step) * (silhouette.box.height / 2)) / Math.max(area, 1);
}

interface HullExtents {
  readonly left: number;
  readonly right: number;
  top(x: number): number;
  bottom(x: number): number;
}

/** Upper and lower chains of a convex hull (Andrew's monotone chain), as functions of x; NaN outside. */
function hullExtents(points: readonly { readonly x: number; readonly y: number }[]): HullExtents {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const chain = (sign: 1 | -1) => {
    const out: { x: number; y: number }[] = [];
    for (const p of sorted) {
      while (out.length >= 2) {
        const [a, b] = [out[out.length - 2]!, out[out.length - 1]!];
        if (sign * ((b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)) > 0) break;
        out.pop();
      }
      out.push(p);
    }
    return out;
  };
  const upper = chain(1);
  const lower = chain(-1);
  return {
    left: sorted[0]?.x ?? 0,
    right: sorted[sorted.length - 1]?.x ?? 0,
    top: (x) => lineAt(upper, x),
    bottom: (x) => lineAt(lower, x),
  };
}

/** Height of a polyline at x; NaN outside it. */
function lineAt(line: readonly { x: number; y: number }[], x: number): number {
  for (let k = 1; k < line.length; k++) {
    const [a, b] = [line[k - 1]!, line[k]!];
    if (x < a.x || x > b.x) continue;
    return b.x > a.x ? a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x) : a.y;
  }
  return Number.NaN;
}
