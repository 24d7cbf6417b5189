import { describe, expect, it } from 'vitest';
import { createRaster } from '../../../../../main/imaging/raster.ts';
import {
  cropToFit,
  fitScene,
  sampleGrid,
  toCells,
  toImageTensor,
  toRaster,
  toTensor,
} from '../../../../../main/pipeline/stages/segment/scene-grid.ts';

const photo = { x: 0, y: 0, width: 4032, height: 3024 };

describe('fitScene', () => {
  it("fits the long side to the net's", () => {
    expect(fitScene(photo, 384)).toMatchObject({ width: 384, height: 288 });
    expect(fitScene({ ...photo, width: 300, height: 1000 }, 384)).toMatchObject({ width: 115, height: 384 });
  });
});

describe('toCells', () => {
  it('maps photo corners to the corners of the fit, whatever the rectangle', () => {
    const fit = fitScene({ x: 100, y: 50, width: 333, height: 517 }, 384);
    expect(toCells(fit, { x: 100, y: 50 }, 4)).toEqual({ x: 0, y: 0 });
    expect(toCells(fit, { x: 433, y: 567 }, 4)).toEqual({ x: fit.width / 4, y: 96 });
  });
});

describe('toImageTensor', () => {
  it('centres the values and pads with zeros', () => {
    const rgb = createRaster('u8', 2, 1, 3);
    rgb.data.set([0, 255, 51, 255, 0, 102]);
    const { data, dims } = toImageTensor(rgb, 3);
    expect(dims).toEqual([1, 3, 3, 3]);
    const plane = (c: number) =>
      [...(data as Float32Array).subarray(c * 9, c * 9 + 4)].map((v) => Math.round(v * 10) / 10);
    expect(plane(0)).toEqual([-0.5, 0.5, 0, 0]);
    expect(plane(1)).toEqual([0.5, -0.5, 0, 0]);
    expect(plane(2)).toEqual([-0.3, -0.1, 0, 0]);
  });
});

describe('toRaster and toTensor', () => {
  it('are inverse to each other', () => {
    const tensor = {
      type: 'float32',
      dims: [1, 3, 2, 4],
      data: Float32Array.from({ length: 24 }, (_, i) => i),
    } as const;
    const raster = toRaster(tensor);
    expect(raster).toMatchObject({ width: 4, height: 2, channels: 3 });
    expect([...raster.data.subarray(0, 3)]).toEqual([0, 8, 16]);
    expect(toTensor(raster)).toEqual(tensor);
  });
});

describe('cropToFit', () => {
  it('drops the padding and covers the photo exactly, also where a cell lies across its border', () => {
    const fit = fitScene({ x: 0, y: 0, width: 840, height: 460 }, 384);
    expect(fit.height).toBe(210);
    const cells = createRaster('f32', 96, 96);
    for (let i = 0; i < cells.data.length; i++) cells.data[i] = Math.floor(i / 96) + 0.5;
    const cropped = cropToFit(cells, fit);
    expect(cropped).toMatchObject({ width: 96, height: 53 });
    // A ramp in cells stays one: row k's centre lies (k + 0.5) / 53 of the way to the photo's border at 52.5 cells.
    for (const row of [1, 26, 52]) expect(cropped.data[row * 96]).toBeCloseTo(((row + 0.5) * 52.5) / 53, 4);
  });

  it('gives the cells themselves where they fit', () => {
    const cells = createRaster('f32', 96, 96, 4);
    for (let i = 0; i < cells.data.length; i++) cells.data[i] = i;
    const cropped = cropToFit(cells, fitScene(photo, 384));
    expect(cropped).toMatchObject({ width: 96, height: 72, channels: 4 });
    expect(cropped.data).toEqual(cells.data.subarray(0, 96 * 72 * 4));
  });
});

describe('sampleGrid', () => {
  it('goes on with the border outside the grid', () => {
    const grid = { width: 2, height: 1, channels: 1, data: new Float32Array([1, 3]) };
    const { data } = sampleGrid(grid, { x: -2, y: -1, width: 6, height: 2 }, 6, 1);
    expect([...data]).toEqual([1, 1, 1, 3, 3, 3]);
  });
});
