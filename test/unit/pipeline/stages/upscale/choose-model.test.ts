import { describe, expect, it } from 'vitest';
import { normalStream, randomStream } from '../../../../../main/imaging/random.ts';
import { createRaster, type Raster } from '../../../../../main/imaging/raster.ts';
import { chooseModel, measureNoise } from '../../../../../main/pipeline/stages/upscale/choose-model.ts';

/** A soft gradient with Gaussian noise of a standard deviation in 8-bit steps. */
function noisy(sigma: number, dtype: 'u8' | 'u16' = 'u8', channels = 3): Raster {
  const raster = createRaster(dtype, 300, 260, channels);
  const unit = dtype === 'u8' ? 1 : 257;
  const next = normalStream(randomStream(7));
  for (let i = 0; i < raster.data.length; i++) {
    const x = Math.floor(i / channels) % 300;
    raster.data[i] = Math.max(0, Math.round((90 + x * 0.2 + sigma * next()) * unit));
  }
  return raster;
}

describe('the choice of super-resolution weights', () => {
  it('follows the wish', () => {
    expect(chooseModel('clean', 2, noisy(12))).toBe('starter/superres-x2');
    expect(chooseModel('camera', 2, noisy(0))).toBe('starter/superres-x2-camera');
    expect(chooseModel('camera', 4, noisy(12))).toBe('starter/superres-x4');
  });

  it.each(['u8', 'u16'] as const)('follows the measured noise where it is left open: %s', (dtype) => {
    expect(chooseModel('auto', 2, noisy(1, dtype))).toBe('starter/superres-x2');
    expect(chooseModel('auto', 2, noisy(12, dtype))).toBe('starter/superres-x2-camera');
    expect(chooseModel('auto', 2, noisy(12, dtype, 1))).toBe('starter/superres-x2-camera');
  });

  it('does not take texture in most of the photo for noise', () => {
    const photo = noisy(0.5);
    const textured = noisy(14);
    photo.data.set(textured.data.subarray(0, 300 * 180 * 3));
    expect(chooseModel('auto', 2, photo)).toBe('starter/superres-x2');
  });

  it('measures in shares of full scale', () => {
    // The three channels' noise is independent here: weighted 1:2:1 it is √6 / 4 of one channel's.
    expect(measureNoise(noisy(8, 'u16')) * 255).toBeCloseTo((8 * Math.sqrt(6)) / 4, 0);
    expect(measureNoise(noisy(8, 'u8', 1)) * 255).toBeCloseTo(8, 0);
  });
});
