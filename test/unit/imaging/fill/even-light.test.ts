import { describe, expect, it } from 'vitest';
import { HELD } from '../../../../main/imaging/fill/blend.ts';
import { completeHole } from '../../../../main/imaging/fill/complete.ts';
import { evenLight } from '../../../../main/imaging/fill/even-light.ts';
import { createTransfer } from '../../../../main/imaging/fill/transfer.ts';
import { createRaster, type Raster } from '../../../../main/imaging/raster.ts';
import { box, paint, psnrInside, speckle } from './pictures.ts';

describe('evenLight', () => {
  const [width, height] = [240, 180];
  const hole = box(width, height, 80, 50, 160, 130);
  const holds = Uint8Array.from(hole.data, (value) => (value ? 0 : HELD));
  const texture = (x: number, y: number): number => 12 * (speckle(x, y) - 0.5);

  async function even(truth: Raster<Uint8Array>, filled: Raster<Uint8Array>): Promise<Raster<Uint8Array>> {
    const labels = createRaster('u8', width, height);
    labels.data.fill(1);
    const planes = [{ homography: null }, { homography: null }];
    const completion = await completeHole({ image: truth, hole, labels, planes }, { seed: 0 });
    const out = { ...filled, data: filled.data.slice() };
    evenLight(createTransfer(hole, planes, completion), out, holds);
    return out;
  }

  it('takes a stain out that a copied piece brought, and leaves its texture', async () => {
    const light = (x: number, y: number): number => 40 + 0.6 * x + 0.1 * y;
    const truth = paint(width, height, (x, y) => {
      const v = light(x, y) + texture(x, y);
      return [v, v, v - 30];
    });
    const stained = paint(width, height, (x, y) => {
      const stain = 8 * Math.sin(((x - 80) / 80) * Math.PI) ** 2 * Math.sin(((y - 50) / 80) * Math.PI) ** 2;
      const v = light(x, y) + texture(x, y) - (hole.data[y * width + x] ? stain : 0);
      return [v, v, v - 30];
    });
    const out = await even(truth, stained);
    expect(psnrInside(out, truth, hole)).toBeGreaterThan(psnrInside(stained, truth, hole) + 1.5);
    for (let i = 0; i < hole.data.length; i++)
      if (!hole.data[i]) expect(out.data[i * 3]).toBe(stained.data[i * 3]);
  });

  it('keeps an edge that runs through', async () => {
    const truth = paint(width, height, (x, y) => {
      const v = (x < 122 ? 90 : 170) + texture(x, y);
      return [v, v, v];
    });
    expect(psnrInside(await even(truth, truth), truth, hole)).toBeGreaterThan(34);
  });
});
