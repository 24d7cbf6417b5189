import { describe, expect, it } from 'vitest';
import { cropAround, cropToPhoto, fitModelSize, photoToCrop } from '../../../main/imaging/crop.ts';
import type { Rect } from '../../../main/imaging/geometry.ts';
import { randomStream } from './sample-fixtures.ts';

const contains = (outer: Rect, inner: Rect) =>
  outer.x <= inner.x &&
  outer.y <= inner.y &&
  outer.x + outer.width >= inner.x + inner.width &&
  outer.y + outer.height >= inner.y + inner.height;

describe('cropAround', () => {
  const photo = { width: 4000, height: 3000 };
  const box = { x: 1000, y: 1200, width: 400, height: 200 };

  it('adds context on every side', () => {
    expect(cropAround(box, photo, { context: 0.35 })).toEqual({ x: 860, y: 1060, width: 680, height: 480 });
    expect(cropAround(box, photo, { context: 0 })).toEqual(box);
  });

  it('grows to an aspect and to multiples', () => {
    const square = cropAround(box, photo, { context: 0.1, aspect: 1, multiple: 64 });
    expect([square.width, square.height]).toEqual([512, 512]);
    expect(contains(square, box)).toBe(true);
  });

  it('shifts at the border and is cut only where the photo ends', () => {
    const corner = { x: 3900, y: 0, width: 100, height: 100 };
    expect(cropAround(corner, photo, { context: 1 })).toEqual({ x: 3700, y: 0, width: 300, height: 300 });
    const wide = cropAround({ x: 10, y: 10, width: 3900, height: 50 }, photo, { context: 0.35, multiple: 8 });
    expect(wide).toMatchObject({ x: 0, width: 4000 });
  });

  it('always lies in the photo, contains the box and keeps the multiple where it can', () => {
    const random = randomStream(1);
    const whole = (n: number) => Math.floor(random() * n);
    for (let i = 0; i < 500; i++) {
      const size = { width: 70 + whole(600), height: 70 + whole(600) };
      const x = whole(size.width - 1);
      const y = whole(size.height - 1);
      const inner = { x, y, width: 1 + whole(size.width - x), height: 1 + whole(size.height - y) };
      const crop = cropAround(inner, size, { context: random(), aspect: 0.5 + random(), multiple: 8 });
      expect(contains({ x: 0, y: 0, ...size }, crop)).toBe(true);
      expect(contains(crop, inner)).toBe(true);
      if (inner.width <= size.width - 8) expect(crop.width % 8).toBe(0);
      for (const v of Object.values(crop)) expect(Number.isInteger(v)).toBe(true);
    }
  });

  it('refuses an empty box', () => {
    expect(() => cropAround({ x: 0, y: 0, width: 0, height: 5 }, photo, { context: 1 })).toThrow(TypeError);
  });
});

describe('fitModelSize', () => {
  it('keeps the aspect at about the native area', () => {
    expect(fitModelSize({ width: 2000, height: 1000 }, 512 * 512, 64)).toEqual({ width: 704, height: 384 });
    expect(fitModelSize({ width: 200, height: 100 }, 512 * 512, 8)).toEqual({ width: 200, height: 104 });
    expect(fitModelSize({ width: 100, height: 100 }, 512 * 512, 64, true)).toEqual({
      width: 512,
      height: 512,
    });
  });
});

describe('photoToCrop', () => {
  it('and back', () => {
    const rect = { x: 100, y: 50, width: 200, height: 100 };
    const size = { width: 64, height: 32 };
    expect(photoToCrop({ x: 200, y: 100 }, rect, size)).toEqual({ x: 32, y: 16 });
    expect(cropToPhoto({ x: 32, y: 16 }, rect, size)).toEqual({ x: 200, y: 100 });
    expect(cropToPhoto(photoToCrop({ x: 111, y: 77 }, rect), rect)).toEqual({ x: 111, y: 77 });
  });
});
