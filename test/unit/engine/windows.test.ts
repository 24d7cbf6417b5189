import { describe, expect, it } from 'vitest';
import { digestWhole, expandWindow } from '../../../main/engine/windows.ts';
import { createRaster, type Raster } from '../../../main/imaging/raster.ts';
import type { Window, WindowedRaster } from '../../../main/pipeline/node.ts';
import { digestOf } from '../../../main/store/artifact.ts';

function numbered(width: number, height: number, channels: number, from: number): Raster<Uint16Array> {
  const raster = createRaster('u16', width, height, channels);
  for (let i = 0; i < raster.data.length; i++) raster.data[i] = from + i;
  return raster;
}

const rects = [
  { x: 2, y: 1, width: 3, height: 2 },
  { x: 0, y: 0, width: 7, height: 5 },
  { x: 0, y: 2, width: 7, height: 2 },
  { x: 6, y: 4, width: 1, height: 1 },
  { x: 3, y: 3, width: 0, height: 0 },
];

describe.each(['zero', 'frame'] as const)('a window over %s', (background) => {
  const frame = numbered(7, 5, 3, 10_000);

  it.each(rects)('expands and hashes like the whole raster: $x,$y $width×$height', (rect) => {
    const window: Window = { width: 7, height: 5, rect, background };
    const windowed: WindowedRaster = { raster: numbered(rect.width, rect.height, 3, 1), window };
    const whole = expandWindow(windowed, frame);
    for (let y = 0; y < 5; y++) {
      for (let x = 0; x < 7; x++) {
        const inside = x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
        const expected = inside
          ? 1 + ((y - rect.y) * rect.width + x - rect.x) * 3
          : background === 'zero'
            ? 0
            : frame.data[(y * 7 + x) * 3];
        expect(whole.data[(y * 7 + x) * 3]).toBe(expected);
      }
    }
    expect(digestWhole(windowed, frame)).toBe(digestOf('u16', [5, 7, 3], whole.data));
  });
});

it('refuses a frame of another shape or depth, or none', () => {
  const window: Window = { width: 7, height: 5, rect: rects[0]!, background: 'frame' };
  const windowed = { raster: numbered(3, 2, 3, 1), window };
  expect(() => expandWindow(windowed, null)).toThrow(/frame/);
  expect(() => digestWhole(windowed, createRaster('u8', 7, 5, 3))).toThrow(/u16/);
  expect(() => digestWhole(windowed, createRaster('u16', 5, 7, 3))).toThrow(/5×7/);
});

it('hashes zeros far larger than its own scratch', () => {
  const rect = { x: 1000, y: 1000, width: 2, height: 2 };
  const window: Window = { width: 2048, height: 1536, rect, background: 'zero' };
  const windowed = { raster: numbered(2, 2, 1, 1), window };
  expect(digestWhole(windowed, null)).toBe(
    digestOf('u16', [1536, 2048, 1], expandWindow(windowed, null).data),
  );
});
