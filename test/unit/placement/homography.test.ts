import { describe, expect, it } from 'vitest';
import { invert3, multiply3 } from '../../../main/imaging/matrix.ts';
import { applyHomography, fitHomography, homographyError } from '../../../main/placement/homography.ts';

const truth = [1.2, 0.1, 40, -0.05, 0.9, 25, 0.0003, -0.0002, 1];
const grid = [0, 100, 200, 300].flatMap((x) => [0, 80, 160].map((y) => ({ x, y })));
const isCorner = ({ from }: { from: { x: number; y: number } }) => from.x % 300 === 0 && from.y % 160 === 0;
const pairs = grid.map((from) => ({ from, to: applyHomography(truth, from.x, from.y), weight: 1 }));

describe('fitHomography', () => {
  it('finds the homography behind exact pairs', () => {
    const found = fitHomography(pairs);
    found.forEach((v, i) => expect(v).toBeCloseTo(truth[i]!, 6));
    expect(homographyError(found, pairs)).toBeLessThan(1e-6);
  });

  it('needs no more than four pairs', () => {
    const corners = pairs.filter(isCorner);
    expect(corners).toHaveLength(4);
    const found = fitHomography(corners);
    expect(homographyError(found, pairs)).toBeLessThan(1e-6);
  });

  it('follows the heavy pairs where they cannot all be met', () => {
    const bent = pairs.map((p, i) => ({
      ...p,
      to: { x: p.to.x + (i % 2 === 0 ? 12 : -12), y: p.to.y + (i % 3) * 9 },
      weight: isCorner(p) ? 1000 : 1,
    }));
    const heavy = bent.filter(isCorner);
    const even = fitHomography(bent.map((p) => ({ ...p, weight: 1 })));
    const weighted = fitHomography(bent);
    expect(homographyError(weighted, heavy)).toBeLessThan(homographyError(even, heavy) / 2);
  });

  it('refuses too few pairs and pairs on a line', () => {
    expect(() => fitHomography(pairs.slice(0, 3))).toThrow(RangeError);
    const line = [0, 1, 2, 3, 4].map((x) => ({ from: { x, y: 2 * x }, to: { x, y: x }, weight: 1 }));
    expect(() => fitHomography(line)).toThrow(RangeError);
  });
});

describe('invert3', () => {
  it('undoes a homography', () => {
    const identity = multiply3(truth, invert3(truth));
    [1, 0, 0, 0, 1, 0, 0, 0, 1].forEach((v, i) => expect(identity[i]! / identity[8]!).toBeCloseTo(v, 9));
  });
});
