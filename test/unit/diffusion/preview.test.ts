import { expect, test } from 'vitest';
import { mixColors, toRgb8 } from '../../../main/diffusion/preview.ts';

test('a matrix mixes latents to colors, one pixel per cell', () => {
  const latents = { data: Float32Array.of(1, 0, 0, 2, 0.5, -4), channels: 3, width: 2, height: 1 };
  const matrix = [
    [0.5, 0, -1],
    [0, 0.25, 0],
    [0, 0, 1],
  ] as const;
  const picture = mixColors(latents, matrix, [0, 0, 0.5]);
  // Cell 0: (0.5, 0, −1 + 0.5 + 0.5); cell 1: (0, 0.5, −4 + 0.5), clipped.
  expect(picture).toMatchObject({ width: 2, height: 1, channels: 3 });
  expect([...picture.data]).toEqual([191, 128, 128, 128, 191, 0]);
});

test('planes become interleaved bytes', () => {
  const data = Float32Array.of(-1, 1, 0, 2, -2, 1);
  expect([...toRgb8({ data, channels: 3, width: 2, height: 1 }).data]).toEqual([0, 128, 0, 255, 255, 255]);
});
