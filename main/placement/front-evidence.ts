import type { Rect } from '../imaging/geometry.ts';
import type { SceneDepth } from './depth-scale.ts';

/** How wide an edge of the map is, map pixels: it is soft. */
const SOFT = 6;
/** How far from the old object a thing counts as beside it, as a share of the map's width. */
const REACH = 0.03;
const SIDES = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;
/** Fewest places along an edge that tell which side is nearer. */
const LEAST_CONTACTS = 8;
/** Things seen in a gap smaller than this share of the old object's mask are seen through it, unless clearly nearer. */
const SMALL_GAP = 0.03;

/**
 * Takes back what is said to stand in front of the old object and yet has no edge towards it: a wall beside it that
 * comes forward little by little. What is not beside the old object stays as it is.
 * @param front 0–1 over `rect`, in map pixels; changed in place
 * @param settled 1 where it is known otherwise that something stands in front
 * @param least step of the depth map between two things
 */
export function dropBeside(
  { depth, mask }: SceneDepth,
  rect: Rect,
  front: Float32Array,
  settled: Uint8Array,
  least: number,
): void {
  const reach = Math.max(2, Math.round(REACH * depth.width));
  const depthAt = (x: number, y: number): number =>
    depth.data[
      Math.min(depth.height - 1, Math.max(0, y)) * depth.width + Math.min(depth.width - 1, Math.max(0, x))
    ]!;
  const isOld = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < mask.width && y < mask.height && mask.data[y * mask.width + x]! >= 128;
  const isFront = (x: number, y: number): boolean => {
    const [rx, ry] = [x - rect.x, y - rect.y];
    return rx >= 0 && ry >= 0 && rx < rect.width && ry < rect.height && front[ry * rect.width + rx]! > 0.5;
  };
  /** Steps to the old object from the edge of a piece; 0 where it is not in sight. */
  const distanceToOld = (x: number, y: number, dx: number, dy: number): number => {
    for (let t = 1; t <= reach; t++) {
      if (isOld(x + t * dx, y + t * dy)) return t;
      if (isFront(x + t * dx, y + t * dy)) return 0;
    }
    return 0;
  };
  /** The greatest fall of the map within a soft edge's width on the way from a piece into the old object. */
  const steepest = (x: number, y: number, dx: number, dy: number, away: number): number => {
    let most = Number.NEGATIVE_INFINITY;
    for (let t = -SOFT; t <= away; t++) {
      const [u, v] = [x + t * dx, y + t * dy];
      most = Math.max(most, depthAt(u, v) - depthAt(u + SOFT * dx, v + SOFT * dy));
    }
    return most;
  };
  for (const piece of listPieces(rect, (o) => front[o]! > 0.5)) {
    if (2 * piece.filter((o) => settled[o] === 1).length > piece.length) continue;
    const steps: number[] = [];
    for (const o of piece) {
      const x = rect.x + (o % rect.width);
      const y = rect.y + Math.floor(o / rect.width);
      for (const [dx, dy] of SIDES) {
        const away = distanceToOld(x, y, dx, dy);
        if (away > 0) steps.push(steepest(x, y, dx, dy, away));
      }
    }
    if (steps.length < LEAST_CONTACTS) continue;
    steps.sort((a, b) => a - b);
    if (steps[steps.length >> 1]! < least) for (const o of piece) front[o] = 0;
  }
}

/**
 * Which of the gaps in the old object's body are small: the room seen under an armrest, not a cat on the seat.
 * @param inGap tells of an index of `rect` whether it lies in such a gap
 * @returns 1 where the gap is small
 */
export function findSmallGaps({ mask }: SceneDepth, rect: Rect, inGap: (o: number) => boolean): Uint8Array {
  let area = 0;
  for (const value of mask.data) if (value >= 128) area++;
  const small = new Uint8Array(rect.width * rect.height);
  for (const piece of listPieces(rect, inGap)) {
    if (piece.length < SMALL_GAP * area) for (const o of piece) small[o] = 1;
  }
  return small;
}

/** The connected pieces (by edges) of a set of pixels of a rectangle. */
function listPieces({ width, height }: Rect, has: (o: number) => boolean): number[][] {
  const seen = new Uint8Array(width * height);
  const pieces: number[][] = [];
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] || !has(start)) continue;
    const piece = [start];
    seen[start] = 1;
    for (let k = 0; k < piece.length; k++) {
      const o = piece[k]!;
      const x = o % width;
      for (const next of [
        x > 0 ? o - 1 : -1,
        x + 1 < width ? o + 1 : -1,
        o - width,
        o + width < seen.length ? o + width : -1,
      ]) {
        if (next < 0 || seen[next] || !has(next)) continue;
        seen[next] = 1;
        piece.push(next);
      }
    }
    pieces.push(piece);
  }
  return pieces;
}
