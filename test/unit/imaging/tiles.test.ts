import { describe, expect, it } from 'vitest';
import { createRaster } from '../../../main/imaging/raster.ts';
import { addFaded, copyKept, planTiles, scaleTile } from '../../../main/imaging/tiles.ts';
import { cropRaster } from '../../../main/imaging/window.ts';
import { noise8 } from './sample-fixtures.ts';

const cases = [
  [100, 80, 32, 8],
  [100, 80, 33, 16],
  [32, 200, 32, 8],
  [10, 10, 32, 8],
  [33, 33, 32, 4],
  [257, 129, 64, 0],
] as const;

describe('planTiles', () => {
  it.each(cases)(
    'covers %i × %i with tiles of %i that overlap by at least %i',
    (width, height, tile, overlap) => {
      const owners = new Uint8Array(width * height);
      for (const { rect, keep, fade } of planTiles(width, height, tile, overlap)) {
        expect(rect.width).toBe(Math.min(tile, width));
        expect(rect.height).toBe(Math.min(tile, height));
        expect(rect.x >= 0 && rect.x + rect.width <= width && rect.y + rect.height <= height).toBe(true);
        expect(fade.left > 0).toBe(rect.x > 0 && overlap > 0);
        expect(keep.x - rect.x).toBeGreaterThanOrEqual(rect.x === 0 ? 0 : Math.floor(overlap / 2));
        for (let y = keep.y; y < keep.y + keep.height; y++)
          for (let x = keep.x; x < keep.x + keep.width; x++) owners[y * width + x]!++;
      }
      expect(owners.every((count) => count === 1)).toBe(true);
    },
  );

  it('refuses overlaps of half a tile', () => {
    expect(() => planTiles(100, 100, 32, 16)).toThrow(TypeError);
  });
});

describe('stitching', () => {
  it.each(cases)(
    'gives back %i × %i (tile %i, overlap %i) by fading and by cropping',
    (width, height, tile, overlap) => {
      const picture = noise8(width, height, 3, 4);
      const faded = createRaster('f32', width, height, 3);
      const cropped = createRaster('u8', width, height, 3);
      for (const part of planTiles(width, height, tile, overlap)) {
        const samples = cropRaster(picture, part.rect);
        addFaded(faded, samples, part);
        copyKept(cropped, samples, part);
      }
      expect(Buffer.compare(cropped.data, picture.data)).toBe(0);
      let worst = 0;
      for (let i = 0; i < faded.data.length; i++)
        worst = Math.max(worst, Math.abs(faded.data[i]! - picture.data[i]!));
      expect(worst).toBeLessThan(1e-3);
    },
  );

  it('keeps its plan when scaled', () => {
    const tile = planTiles(100, 80, 32, 8)[1]!;
    const twice = scaleTile(tile, 2);
    expect(twice.rect).toEqual({ x: tile.rect.x * 2, y: tile.rect.y * 2, width: 64, height: 64 });
    expect(twice.fade.left).toBe(tile.fade.left * 2);
  });
});
