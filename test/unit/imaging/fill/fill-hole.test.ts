import { describe, expect, it } from 'vitest';
import { CancelledError, RequestError } from '../../../../main/errors.ts';
import { fillHole } from '../../../../main/imaging/fill/fill-hole.ts';
import { createRaster, type Raster } from '../../../../main/imaging/raster.ts';
import { box, gradientEnergy, hide, mark, paint, psnrInside, speckle } from './pictures.ts';

/** A woven texture that repeats every 12 pixels, in the light of a window on the left. */
const weave = (x: number, y: number): readonly [number, number, number] => {
  const v = 90 + 80 * speckle(x % 12, y % 12) - 0.1 * x;
  return [v + 20, v, v - 20];
};

describe('fillHole', () => {
  it('continues a repeated texture, and the light on it', async () => {
    const picture = paint(260, 200, weave);
    const hole = mark(260, 200, (x, y) => Math.hypot(x - 130, y - 100) < 40);
    const { raster, rimPsnr } = await fillHole(hide(picture, hole), hole, { seed: 1 });
    expect(psnrInside(raster, picture, hole)).toBeGreaterThan(30);
    expect(rimPsnr).toBeGreaterThan(20);
    const ring = mark(260, 200, (x, y) => Math.abs(Math.hypot(x - 130, y - 100) - 65) < 20);
    const ratio = gradientEnergy(raster, hole) / gradientEnergy(picture, ring);
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.25);
  });

  it('leaves every sample outside the hole alone, and its input too', async () => {
    const picture = paint(120, 90, (x, y) => [x, y, 255 * speckle(x, y)]);
    const hole = box(120, 90, 40, 30, 70, 60);
    const before = picture.data.slice();
    const { raster } = await fillHole(picture, hole, { seed: 0 });
    expect(picture.data).toEqual(before);
    for (let i = 0; i < hole.data.length; i++) {
      if (!hole.data[i])
        expect(raster.data.subarray(i * 3, i * 3 + 3)).toEqual(before.subarray(i * 3, i * 3 + 3));
    }
    expect(raster.data).not.toEqual(before);
  });

  it('gives the same samples for the same seed, and other ones for another', async () => {
    const picture = paint(120, 90, (x, y) => [255 * speckle(x, y), 100, 255 * speckle(x, y, 1)]);
    const hole = box(120, 90, 40, 30, 70, 60);
    const fill = async (seed: number): Promise<Uint8Array> =>
      (await fillHole(hide(picture, hole), hole, { seed })).raster.data;
    const first = await fill(7);
    expect(await fill(7)).toEqual(first);
    expect(await fill(8)).not.toEqual(first);
  });

  it('copies in 16 bits what it found in 8', async () => {
    const wide: Raster<Uint16Array> = createRaster('u16', 160, 120, 4);
    for (let i = 0, p = 0; i < 160 * 120; i++, p += 4) {
      const v = 20_000 + 20_000 * speckle((i % 160) % 10, Math.floor(i / 160) % 10);
      wide.data.set([v, v + 3, v + 5, 65_535], p);
    }
    const hole = box(160, 120, 60, 40, 100, 80);
    const blank = { ...wide, data: wide.data.slice() };
    for (let i = 0; i < hole.data.length; i++)
      if (hole.data[i]) blank.data.set([0, 65_535, 0, 65_535], i * 4);
    const { raster } = await fillHole(blank, hole, { seed: 0 });
    expect(raster.data).toBeInstanceOf(Uint16Array);
    let exact = 0;
    let inside = 0;
    for (let i = 0; i < hole.data.length; i++) {
      if (!hole.data[i]) continue;
      inside++;
      const [red, green, , alpha] = raster.data.subarray(i * 4, i * 4 + 4);
      expect(alpha).toBe(65_535);
      if (Math.abs(green! - red! - 3) <= 1) exact++;
    }
    expect(exact / inside).toBeGreaterThan(0.9);
  });

  it('fills grey pictures of one channel', async () => {
    const grey = createRaster('u8', 100, 80);
    for (let i = 0; i < grey.data.length; i++) grey.data[i] = 60 + (i % 100) / 2;
    const hole = box(100, 80, 40, 30, 60, 50);
    const { raster } = await fillHole(grey, hole, { seed: 0 });
    for (let x = 40; x < 60; x++) expect(Math.abs(raster.data[40 * 100 + x]! - (60 + x / 2))).toBeLessThan(6);
  });

  it('leaves a picture without a hole as it is, and refuses one that is nothing else', async () => {
    const picture = paint(60, 60, weave);
    const { raster } = await fillHole(picture, box(60, 60, 0, 0, 0, 0), { seed: 0 });
    expect(raster.data).toEqual(picture.data);
    await expect(fillHole(picture, box(60, 60, 0, 0, 60, 60), { seed: 0 })).rejects.toThrow(RequestError);
  });

  it('stops when it is cancelled', async () => {
    const picture = paint(160, 120, weave);
    const stop = new AbortController();
    const seen: number[] = [];
    const filling = fillHole(picture, box(160, 120, 50, 40, 100, 80), {
      seed: 0,
      signal: stop.signal,
      progress: (done) => {
        seen.push(done);
        if (done > 0.2) stop.abort();
      },
    });
    await expect(filling).rejects.toThrow(CancelledError);
    expect(seen.at(-1)).toBeLessThan(0.9);
  });
});

describe('surfaces', () => {
  it('are continued from themselves up to their edge', async () => {
    const wall = [180, 170, 160] as const;
    const picture = paint(240, 180, (x, y) => {
      const v = 16 * speckle(x, y);
      return y < 90 ? [wall[0] + v, wall[1] + v, wall[2] + v] : [80 + v, 50 + v, 30 + v];
    });
    const hole = box(240, 180, 90, 50, 150, 130);
    const labels = createRaster('u8', 240, 180);
    for (let i = 0; i < labels.data.length; i++) labels.data[i] = i < 90 * 240 ? 2 : 1;
    const flat = { homography: null };
    const { raster } = await fillHole(hide(picture, hole), hole, {
      seed: 0,
      surfaces: { labels, planes: [flat, flat, flat] },
    });
    for (let x = 92; x < 148; x++) {
      expect(raster.data[(86 * 240 + x) * 3]).toBeGreaterThan(160);
      expect(raster.data[(93 * 240 + x) * 3]).toBeLessThan(120);
    }
  });

  it('in perspective are continued in perspective', async () => {
    const horizon = 20;
    const homography = [1, 0, -160, 0, 0, 200, 0, 1, -horizon];
    const picture = paint(320, 240, (x, y) => {
      if (y <= horizon + 12) return [120, 120, 120];
      const u = ((x - 160) / (y - horizon)) * 8;
      const v = (200 / (y - horizon)) * 8;
      const tile = (Math.floor(u) + Math.floor(v)) & 1;
      return tile ? [190, 160, 120] : [90, 60, 40];
    });
    const hole = box(320, 240, 110, 110, 210, 190);
    const labels = createRaster('u8', 320, 240);
    for (let i = 0; i < labels.data.length; i++) labels.data[i] = i < (horizon + 13) * 320 ? 2 : 1;
    const flat = { homography: null };
    const fill = async (floor: { homography: readonly number[] | null }): Promise<number> => {
      const { raster } = await fillHole(hide(picture, hole), hole, {
        seed: 0,
        surfaces: { labels, planes: [flat, floor, flat] },
      });
      return psnrInside(raster, picture, hole);
    };
    const straight = await fill({ homography });
    expect(straight).toBeGreaterThan(14);
    expect(straight).toBeGreaterThan((await fill(flat)) + 2);
  });

  it('of the foreground are neither copied nor met', async () => {
    const picture = paint(240, 160, (x, y) =>
      x >= 150 ? [200, 20, 20] : [90, 110 + 20 * speckle(x, y), 120],
    );
    const hole = box(240, 160, 90, 50, 150, 110);
    const labels = createRaster('u8', 240, 160);
    for (let i = 0; i < labels.data.length; i++) labels.data[i] = i % 240 >= 150 ? 0 : 1;
    const flat = { homography: null };
    const { raster } = await fillHole(hide(picture, hole), hole, {
      seed: 0,
      surfaces: { labels, planes: [flat, flat] },
    });
    for (let y = 50; y < 110; y++) expect(raster.data[(y * 240 + 149) * 3]).toBeLessThan(110);
  });
});
