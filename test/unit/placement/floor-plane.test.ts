import { describe, expect, it } from 'vitest';
import { fieldOfView, focalFromEquivalent, focalFromFieldOfView } from '../../../main/placement/camera.ts';
import {
  createFloorPlane,
  floorDisparity,
  floorHomography,
  floorToPhoto,
  heightAbove,
  horizonAt,
  horizonOf,
  photoToFloor,
  pixelsPerMetre,
  projectionMatrix,
  roomAxes,
  roomToCamera,
  roomToPhoto,
  sightOf,
} from '../../../main/placement/floor-plane.ts';

const level = createFloorPlane({
  width: 1000,
  height: 800,
  focal: 800,
  horizon: 400,
  confidence: 1,
  source: 'user',
});
const tilted = createFloorPlane({
  width: 1200,
  height: 800,
  focal: 900,
  horizon: 250,
  roll: 0.06,
  cameraHeight: 1.4,
  confidence: 1,
  source: 'user',
});

describe('a level camera', () => {
  it('sees the floor where similar triangles say', () => {
    // 1.5 m below the camera and 3 m ahead: 800·1.5/3 = 400 px under the horizon.
    expect(floorToPhoto(level, { x: 0, y: 3 })).toEqual({ x: 500, y: 800 });
    expect(photoToFloor(level, { x: 700, y: 800 })).toEqual({ x: 0.75, y: 3 });
    expect(pixelsPerMetre(level, { x: 0.4, y: 4 })).toBeCloseTo(200, 9);
  });

  it('sees what is as high as the camera on the horizon', () => {
    expect(roomToPhoto(level, { x: -1, y: 1.5, z: 5 })!.y).toBeCloseTo(400, 9);
  });

  it('has no floor at or above the horizon and nothing behind', () => {
    expect(photoToFloor(level, { x: 500, y: 400 })).toBeNull();
    expect(photoToFloor(level, { x: 500, y: 100 })).toBeNull();
    expect(floorToPhoto(level, { x: 0, y: -2 })).toBeNull();
    expect(() => pixelsPerMetre(level, { x: 0, y: -1 })).toThrow(RangeError);
  });
});

describe('a tilted, rolled camera', () => {
  it('has orthonormal axes whose up gives back horizon and roll', () => {
    const { right, up, forward } = roomAxes(tilted);
    for (const [a, b] of [
      [right, up],
      [up, forward],
      [right, forward],
    ] as const) {
      expect(a[0] * b[0] + a[1] * b[1] + a[2] * b[2]).toBeCloseTo(0, 12);
    }
    expect(right[0]).toBeGreaterThan(0.9);
    const { horizon, roll } = horizonOf(tilted, up);
    expect(horizon).toBeCloseTo(250, 9);
    expect(roll).toBeCloseTo(0.06, 12);
  });

  it('goes from photo to floor and back', () => {
    for (const point of [
      { x: 40, y: 760 },
      { x: 1150, y: 420 },
      { x: 600, y: 300 },
    ]) {
      const back = floorToPhoto(tilted, photoToFloor(tilted, point)!)!;
      expect(back.x).toBeCloseTo(point.x, 6);
      expect(back.y).toBeCloseTo(point.y, 6);
    }
  });

  it('sees far floor points close to its sloping horizon', () => {
    const far = floorToPhoto(tilted, { x: 4e5, y: 1e6 })!;
    expect(far.y).toBeCloseTo(horizonAt(tilted, far.x), 1);
    expect(floorDisparity(tilted, { x: far.x, y: far.y - 20 })).toBe(0);
  });

  it('measures a height above a foot point', () => {
    const foot = { x: -0.7, y: 2.6 };
    expect(heightAbove(tilted, foot, floorToPhoto(tilted, foot, 0.85)!)).toBeCloseTo(0.85, 9);
  });

  it('gives the same projection as a matrix, a homography and a disparity', () => {
    const m = projectionMatrix(tilted);
    const p = [0.3, 0.8, 3.1, 1];
    const h = [0, 4, 8].map((k) => p.reduce((sum, v, i) => sum + m[k + i]! * v, 0));
    const seen = roomToPhoto(tilted, { x: 0.3, y: 0.8, z: 3.1 })!;
    expect(h[0]! / h[2]!).toBeCloseTo(seen.x, 6);
    expect(h[1]! / h[2]!).toBeCloseTo(seen.y, 6);
    const g = floorHomography(tilted);
    const onFloor = floorToPhoto(tilted, { x: 0.3, y: 3.1 })!;
    expect((g[0]! * 0.3 + g[1]! * 3.1 + g[2]!) / (g[6]! * 0.3 + g[7]! * 3.1 + g[8]!)).toBeCloseTo(
      onFloor.x,
      6,
    );
    expect(1 / floorDisparity(tilted, onFloor)).toBeCloseTo(
      roomToCamera(tilted, { x: 0.3, y: 0, z: 3.1 })[2],
      9,
    );
  });

  it('tells how a floor point is seen', () => {
    const sight = sightOf(tilted, { x: 1, y: 1 });
    expect(sight.bearing).toBeCloseTo(Math.PI / 4, 12);
    expect(sight.descent).toBeCloseTo(Math.atan2(1.4, Math.SQRT2), 12);
  });
});

describe('focal lengths', () => {
  it('convert between field of view, 35 mm equivalent and pixels', () => {
    expect(focalFromFieldOfView(1000, 90)).toBeCloseTo(500, 9);
    expect(fieldOfView(1000, 500)).toBeCloseTo(90, 9);
    // 36×24 mm at 1000×667 px: 36 mm are 1000 px.
    expect(focalFromEquivalent(36, 3600, 2400)).toBeCloseTo(3600, -1);
  });
});
