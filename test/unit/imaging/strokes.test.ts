import { describe, expect, test } from 'vitest';
import { createRaster } from '../../../main/imaging/raster.ts';
import { paintStrokes, type Stroke } from '../../../main/imaging/strokes.ts';
import type { MaskWindow } from '../../../main/imaging/window.ts';

const photo = { width: 100, height: 80 };
const nothing: MaskWindow = { raster: createRaster('u8', 0, 0), rect: { x: 0, y: 0, width: 0, height: 0 } };
const stroke = (values: Partial<Stroke>): Stroke => ({
  mode: 'add',
  size: 20,
  hardness: 1,
  points: [50, 40],
  ...values,
});

function at({ raster, rect }: MaskWindow, x: number, y: number): number {
  const inside = x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;
  return inside ? raster.data[(y - rect.y) * rect.width + x - rect.x]! : 0;
}

describe('paintStrokes', () => {
  test('a hard dab is a disk of its diameter', () => {
    const painted = paintStrokes(nothing, [stroke({})], photo);
    const full = painted.raster.data.reduce((sum, v) => sum + v / 255, 0);
    expect(full).toBeCloseTo(Math.PI * 100, -1);
    expect(at(painted, 50, 40)).toBe(255);
    expect(at(painted, 62, 40)).toBe(0);
  });

  test('a soft brush fades from its hard core to its rim and crosses the middle halfway', () => {
    const painted = paintStrokes(nothing, [stroke({ size: 40, hardness: 0.5 })], photo);
    const row = Array.from({ length: 21 }, (_, d) => at(painted, 50 + d, 40));
    expect(row[9]).toBe(255);
    expect(row[15]).toBeGreaterThan(90);
    expect(row[15]).toBeLessThan(165);
    expect(row.every((v, i) => i === 0 || v <= row[i - 1]!)).toBe(true);
  });

  test('a stroke is as wide between its points as at them, however often it passes', () => {
    const once = paintStrokes(nothing, [stroke({ points: [20, 40, 80, 40] })], photo);
    const twice = paintStrokes(nothing, [stroke({ points: [20, 40, 80, 40, 20, 40] })], photo);
    expect(at(once, 50, 48)).toBe(255);
    expect(at(once, 50, 52)).toBe(0);
    expect(twice.raster.data).toEqual(once.raster.data);
  });

  test('the eraser takes away, and what is painted after it comes back', () => {
    const strokes = [stroke({ size: 40 }), stroke({ mode: 'erase', size: 10 }), stroke({ size: 4 })];
    const painted = paintStrokes(nothing, strokes, photo);
    expect(at(painted, 50, 40)).toBe(255);
    expect(at(painted, 53, 40)).toBe(0);
    expect(at(painted, 60, 40)).toBe(255);
  });

  test('keeps the mask it starts from and stays inside the photo', () => {
    const raster = createRaster('u8', 10, 10);
    raster.data.fill(77);
    const mask: MaskWindow = { raster, rect: { x: 3, y: 4, width: 10, height: 10 } };
    const painted = paintStrokes(mask, [stroke({ points: [99, 79] })], photo);
    expect(painted.rect).toEqual({ x: 3, y: 4, width: 97, height: 76 });
    expect(at(painted, 3, 4)).toBe(77);
    expect(at(painted, 12, 13)).toBe(77);
    expect(at(painted, 13, 13)).toBe(0);
    expect(at(painted, 98, 78)).toBe(255);
    expect(raster.data.every((v) => v === 77)).toBe(true);
  });
});
