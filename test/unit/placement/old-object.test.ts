import { describe, expect, it } from 'vitest';
import { createFloorPlane, type FloorPlane, floorToPhoto } from '../../../main/placement/floor-plane.ts';
import { fitOldObject, levelByObject, lowerUnder } from '../../../main/placement/old-object.ts';
import { pieceToFloor } from '../../../main/placement/projection.ts';
import { measureSilhouette } from '../../../main/placement/silhouette.ts';
import { maskOfPolygons } from './polygons.ts';

const plane = createFloorPlane({
  width: 1200,
  height: 900,
  focal: 900,
  horizon: 330,
  confidence: 0.8,
  source: 'vanishing-points',
  heading: 0.3,
});

/** The outline of a seat (footprint, arms, back) standing on a floor, as a mask. */
function seatMask(
  on: FloorPlane,
  at: { x: number; y: number },
  yaw: number,
  [w, d, h]: readonly [number, number, number],
) {
  const pose = { position: at, yaw, scale: 1 };
  const see = (x: number, y: number, z: number) => floorToPhoto(on, pieceToFloor(pose, x, y), z)!;
  const box = (y0: number, y1: number, z1: number) =>
    [-w / 2, w / 2].flatMap((x) => [y0, y1].flatMap((y) => [0, z1].map((z) => see(x, y, z))));
  return maskOfPolygons(on.width, on.height, [box(-d / 2, d / 2, 0.62 * h), box(d * 0.25, d / 2, h)]);
}

describe('fitOldObject', () => {
  it.each([
    ['sofa', { x: 0.2, y: 4 }, 0.3, [2.1, 0.9, 0.85]],
    ['sofa', { x: -0.8, y: 5 }, 0.3 - Math.PI / 2 + 0.6, [1.9, 0.95, 0.8]],
    ['armchair', { x: 0.9, y: 3.2 }, 0.3, [0.85, 0.85, 0.95]],
    ['armchair', { x: -0.9, y: 3 }, 0.3 - Math.PI / 2, [0.8, 0.8, 0.85]],
  ] as const)('finds a %s at %o', async (kind, at, yaw, size) => {
    const mask = await seatMask(plane, at, yaw, size);
    const old = fitOldObject(plane, measureSilhouette(mask, plane));
    expect(old.kind).toBe(kind);
    expect(Math.hypot(old.position.x - at.x, old.position.y - at.y)).toBeLessThan(0.25);
    // What the camera sees of a seat fixes the extent across its line of sight; depth and turn are tied to priors.
    expect(Math.abs(old.width / size[0] - 1)).toBeLessThan(0.15);
    expect(Math.abs(old.height / size[2] - 1)).toBeLessThan(0.15);
    expect(old.mismatch).toBeLessThan(0.1);
  });

  it('follows walls where the outline leaves the turn open', async () => {
    const mask = await seatMask(plane, { x: 0, y: 4 }, 0.3, [2.1, 0.9, 0.85]);
    const { yaw } = fitOldObject(plane, measureSilhouette(mask, plane));
    expect(Math.abs(yaw - 0.3)).toBeLessThan(0.12);
  });

  it('takes the photo’s edge for no edge of the object', async () => {
    const size = [2.1, 0.9, 0.85] as const;
    const mask = await seatMask(plane, { x: -2.6, y: 3.6 }, 0.3, size);
    const silhouette = measureSilhouette(mask, plane);
    expect(silhouette.cut.left).toBe(true);
    const old = fitOldObject(plane, silhouette);
    expect(old.width).toBeGreaterThan(1.6);
    expect(old.position.x).toBeLessThan(-2);
  });

  it('says how far the photo’s metres are off', async () => {
    const mask = await seatMask(plane, { x: 0, y: 4 }, 0.3, [1.5 * 2.05, 1.5 * 0.92, 1.5 * 0.84]);
    expect(fitOldObject(plane, measureSilhouette(mask, plane)).metre).toBeGreaterThan(1.25);
  });
});

describe('lowerUnder', () => {
  it('raises a horizon that the object would float above', async () => {
    const low = createFloorPlane({ ...plane, horizon: 800 });
    const mask = await seatMask(plane, { x: 0, y: 4 }, 0.3, [2, 0.9, 0.85]);
    const silhouette = measureSilhouette(mask, plane);
    const raised = lowerUnder(low, silhouette);
    expect(raised.horizon).toBeLessThan(silhouette.box.y + silhouette.box.height);
    expect(fitOldObject(raised, silhouette).mismatch).toBeLessThan(0.5);
  });

  it('leaves a plane that fits alone', async () => {
    const mask = await seatMask(plane, { x: 0, y: 4 }, 0.3, [2, 0.9, 0.85]);
    expect(lowerUnder(plane, measureSilhouette(mask, plane))).toBe(plane);
  });
});

describe('measureSilhouette', () => {
  it('bridges the gap between two feet', async () => {
    const table = [
      [
        { x: 100, y: 100 },
        { x: 500, y: 100 },
        { x: 500, y: 200 },
        { x: 100, y: 200 },
      ],
      [
        { x: 110, y: 200 },
        { x: 140, y: 200 },
        { x: 140, y: 400 },
        { x: 110, y: 400 },
      ],
      [
        { x: 460, y: 200 },
        { x: 490, y: 200 },
        { x: 490, y: 400 },
        { x: 460, y: 400 },
      ],
    ];
    const silhouette = measureSilhouette(await maskOfPolygons(600, 500, table), { width: 600, height: 500 });
    const middle = Math.round((300 - silhouette.x0) / silhouette.step);
    expect(silhouette.bottoms[middle]!).toBeCloseTo(400, -1);
    expect(silhouette.tops[middle]!).toBeCloseTo(100, -1);
    expect(silhouette.box).toEqual({ x: 100, y: 100, width: 400, height: 300 });
  });

  it('refuses an empty mask', () => {
    const raster = { width: 4, height: 4, channels: 1, data: new Uint8Array(16) };
    expect(() =>
      measureSilhouette({ raster, rect: { x: 0, y: 0, width: 4, height: 4 } }, { width: 8, height: 8 }),
    ).toThrow(RangeError);
  });
});

describe('levelByObject', () => {
  it('finds a guessed horizon back by the object’s proportions', async () => {
    const mask = await seatMask(plane, { x: 0.2, y: 2.6 }, 0.3, [0.84, 0.84, 0.9]);
    const silhouette = measureSilhouette(mask, plane);
    const guess = createFloorPlane({
      ...plane,
      horizon: plane.horizon + 230,
      confidence: 0.1,
      heading: null,
    });
    const off = (p: FloorPlane) => Math.abs(p.horizon - plane.horizon);
    expect(off(levelByObject(guess, silhouette, null))).toBeLessThan(0.65 * off(guess));
  });

  it('leaves a sure plane alone', async () => {
    const mask = await seatMask(plane, { x: 0.2, y: 2.6 }, 0.3, [0.84, 0.84, 0.9]);
    expect(levelByObject(plane, measureSilhouette(mask, plane), null)).toBe(plane);
  });
});
