import { describe, expect, it } from 'vitest';
import { linearToSrgb, srgbToLinear } from '../../../main/imaging/color/transfer.ts';
import type { Frame } from '../../../main/imaging/frame.ts';
import { encodePicture, layObject, layOver } from '../../../main/placement/lay-over.ts';

type Pixels = Frame['raster'];

const raster = (channels: number, values: readonly number[], deep = false): Pixels =>
  ({
    width: values.length / channels,
    height: 1,
    channels,
    data: deep ? Uint16Array.from(values) : Uint8Array.from(values),
  }) as Pixels;

describe('layOver', () => {
  it('leaves samples alone that nothing touches, and shows the object where it is opaque', () => {
    const plate = raster(3, [10, 20, 30, 40, 50, 60, 70, 80, 90]);
    const object = raster(4, [9, 9, 9, 0, 200, 100, 50, 255, 9, 9, 9, 0]);
    const out = layOver(plate, object, new Uint8Array(3));
    expect([...out.data]).toEqual([10, 20, 30, 200, 100, 50, 70, 80, 90]);
    expect(plate.data[3]).toBe(40);
  });

  it.each([
    [false, 255],
    [true, 65535],
  ])('mixes in linear light (16 bits: %s)', (deep, full) => {
    const half = Math.round(full / 2);
    const out = layOver(raster(3, [0, 0, 0], deep), raster(4, [full, full, full, half], deep), null);
    expect(out.data[0]! / full).toBeCloseTo(linearToSrgb(half / full), 2);
  });

  it('darkens by the share of light that a shadow blocks', () => {
    const out = layOver(raster(3, [180, 120, 60]), null, Uint8Array.of(128));
    [180, 120, 60].forEach((v, c) => {
      const expected = 255 * linearToSrgb(srgbToLinear(v / 255) * (1 - 128 / 255));
      expect(Math.abs(out.data[c]! - expected)).toBeLessThanOrEqual(1);
    });
  });

  it('works on grey photos and on those with alpha', () => {
    expect([...layOver(raster(1, [50, 60]), raster(2, [200, 255, 0, 0]), null).data]).toEqual([200, 60]);
    const rgba = layOver(
      raster(4, [10, 20, 30, 0, 10, 20, 30, 90]),
      raster(4, [200, 100, 50, 255, 0, 0, 0, 0]),
      null,
    );
    expect([...rgba.data]).toEqual([200, 100, 50, 255, 10, 20, 30, 90]);
  });
});

describe('layObject', () => {
  it('takes the parts of object and shadow that fall on the rectangle', () => {
    const plate = { width: 2, height: 2, channels: 3, data: new Uint8Array(12).fill(100) };
    const object = { raster: raster(4, [1, 2, 3, 255]), rect: { x: 11, y: 6, width: 1, height: 1 } };
    const shadow = {
      raster: { width: 1, height: 1, channels: 1, data: Uint8Array.of(255) },
      rect: { x: 10, y: 5, width: 1, height: 1 },
    };
    const out = layObject(plate, { x: 10, y: 5, width: 2, height: 2 }, object, shadow);
    expect([...out.data]).toEqual([0, 0, 0, 100, 100, 100, 100, 100, 100, 1, 2, 3]);
  });
});

describe('encodePicture', () => {
  it('writes straight alpha and keeps highlights below white apart', () => {
    const light = [0.25, 0.5, 0, 0.5, 1, 1.2, 1.5, 1, 0, 0, 0, 0];
    const out = encodePicture({ width: 3, height: 1, data: Float32Array.from(light) }, 8);
    expect(out.data[0]).toBe(Math.round(255 * linearToSrgb(0.5)));
    expect(out.data[3]).toBe(128);
    const [r, g, b] = out.data.slice(4, 7) as unknown as [number, number, number];
    expect(r).toBeLessThan(g);
    expect(g).toBeLessThanOrEqual(b);
    expect(b).toBeLessThanOrEqual(255);
    expect(Array.from(out.data.slice(8)).every((v) => v === 0)).toBe(true);
  });

  it('hides what stands behind something', () => {
    const picture = { width: 2, height: 1, data: Float32Array.of(0.5, 0.5, 0.5, 1, 0.5, 0.5, 0.5, 1) };
    const out = encodePicture(picture, 16, Float32Array.of(0.5, 0));
    expect(out.data[3]).toBe(32768);
    expect(out.data[7]).toBe(0);
  });
});
