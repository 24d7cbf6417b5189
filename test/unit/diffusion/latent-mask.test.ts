import { describe, expect, test } from 'vitest';
import {
  blendLatents,
  eraseHole,
  keepOutsideMask,
  reduceMaskToLatents,
} from '../../../main/diffusion/latent-mask.ts';
import { STABLE_DIFFUSION } from '../../../main/diffusion/schedulers/config.ts';
import { createScheduler } from '../../../main/diffusion/schedulers/create-scheduler.ts';
import { createRaster } from '../../../main/imaging/raster.ts';

describe('reduceMaskToLatents', () => {
  test('takes the top-left pixel of each cell, binarised at one half', () => {
    const mask = createRaster('u8', 24, 16);
    mask.data[0] = 127; // just below one half: outside
    mask.data[8] = 128; // just above: hole
    mask.data[8 * 24 + 16] = 255;
    mask.data[8 * 24 + 1] = 255; // not a top-left pixel: not seen
    expect([...reduceMaskToLatents(mask)]).toEqual([0, 1, 0, 0, 0, 1]);
  });

  test('refuses sides that are not in whole cells', () => {
    expect(() => reduceMaskToLatents(createRaster('u8', 20, 16))).toThrow(/multiples of 8 .*20×16/);
  });
});

describe('eraseHole', () => {
  test('makes the hole grey in every channel and leaves the rest', () => {
    const mask = createRaster('u8', 2, 1);
    mask.data.set([255, 127]);
    const image = Float32Array.of(0.5, 0.25, -0.5, -0.25, 1, -1);
    const erased = eraseHole(image, mask, new Float32Array(6));
    expect([...erased]).toEqual([0, 0.25, 0, -0.25, 0, -1]);
    expect(image[0]).toBe(0.5);
    expect(() => eraseHole(new Float32Array(5), mask, new Float32Array(5))).toThrow(TypeError);
  });
});

describe('blending outside the mask', () => {
  test('mixes by the mask in every channel', () => {
    const sample = Float32Array.of(1, 1, 1, 1);
    blendLatents(sample, Float32Array.of(0, 0.25), Float32Array.of(5, 5, -3, -3));
    expect([...sample]).toEqual([5, 4, -3, -2]);
  });

  test('puts the picture back at the level of the next step, and clean after the last', () => {
    const scheduler = createScheduler('euler', 4, STABLE_DIFFUSION);
    const known = {
      original: Float32Array.of(0.5, 0.5),
      noise: Float32Array.of(1, 1),
      mask: Float32Array.of(0, 1),
      scratch: new Float32Array(2),
    };
    const sample = Float32Array.of(9, 9);
    keepOutsideMask(scheduler, 1, sample, known);
    expect(sample[0]).toBeCloseTo(0.5 + scheduler.sigmas[2]!, 5);
    expect(sample[1]).toBe(9);
    keepOutsideMask(scheduler, 3, sample, known);
    expect([...sample]).toEqual([0.5, 9]);
    expect([...known.original]).toEqual([0.5, 0.5]);
  });
});
