import { describe, expect, it } from 'vitest';
import { createFloorPlane, floorToPhoto, horizonAt } from '../../../main/placement/floor-plane.ts';
import {
  type Floor,
  gridLines,
  horizonEnds,
  isFloor,
  withHorizon,
} from '../../../renderer/steps/depth/floor-grid.ts';

const plane = createFloorPlane({
  width: 2400,
  height: 1600,
  focal: 1900,
  horizon: 650,
  roll: 0.02,
  confidence: 0.9,
  source: 'vanishing-points',
  heading: 0.3,
});
const floor: Floor = plane;

describe('the floor grid over the photo', () => {
  it('is where the placement engine sees the floor', () => {
    const lines = gridLines({ ...floor, heading: 0 }, 1, 6);
    const want = floorToPhoto(plane, { x: 2, y: 6 });
    const ends = lines.flatMap(({ from, to }) => [from, to]);
    const nearest = Math.min(...ends.map((p) => Math.hypot(p.x - (want?.x ?? 0), p.y - (want?.y ?? 0))));
    expect(nearest).toBeLessThan(0.01);
  });

  it('stays below the horizon', () => {
    for (const { from, to } of gridLines(floor)) {
      for (const p of [from, to]) expect(p.y).toBeGreaterThan(horizonAt(plane, p.x));
    }
  });

  it('gives the horizon’s ends as the depth stage takes them', () => {
    const { left, right } = horizonEnds(floor);
    expect(left).toBeCloseTo(horizonAt(plane, 0), 6);
    expect(right).toBeCloseTo(horizonAt(plane, 2400), 6);
  });

  it('follows a horizon that is dragged', () => {
    const moved = withHorizon(floor, 500, 560);
    const ends = horizonEnds(moved);
    expect(ends.left).toBeCloseTo(500, 6);
    expect(ends.right).toBeCloseTo(560, 6);
    expect(Math.hypot(...moved.up)).toBeCloseTo(1, 9);
    const same = withHorizon(floor, horizonEnds(floor).left, horizonEnds(floor).right);
    for (let i = 0; i < 3; i++) expect(same.up[i]).toBeCloseTo(plane.up[i] ?? 0, 9);
  });

  it('knows a floor when it reads one', () => {
    expect(isFloor(plane)).toBe(true);
    expect(isFloor(null)).toBe(false);
    expect(isFloor({ focal: 3 })).toBe(false);
  });
});
