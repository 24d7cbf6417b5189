import { beforeAll, describe, expect, it } from 'vitest';
import { grabCutLabel, runGrabCut } from '../../support/grabcut.ts';
import { type OpenCv, loadOpenCv } from '../../support/opencv.ts';
import { createRaster } from '../../../main/imaging/raster.ts';

const size = 48;

/** A reddish disk of radius 14 on a noisy bluish ground. */
function paintDisk() {
  const rgb = createRaster('u8', size, size, 3);
  const truth = new Uint8Array(size * size);
  let state = 5;
  for (let i = 0; i < truth.length; i++) {
    truth[i] = Math.hypot((i % size) - 24, Math.floor(i / size) - 22) < 14 ? 1 : 0;
    state = (state * 1664525 + 1013904223) >>> 0;
    const grain = state % 30;
    rgb.data.set(truth[i] ? [150 + grain, 70, 60 + grain] : [60 + grain, 80, 140 + grain], i * 3);
  }
  return { rgb, truth };
}

describe('runGrabCut', () => {
  let cv: OpenCv;
  beforeAll(async () => {
    cv = await loadOpenCv();
  });

  it('finds the disk from a rough guess, the same twice', () => {
    const { rgb, truth } = paintDisk();
    const trimap = new Uint8Array(size * size).fill(grabCutLabel.background);
    for (let i = 0; i < trimap.length; i++) {
      const far = Math.hypot((i % size) - 27, Math.floor(i / size) - 25);
      if (far < 20) trimap[i] = far < 10 ? grabCutLabel.maybeForeground : grabCutLabel.maybeBackground;
    }
    const first = runGrabCut(cv, rgb, trimap, 3);
    const wrong = first.reduce((sum, v, i) => sum + (v === truth[i] ? 0 : 1), 0);
    expect(wrong).toBeLessThan(12);
    expect(runGrabCut(cv, rgb, trimap, 3)).toEqual(first);
  });

  it('keeps what the trimap is sure of', () => {
    const { rgb } = paintDisk();
    const trimap = new Uint8Array(size * size).fill(grabCutLabel.maybeForeground);
    trimap.fill(grabCutLabel.background, 0, size * 20);
    trimap[size * 40 + 3] = grabCutLabel.foreground;
    const division = runGrabCut(cv, rgb, trimap, 1);
    expect(division.subarray(0, size * 20).includes(1)).toBe(false);
    expect(division[size * 40 + 3]).toBe(1);
  });

  it('gives the division back where one side is empty', () => {
    const { rgb } = paintDisk();
    const trimap = new Uint8Array(size * size).fill(grabCutLabel.maybeForeground);
    expect(runGrabCut(cv, rgb, trimap, 1).includes(0)).toBe(false);
  });
});
