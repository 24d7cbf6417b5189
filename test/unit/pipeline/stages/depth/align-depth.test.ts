import { describe, expect, it } from 'vitest';
import { createRaster, type Raster } from '../../../../../main/imaging/raster.ts';
import { alignDepth } from '../../../../../main/pipeline/stages/depth/align-depth.ts';
import { createFloorPlane, floorDisparity } from '../../../../../main/placement/floor-plane.ts';

const width = 160;
const height = 120;
const plane = createFloorPlane({
  width: 1600,
  height: 1200,
  focal: 1200,
  horizon: 480,
  confidence: 1,
  source: 'user',
});

const floorAt = (y: number) => floorDisparity(plane, { x: 800, y: (y + 0.5) * 10 });

/** A box (columns 60–99, rows 40–89) in front of a wall (above row 70) on a floor; everything in true disparity. */
function scene() {
  const truth = createRaster('f32', width, height);
  const layout = createRaster('f32', width, height, 4);
  const rgb = createRaster('u8', width, height, 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const box = x >= 60 && x < 100 && y >= 40 && y < 90;
      truth.data[i] = box ? floorAt(89) : floorAt(Math.max(y, 70));
      layout.data[i * 4 + (box ? 0 : y >= 70 ? 1 : 2)] = 6;
      rgb.data.set(box ? [150, 60, 50] : y >= 70 ? [120, 100, 80] : [200, 200, 190], i * 3);
    }
  }
  return { truth, layout, rgb };
}

/** What a net would say of it: scaled, shifted, bent and at a quarter of the size. */
function netOf(truth: Raster<Float32Array>, bend = 0.15): Raster<Float32Array> {
  const small = createRaster('f32', width / 4, height / 4);
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      let sum = 0;
      for (let v = 0; v < 4; v++)
        for (let u = 0; u < 4; u++) sum += truth.data[(y * 4 + v) * width + x * 4 + u]!;
      small.data[y * small.width + x] = 3 * (sum / 16) - 1 + bend * Math.sin(y / 4);
    }
  }
  return small;
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
}

describe('alignDepth', () => {
  it('puts the floor on its plane and keeps near and far in order', () => {
    const { truth, layout, rgb } = scene();
    const { depth, tied, floorResidual } = alignDepth(netOf(truth), layout, plane, rgb);
    expect(tied).toBe(true);
    expect(floorResidual).toBeGreaterThan(0);
    // Depth must be one linear function of true disparity all over the floor.
    const rows = [75, 85, 95, 105, 115];
    const at = (y: number) => [truth.data[y * width + 20]!, depth.data[y * width + 20]!] as const;
    const [t0, d0] = at(75);
    const [t1, d1] = at(115);
    const errors = rows.map((y) => at(y)[1] - d0 - ((at(y)[0] - t0) * (d1 - d0)) / (t1 - t0));
    expect(rootMeanSquare(errors)).toBeLessThan(0.01);
    expect(depth.data[60 * width + 80]!).toBeGreaterThan(depth.data[60 * width + 20]! + 0.1);
  });

  it("sets the box's edge on the photo's", () => {
    const { truth, layout, rgb } = scene();
    const { depth } = alignDepth(netOf(truth, 0), layout, plane, rgb);
    const row = [...depth.data.subarray(55 * width, 56 * width)];
    const half = (row[20]! + row[80]!) / 2;
    const edge = row.findIndex((v) => v > half);
    expect(Math.abs(edge - 60)).toBeLessThanOrEqual(1);
  });

  it('does not flatten a seat that the layout took for floor', () => {
    const { truth, layout, rgb } = scene();
    for (let i = 0; i < layout.width * layout.height; i++) {
      if (layout.data[i * 4] !== 6) continue;
      layout.data[i * 4] = 0;
      layout.data[i * 4 + 1] = 6;
    }
    const { depth, tied } = alignDepth(netOf(truth), layout, plane, rgb);
    expect(tied).toBe(true);
    expect(depth.data[73 * width + 80]!).toBeGreaterThan(depth.data[73 * width + 20]! + 0.1);
  });

  it('leaves the net alone where there is no floor, or where it contradicts the plane', () => {
    const { truth, rgb, layout } = scene();
    const walls = { ...layout, data: layout.data.map((_, i) => (i % 4 === 2 ? 6 : 0)) };
    const without = alignDepth(netOf(truth), walls, plane, rgb);
    expect(without).toMatchObject({ tied: false, floorResidual: null });
    const upsideDown = netOf({ ...truth, data: truth.data.map((v) => -v) });
    expect(alignDepth(upsideDown, layout, plane, rgb).tied).toBe(false);
    expect(Math.min(...without.depth.data)).toBe(0);
    expect(Math.max(...without.depth.data)).toBe(1);
  });
});
