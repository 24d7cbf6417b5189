import { describe, expect, it } from 'vitest';
import type { LightPicture } from '../../../main/placement/dress.ts';
import { coveredRect, pixelsPerPixel, warpPicture } from '../../../main/placement/resample.ts';

function picture(
  width: number,
  height: number,
  at: (x: number, y: number) => readonly [number, number],
): LightPicture {
  const data = new Float32Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [light, alpha] = at(x, y);
      data.set([light * alpha, light * alpha, light * alpha, alpha], (y * width + x) * 4);
    }
  }
  return { width, height, data };
}

const scale = (k: number, x = 0, y = 0) => [k, 0, x, 0, k, y, 0, 0, 1];

describe('warpPicture', () => {
  it('copies exactly where nothing is to be done', () => {
    const source = picture(12, 9, (x, y) => [(x * 7 + y * 3) / 110, 1]);
    const out = warpPicture(source, scale(1, 5, 4), { x: 5, y: 4, width: 12, height: 9 });
    source.data.forEach((v, i) => expect(out.data[i]!).toBeCloseTo(v, 5));
  });

  it.each([0.4, 0.27, 0.11])('averages a fine pattern when reduced to %f', (k) => {
    const source = picture(200, 200, (x, y) => [(x + y) % 2, 1]);
    const size = Math.floor(200 * k);
    const out = warpPicture(source, scale(k), { x: 0, y: 0, width: size, height: size });
    const inside = (size >> 1) * size + (size >> 1);
    expect(out.data[inside * 4]!).toBeCloseTo(0.5, 1);
  });

  it('enlarges without leaving the range of alpha and light', () => {
    const source = picture(20, 20, (x) => [1, x < 10 ? 1 : 0]);
    const out = warpPicture(source, scale(3.3), { x: 0, y: 0, width: 66, height: 66 });
    for (let i = 0; i < out.data.length; i += 4) {
      expect(out.data[i]!).toBeGreaterThanOrEqual(0);
      expect(out.data[i + 3]!).toBeLessThanOrEqual(1);
    }
    expect(out.data[(33 * 66 + 10) * 4 + 3]).toBe(1);
    expect(out.data[(33 * 66 + 50) * 4 + 3]).toBe(0);
  });

  it('keeps the color of a soft edge: no dark rim', () => {
    const source = picture(40, 40, (x) => [0.8, Math.min(1, Math.max(0, (30 - x) / 6))]);
    const out = warpPicture(source, [0.9, 0.2, 3, -0.1, 0.95, 2, 0, 0, 1], {
      x: 0,
      y: 0,
      width: 40,
      height: 40,
    });
    for (let i = 0; i < out.data.length; i += 4)
      if (out.data[i + 3]! > 0.05) expect(out.data[i]! / out.data[i + 3]!).toBeCloseTo(0.8, 4);
  });
});

describe('coveredRect', () => {
  it('takes in every corner', () => {
    const rect = coveredRect({ width: 100, height: 50 }, [1, 0.2, 10, -0.1, 1, 20, 0.001, 0, 1]);
    expect(rect.x).toBeLessThanOrEqual(10);
    expect(rect.y).toBeLessThanOrEqual(20 - 9);
    expect(rect.y + rect.height).toBeGreaterThanOrEqual(70);
  });
});

describe('pixelsPerPixel', () => {
  it('tells how much a picture is reduced', () => {
    expect(pixelsPerPixel({ width: 100, height: 100 }, scale(0.25))).toBeCloseTo(4);
  });
});
