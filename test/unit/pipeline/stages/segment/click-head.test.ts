import { describe, expect, it } from 'vitest';
import { drawClickMaps } from '../../../../../main/pipeline/stages/segment/click-head.ts';
import { fitScene } from '../../../../../main/pipeline/stages/segment/scene-grid.ts';

const fit = fitScene({ x: 0, y: 0, width: 768, height: 384 }, 384);
const cells = 96;

function plane(maps: Float32Array, channel: number) {
  const at = (x: number, y: number) => maps[(channel * cells + y) * cells + x]!;
  return {
    at,
    sum: maps.subarray(channel * cells * cells, (channel + 1) * cells * cells).reduce((a, b) => a + b, 0),
  };
}

describe('drawClickMaps', () => {
  it('draws a bump of deviation 2 cells at the click, by label', () => {
    // 8 photo px are one cell: 84 px is the centre of cell 10.
    const maps = drawClickMaps(fit, cells, [{ x: 84, y: 164, label: 'include' }], null);
    const include = plane(maps, 0);
    expect(include.at(10, 20)).toBeCloseTo(1, 6);
    expect(include.at(12, 20)).toBeCloseTo(Math.exp(-4 / 8), 6);
    expect(include.at(10, 17)).toBeCloseTo(Math.exp(-9 / 8), 6);
    expect(include.sum).toBeCloseTo(2 * Math.PI * 4, 1);
    expect(plane(maps, 1).sum).toBe(0);
    expect(plane(maps, 2).sum).toBe(0);
  });

  it('joins bumps by their maximum and keeps exclude clicks apart', () => {
    const maps = drawClickMaps(
      fit,
      cells,
      [
        { x: 84, y: 164, label: 'include' },
        { x: 92, y: 164, label: 'include' },
        { x: 400, y: 300, label: 'exclude' },
      ],
      null,
    );
    expect(Math.max(...maps)).toBeLessThanOrEqual(1);
    expect(plane(maps, 0).at(11, 20)).toBeCloseTo(1, 6);
    expect(plane(maps, 1).at(50, 37)).toBeGreaterThan(0.95);
    expect(plane(maps, 0).at(50, 37)).toBeLessThan(0.01);
  });

  it('fills a box with one half', () => {
    const maps = drawClickMaps(fit, cells, [], { x0: 80, y0: 40, x1: 160, y1: 80 });
    expect(plane(maps, 2).sum).toBeCloseTo(0.5 * 10 * 5, 6);
    expect(plane(maps, 2).at(10, 5)).toBe(0.5);
    expect(plane(maps, 2).at(20, 5)).toBe(0);
  });
});
