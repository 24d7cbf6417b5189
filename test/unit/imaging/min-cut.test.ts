import { describe, expect, it } from 'vitest';
import { cutGrid } from '../../../main/imaging/min-cut.ts';

type Links = [Int32Array, Int32Array, Int32Array, Int32Array];
const STEPS = [
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
] as const;

function costOf(
  width: number,
  height: number,
  labels: Uint8Array,
  preference: Int32Array,
  links: Links,
): number {
  let cost = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const wanted = preference[i]!;
      if (wanted > 0 !== (labels[i] === 1)) cost += Math.abs(wanted);
      for (const [d, [dx, dy]] of STEPS.entries()) {
        const inside = x + dx >= 0 && x + dx < width && y + dy < height;
        if (inside && labels[i] !== labels[(y + dy) * width + x + dx]) cost += links[d]![i]!;
      }
    }
  }
  return cost;
}

function randomGrid(width: number, height: number, seed: number) {
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
  const make = (below: number, from = 0) =>
    Int32Array.from({ length: width * height }, () => random(below) + from);
  return { preference: make(41, -20), links: [make(12), make(12), make(12), make(12)] as Links };
}

describe('cutGrid', () => {
  it('costs as little as the best of all divisions', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const [width, height] = seed % 2 ? [4, 3] : [3, 4];
      const { preference, links } = randomGrid(width, height, seed);
      let least = Infinity;
      for (let bits = 0; bits < 1 << 12; bits++) {
        const labels = Uint8Array.from({ length: 12 }, (_, i) => (bits >> i) & 1);
        least = Math.min(least, costOf(width, height, labels, preference, links));
      }
      const labels = cutGrid(width, height, preference, links);
      expect(costOf(width, height, labels, preference, links)).toBe(least);
    }
  });

  it('cannot be improved by flipping a pixel of a large grid', () => {
    const [width, height] = [60, 50];
    const { preference, links } = randomGrid(width, height, 99);
    const labels = cutGrid(width, height, preference, links);
    const cost = costOf(width, height, labels, preference, links);
    for (let i = 0; i < labels.length; i += 7) {
      const flipped = Uint8Array.from(labels);
      flipped[i] = 1 - flipped[i]!;
      expect(costOf(width, height, flipped, preference, links)).toBeGreaterThanOrEqual(cost);
    }
  });

  it('cuts along the weak links between two seeds', () => {
    const [width, height] = [30, 10];
    const preference = new Int32Array(width * height);
    preference[5 * width + 2] = 1e6;
    preference[5 * width + 27] = -1e6;
    const even = new Int32Array(width * height).fill(100);
    const across = even.map((v, i) => (i % width === 17 ? 1 : v));
    const southWest = even.map((v, i) => (i % width === 18 ? 1 : v));
    const labels = cutGrid(width, height, preference, [across, across, even, southWest]);
    for (let i = 0; i < labels.length; i++) expect(labels[i]).toBe(i % width <= 17 ? 1 : 0);
  });
});
