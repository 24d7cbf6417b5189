import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../../../main/imaging/frame.ts';
import { createRaster, type Raster } from '../../../../../main/imaging/raster.ts';
import { findFloor } from '../../../../../main/pipeline/stages/depth/find-floor.ts';
import type { PhotoPoint } from '../../../../../main/imaging/geometry.ts';
import { dot, rayThrough } from '../../../../../main/placement/camera.ts';
import { createFloorPlane, type FloorPlane, roomAxes } from '../../../../../main/placement/floor-plane.ts';

const width = 600;
const height = 400;
const truth = createFloorPlane({
  width,
  height,
  focal: 470,
  horizon: 171,
  roll: 0.015,
  cameraHeight: 1.35,
  confidence: 1,
  source: 'user',
});

/** What a ray meets in a room 2.55 m high, turned by 0.5, with panels and tiles of 0.6 m: its layout class, its grey. */
function meetRoom(plane: FloorPlane, point: PhotoPoint): { readonly kind: number; readonly grey: number } {
  const { right, up, forward } = roomAxes(plane);
  const ray = rayThrough(plane, point);
  const [x, y, z] = [dot(ray, right), dot(ray, up), dot(ray, forward)];
  const along = x * Math.sin(0.5) + z * Math.cos(0.5);
  const across = x * Math.cos(0.5) - z * Math.sin(0.5);
  const hits = [
    { kind: 1, t: -plane.cameraHeight / y },
    { kind: 3, t: (2.55 - plane.cameraHeight) / y },
    { kind: 2, t: 4.5 / along },
    { kind: 2, t: 3 / across },
    { kind: 2, t: -3 / across },
  ].filter((hit) => hit.t > 0);
  const { kind, t } = hits.reduce((a, b) => (b.t < a.t ? b : a));
  const [p, q] = kind === 2 ? [(along + across) * t, plane.cameraHeight + y * t] : [along * t, across * t];
  const check = (Math.floor(p / 0.6) + Math.floor(q / 0.6)) & 1;
  const shade = [0, 110, 180, 230][kind]! + (kind === 3 ? 0 : check * 30);
  return { kind, grey: shade - (kind === 2 && t === 4.5 / along ? 15 : 0) };
}

/** The room, four rays to a pixel, and its layout's logits. */
function photographRoom(plane: FloorPlane): { frame: Frame; layout: Raster<Float32Array> } {
  const rgb = createRaster('u8', width, height, 3);
  const layout = createRaster('f32', width / 4, height / 4, 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (const dy of [0.25, 0.75])
        for (const dx of [0.25, 0.75]) sum += meetRoom(plane, { x: x + dx, y: y + dy }).grey;
      rgb.data.fill(sum / 4, (y * width + x) * 3, (y * width + x) * 3 + 3);
    }
  }
  for (let cell = 0; cell < layout.width * layout.height; cell++) {
    const at = { x: (cell % layout.width) * 4 + 2, y: Math.floor(cell / layout.width) * 4 + 2 };
    layout.data[cell * 4 + meetRoom(plane, at).kind] = 8;
  }
  const info = {
    width,
    height,
    channels: 3,
    depth: 8,
    format: 'png',
    convertedFromCmyk: false,
    notes: [],
  } as const;
  return { frame: { info, raster: rgb, icc: null }, layout };
}

describe('findFloor', () => {
  const { frame, layout } = photographRoom(truth);

  it('finds focal length, horizon, roll, heading and height of the camera in a tiled room', async () => {
    const plane = await findFloor(frame, layout, 'auto');
    expect(plane.source).toBe('vanishing-points');
    expect(Math.abs(plane.focal / truth.focal - 1)).toBeLessThan(0.05);
    expect(Math.abs(plane.horizon - truth.horizon)).toBeLessThan(0.01 * height);
    expect(Math.abs(plane.roll - truth.roll)).toBeLessThan(0.006);
    expect(Math.abs(plane.heading! - 0.5)).toBeLessThan(0.02);
    expect(plane.cameraHeightSource).toBe('estimated');
    expect(Math.abs(plane.cameraHeight - 1.35)).toBeLessThan(0.07);
    expect(plane.wallLine.length).toBeGreaterThan(50);
  });

  it("takes the user's horizon and keeps the focal length", async () => {
    const plane = await findFloor(frame, layout, { left: 220, right: 250 });
    expect(plane).toMatchObject({ source: 'user', confidence: 1 });
    expect(plane.horizon).toBeCloseTo(235, 0);
    expect(plane.roll).toBeCloseTo(Math.atan2(30, width), 9);
    expect(Math.abs(plane.focal / truth.focal - 1)).toBeLessThan(0.05);
  });

  it('keeps the horizon between floor and ceiling where the photo has no lines', async () => {
    const plain = { ...frame, raster: createRaster('u8', width, height, 3) };
    const plane = await findFloor(plain, layout, 'auto');
    expect(plane.source).toBe('layout');
    const floorTop = Math.min(...plane.wallLine.map((p) => p.y));
    expect(plane.horizon).toBeLessThan(floorTop);
    const unknown = await findFloor(plain, createRaster('f32', 20, 20, 4), 'auto');
    expect(unknown).toMatchObject({ source: 'assumed', cameraHeightSource: 'assumed', wallLine: [] });
    expect(unknown.horizon).toBeCloseTo(0.45 * height, 6);
  });
});
