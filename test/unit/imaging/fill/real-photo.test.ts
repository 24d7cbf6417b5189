import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { fillHole } from '../../../../main/imaging/fill/fill-hole.ts';
import { inpaintTelea } from './telea.ts';
import type { Raster } from '../../../../main/imaging/raster.ts';
import { hasRealPhotos, realPhotos } from '../../../support/sample.ts';
import { box, gradientEnergy, hide, mark, psnrInside } from './pictures.ts';

async function readCrop(
  left: number,
  top: number,
  width: number,
  height: number,
): Promise<Raster<Uint8Array>> {
  const { data } = await sharp(join(realPhotos, 'sectional-12mp.jpg'))
    .extract({ left, top, width, height })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width, height, channels: 3, data: new Uint8Array(data) };
}

describe.skipIf(!hasRealPhotos)('on a real photo (../shared/photos)', () => {
  it.each([
    ['a blank wall', 2250, 1000, 700, 450, [200, 100, 460, 330] as const],
    ['the edge of the ceiling', 600, 0, 1200, 800, [450, 200, 800, 500] as const],
    ['a wooden floor', 600, 2450, 1000, 574, [450, 200, 800, 430] as const],
  ] as const)(
    'makes up %s better than Telea, with as much detail as there was',
    async (_, x, y, w, h, hidden) => {
      const photo = await readCrop(x, y, w, h);
      const [x0, y0, x1, y1] = hidden;
      const hole = box(w, h, x0, y0, x1, y1);
      const blank = hide(photo, hole);
      const { raster } = await fillHole(blank, hole, { seed: 0 });
      const telea = await inpaintTelea(blank, hole);
      expect(psnrInside(raster, photo, hole)).toBeGreaterThan(psnrInside(telea, photo, hole) + 1.5);
      const ratio = gradientEnergy(raster, hole) / gradientEnergy(photo, hole);
      expect(ratio).toBeGreaterThan(0.6);
      expect(ratio).toBeLessThan(1.6);
      // No seam: steps across the rim are as large as those inside.
      const rim = mark(w, h, (px, py) => {
        const inside = (m: number): boolean => px >= x0 - m && px < x1 + m && py >= y0 - m && py < y1 + m;
        return inside(2) && !inside(-2);
      });
      expect(gradientEnergy(raster, rim) / gradientEnergy(photo, rim)).toBeLessThan(1.6);
    },
  );
});
