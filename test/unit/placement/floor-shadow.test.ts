import { describe, expect, it } from 'vitest';
import type { ShadowMap } from '../../../main/placement/catalogue.ts';
import { createFloorPlane, floorToPhoto } from '../../../main/placement/floor-plane.ts';
import {
  castShadow,
  genericShadow,
  leanShadow,
  mirrorShadow,
  shadowHomography,
} from '../../../main/placement/floor-shadow.ts';
import { applyHomography } from '../../../main/placement/homography.ts';
import { pieceToFloor } from '../../../main/placement/projection.ts';

const plane = createFloorPlane({
  width: 800,
  height: 600,
  focal: 620,
  horizon: 200,
  roll: 0.02,
  confidence: 1,
  source: 'user',
});
const pose = { position: { x: 0.3, y: 3 }, yaw: 0.4, scale: 1.1 };

/** A map of 1.6 × 1.2 m, all dark in the right front quarter (x > 0, y < 0), else clear. */
function quarterMap(): ShadowMap {
  const [width, height, metresPerPixel] = [160, 120, 0.01];
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) if (x >= 80 && y >= 60) data[y * width + x] = 200;
  return { width, height, data, metresPerPixel, originX: 80, originY: 60 };
}

const map = quarterMap();
const valueAt = ({ raster, rect }: ReturnType<typeof castShadow>, p: { x: number; y: number }) =>
  raster.data[(Math.floor(p.y) - rect.y) * rect.width + Math.floor(p.x) - rect.x];

const at = (m: ShadowMap, x: number, y: number) =>
  m.data[Math.floor(m.originY - y / 0.01) * m.width + Math.floor(m.originX + x / 0.01)]!;

describe('shadowHomography', () => {
  it('puts map pixels where the floor plane puts their metres', () => {
    const h = shadowHomography(plane, pose, map);
    for (const [x, y] of [
      [0.5, -0.3],
      [-0.7, 0.5],
      [0, 0],
    ] as const) {
      const expected = floorToPhoto(plane, pieceToFloor(pose, x, y))!;
      const found = applyHomography(h, 80 + x / 0.01, 60 - y / 0.01);
      expect(Math.hypot(found.x - expected.x, found.y - expected.y)).toBeLessThan(1e-6);
    }
  });
});

/** The shadow right of and before the piece's middle, by strength. */
const dark = (strength: number) =>
  valueAt(castShadow(plane, pose, map, strength), floorToPhoto(plane, pieceToFloor(pose, 0.4, -0.3))!)!;

describe('castShadow', () => {
  it('is dark where the map is, and clear elsewhere', () => {
    const cast = castShadow(plane, pose, map, 1);
    const see = (x: number, y: number) => valueAt(cast, floorToPhoto(plane, pieceToFloor(pose, x, y))!);
    expect(see(0.4, -0.3)).toBe(200);
    expect(see(-0.4, -0.3)).toBe(0);
    expect(see(0.4, 0.3)).toBe(0);
  });

  it('scales with its strength', () => {
    expect(dark(0)).toBe(0);
    // Light left: 55 / 255, squared.
    expect(dark(2)).toBe(Math.round(255 * (1 - (55 / 255) ** 2)));
  });

  it('does not climb walls', () => {
    const wall = [
      { x: 0, y: 420 },
      { x: 800, y: 420 },
    ];
    const cast = castShadow(
      { ...plane, wallLine: wall },
      pose,
      { ...map, data: new Uint8Array(map.data.length).fill(255) },
      1,
    );
    for (let y = 0; y < cast.rect.height; y++) {
      const row = cast.raster.data.subarray(y * cast.rect.width, (y + 1) * cast.rect.width);
      const any = row.some((v) => v > 0);
      if (cast.rect.y + y < 419) expect(any).toBe(false);
    }
    expect(cast.raster.data.some((v) => v > 200)).toBe(true);
  });

  it('stays inside the photo', () => {
    const { rect } = castShadow(plane, { ...pose, position: { x: 2, y: 1.2 } }, map, 1);
    expect(rect.x).toBeGreaterThanOrEqual(0);
    expect(rect.x + rect.width).toBeLessThanOrEqual(800);
    expect(rect.y + rect.height).toBeLessThanOrEqual(600);
  });
});

describe('mirrorShadow', () => {
  it('mirrors about the origin', () => {
    const cast = castShadow(plane, pose, mirrorShadow(map), 1);
    const see = (x: number, y: number) => valueAt(cast, floorToPhoto(plane, pieceToFloor(pose, x, y))!);
    expect(see(-0.4, -0.3)).toBe(200);
    expect(see(0.4, -0.3)).toBe(0);
  });
});

describe('leanShadow', () => {
  it('darkens the side it leans to and keeps the rest', () => {
    const lean = leanShadow(map, { x: -0.2, y: 0 }, 0.5);
    expect(at(lean, -0.1, -0.3)).toBeGreaterThan(20);
    expect(at(lean, -0.5, -0.3)).toBe(0);
    expect(at(lean, 0.4, -0.3)).toBeGreaterThanOrEqual(at(map, 0.4, -0.3));
    expect(leanShadow(map, { x: 0, y: 0 }, 0.5)).toBe(map);
  });
});

describe('genericShadow', () => {
  it('is darkest under the thing and gone half a metre away', () => {
    const shadow = genericShadow(1, 0.5);
    expect(at(shadow, 0, 0.2)).toBeGreaterThan(150);
    expect(at(shadow, 0, -0.1)).toBeLessThan(at(shadow, 0, 0));
    expect(at(shadow, 0.9, 0.2)).toBeLessThan(4);
  });
});
