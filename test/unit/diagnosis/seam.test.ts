import { describe, expect, test } from 'vitest';
import { measureSeam } from '../../../main/diagnosis/seam.ts';
import type { Rect } from '../../../main/imaging/geometry.ts';
import { featherAlpha } from '../../../main/imaging/mask-ops.ts';
import { randomStream } from '../../../main/imaging/random.ts';
import { createRaster, type Raster } from '../../../main/imaging/raster.ts';
import { cropRaster, type MaskWindow } from '../../../main/imaging/window.ts';

const SIZE = { width: 240, height: 200 };
const random = randomStream(7);

/** A wall with grain, with `change` laid over it by an alpha. */
function wall(): Raster<Uint8Array> {
  const raster = createRaster('u8', SIZE.width, SIZE.height, 3);
  for (let i = 0; i < raster.data.length; i++) raster.data[i] = 140 + 6 * random();
  return raster;
}

function region(feather: number): MaskWindow {
  const rect = { x: 60, y: 50, width: 110, height: 90 };
  const raster = createRaster('u8', rect.width, rect.height);
  raster.data.fill(255);
  return feather > 0 ? featherAlpha({ raster, rect }, feather, SIZE) : { raster, rect };
}

function lay(frame: Raster<Uint8Array>, { raster, rect }: MaskWindow, step: number): Raster<Uint8Array> {
  const out = { ...frame, data: frame.data.slice() };
  for (let y = 0; y < rect.height; y++) {
    for (let x = 0; x < rect.width; x++) {
      const at = ((rect.y + y) * SIZE.width + rect.x + x) * 3;
      for (let c = 0; c < 3; c++) out.data[at + c]! += (step * raster.data[y * rect.width + x]!) / 255;
    }
  }
  return out;
}

function seamOf(step: number, feather: number, object: MaskWindow | null = null): number | null {
  const frame = wall();
  const alpha = region(feather);
  const composite = lay(frame, alpha, step);
  const crop = (raster: Raster<Uint8Array>) => (rect: Rect) => cropRaster(raster, rect);
  return measureSeam(alpha, { ...SIZE, frame: crop(frame), composite: crop(composite), object });
}

describe('measureSeam', () => {
  test('is about 1 where the edit melts in', () => {
    expect(seamOf(0, 4)).toBeGreaterThan(0.8);
    expect(seamOf(0, 4)).toBeLessThan(1.2);
  });

  test('tells a hard step, and a soft one less', () => {
    const hard = seamOf(30, 0)!;
    const soft = seamOf(30, 6)!;
    expect(hard).toBeGreaterThan(2.5);
    expect(soft).toBeGreaterThan(1.2);
    expect(hard).toBeGreaterThan(soft);
  });

  test('does not take the placed object’s outline for a seam', () => {
    const object = region(0);
    expect(seamOf(60, 0, object)).toBeNull();
  });

  test('says nothing of a border too short to be judged', () => {
    const raster = createRaster('u8', 4, 4);
    raster.data.fill(255);
    const frame = wall();
    const crop = (rect: Rect) => cropRaster(frame, rect);
    const alpha = { raster, rect: { x: 10, y: 10, width: 4, height: 4 } };
    expect(measureSeam(alpha, { ...SIZE, frame: crop, composite: crop, object: null })).toBeNull();
  });
});
