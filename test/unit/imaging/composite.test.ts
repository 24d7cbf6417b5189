import { describe, expect, it } from 'vitest';
import { checkIdentity, compositePatch, expandComposite } from '../../../main/imaging/composite.ts';
import { featherAlpha } from '../../../main/imaging/mask-ops.ts';
import type { Raster } from '../../../main/imaging/raster.ts';
import { type MaskWindow, type RasterWindow, cropRaster } from '../../../main/imaging/window.ts';
import { noise16, noise8 } from './sample-fixtures.ts';

const photo = { width: 50, height: 40 };
const rect = { x: 12, y: 9, width: 25, height: 20 };

const region: MaskWindow = (() => {
  const data = new Uint8Array(25 * 20);
  for (let i = 0; i < data.length; i++)
    data[i] = Math.hypot((i % 25) - 12, Math.floor(i / 25) - 10) < 9 ? 255 : 0;
  return { raster: { width: 25, height: 20, channels: 1, data }, rect };
})();

const alpha = featherAlpha(region, 5, photo);

type Photo = Raster<Uint8Array> | Raster<Uint16Array>;
const cases: readonly (readonly [string, Photo, Photo])[] = [
  ['8-bit RGB', noise8(50, 40, 3, 1), noise8(25, 20, 3, 2)],
  ['8-bit grey', noise8(50, 40, 1, 1), noise8(25, 20, 1, 2)],
  ['8-bit RGBA, patch without alpha', noise8(50, 40, 4, 1), noise8(25, 20, 3, 2)],
  ['16-bit RGB', noise16(50, 40, 3, 1), noise16(25, 20, 3, 2)],
  ['16-bit grey + alpha', noise16(50, 40, 2, 1), noise16(25, 20, 2, 2)],
];

describe.each(cases)('compositePatch in %s', (_, frame, patch) => {
  const window = compositePatch(
    frame as Raster<Uint16Array>,
    { raster: patch, rect } as RasterWindow<Uint16Array>,
    alpha,
  );

  it('blends exactly and keeps the rest bit for bit', () => {
    const whole = expandComposite(frame as Raster<Uint16Array>, window);
    const colors = frame.channels === 2 || frame.channels === 4 ? frame.channels - 1 : frame.channels;
    const expected = Array.from(frame.data);
    for (let y = 0; y < 20; y++) {
      for (let x = 0; x < 25; x++) {
        const a = alpha.raster.data[y * 25 + x]!;
        for (let c = 0; c < colors; c++) {
          const at = ((y + 9) * 50 + x + 12) * frame.channels + c;
          expected[at] = Math.round(
            (patch.data[(y * 25 + x) * patch.channels + c]! * a + frame.data[at]! * (255 - a)) / 255,
          );
        }
      }
    }
    expect(Array.from(whole.data)).toEqual(expected);
  });

  it('is found identical wherever alpha is 0, and not after a single sample changed', () => {
    const edited = alpha.raster.data.filter((a) => a > 0).length;
    expect(checkIdentity(frame, window, alpha)).toEqual({ checked: 50 * 40 - edited, differing: 0 });
    const broken = { ...window, raster: { ...window.raster, data: window.raster.data.slice() } };
    broken.raster.data[frame.channels - 1]! ^= 1;
    expect(checkIdentity(frame, broken, alpha).differing).toBe(1);
  });
});

describe('compositePatch', () => {
  it('refuses what does not fit', () => {
    const frame = noise8(50, 40, 3, 1);
    const patch = noise8(25, 20, 3, 2);
    const moved = { raster: patch, rect: { ...rect, x: 13 } };
    expect(() => compositePatch(frame, moved, alpha)).toThrow(/one window/);
    const outside = { x: 30, y: 9, width: 25, height: 20 };
    expect(() =>
      compositePatch(frame, { raster: patch, rect: outside }, { ...alpha, rect: outside }),
    ).toThrow(/inside the photo/);
    const grey = { raster: noise8(25, 20, 1, 2), rect };
    expect(() => compositePatch(frame, grey, alpha)).toThrow(/channels/);
    const deep = { raster: noise16(25, 20, 3, 2), rect } as unknown as RasterWindow<Uint8Array>;
    expect(() => compositePatch(frame, deep, alpha)).toThrow(/depth/);
  });

  it('shares no storage with the frame', () => {
    const frame = noise8(50, 40, 3, 1);
    const window = compositePatch(frame, { raster: cropRaster(frame, rect), rect }, alpha);
    window.raster.data.fill(0);
    expect(frame.data).toEqual(noise8(50, 40, 3, 1).data);
  });
});
