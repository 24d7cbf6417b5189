import { describe, expect, it } from 'vitest';
import { homographyInCrop, planeAtScale } from '../../../../main/imaging/fill/plane.ts';
import {
  A00,
  A01,
  A10,
  A11,
  AREA,
  createWarp,
  displacementBetween,
  resolveWarp,
  SX,
  SY,
} from '../../../../main/imaging/fill/warp.ts';

/** A floor seen from 1.5 m with a focal length of 500 px and its horizon at row 40. */
const FLOOR = [1.5, 0, -1.5 * 160, 0, 0, 1.5 * 500, 0, 1, -40];

function mapX(m: Float64Array, x: number, y: number): number {
  return (m[0]! * x + m[1]! * y + m[2]!) / (m[6]! * x + m[7]! * y + m[8]!);
}

describe('displacements in a plane', () => {
  it('lead to the same place at every resolution', () => {
    const warp = createWarp();
    const step = new Float64Array(2);
    displacementBetween(planeAtScale({ homography: FLOOR }, 1), 100, 200, 180, 170, step);
    for (const scale of [1, 0.5, 0.23]) {
      const at = (v: number): number => (v + 0.5) * scale - 0.5;
      const plane = planeAtScale({ homography: FLOOR }, scale);
      expect(resolveWarp(plane, scale, at(100), at(200), step[0]!, step[1]!, warp)).toBe(true);
      expect(warp[SX]).toBeCloseTo(at(180), 6);
      expect(warp[SY]).toBeCloseTo(at(170), 6);
    }
  });

  it('map the surroundings as the map itself does', () => {
    const plane = planeAtScale({ homography: FLOOR }, 1);
    const step = new Float64Array(2);
    displacementBetween(plane, 100, 200, 180, 170, step);
    const centre = createWarp();
    const beside = createWarp();
    resolveWarp(plane, 1, 100, 200, step[0]!, step[1]!, centre);
    for (const [dx, dy] of [
      [0.01, 0],
      [0, 0.01],
    ] as const) {
      resolveWarp(plane, 1, 100 + dx, 200 + dy, step[0]!, step[1]!, beside);
      expect((beside[SX]! - centre[SX]!) / 0.01).toBeCloseTo(dx ? centre[A00]! : centre[A01]!, 2);
      expect((beside[SY]! - centre[SY]!) / 0.01).toBeCloseTo(dx ? centre[A10]! : centre[A11]!, 2);
    }
    // Farther away things are smaller: (170 − 40) / (200 − 40) along each side, squared in depth.
    expect(centre[AREA]).toBeCloseTo((130 / 160) ** 3, 6);
  });

  it('refuse what lies beyond the horizon, or is seen at too different a size', () => {
    const plane = planeAtScale({ homography: FLOOR }, 1);
    const step = new Float64Array(2);
    const warp = createWarp();
    displacementBetween(plane, 100, 200, 100, 20, step);
    expect(resolveWarp(plane, 1, 100, 200, step[0]!, step[1]!, warp)).toBe(false);
    displacementBetween(plane, 100, 200, 100, 70, step);
    expect(resolveWarp(plane, 1, 100, 200, step[0]!, step[1]!, warp)).toBe(false);
  });

  it('run along the edges of a plane seen head on, in whole pixels', () => {
    const plane = planeAtScale({ homography: null, slope: 0.1 }, 0.5);
    const warp = createWarp();
    expect(resolveWarp(plane, 0.5, 10, 10, 100, 0, warp)).toBe(true);
    expect(Array.from(warp.subarray(0, 2))).toEqual([60, 15]);
    const step = new Float64Array(2);
    displacementBetween(plane, 10, 10, 60, 15, step);
    expect(step[0]).toBeCloseTo(100, 6);
    expect(step[1]).toBeCloseTo(0, 6);
  });

  it('refer to the crop where the plane is given in the photo', () => {
    const moved = homographyInCrop(FLOOR, 30, 50);
    const photo = planeAtScale({ homography: FLOOR }, 1).toPlane;
    const crop = planeAtScale({ homography: moved }, 1).toPlane;
    expect(mapX(crop, 70, 100)).toBeCloseTo(mapX(photo, 100, 150), 9);
  });
});
