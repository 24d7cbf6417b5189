import { describe, expect, it } from 'vitest';
import { createRaster } from '../../../../../main/imaging/raster.ts';
import { measureBounds } from '../../../../../main/pipeline/stages/depth/layout-bounds.ts';

/** 40×30 cells: ceiling above row 6, wall to row 20, floor below; an object stands on the floor in columns 10–17. */
function room() {
  const layout = createRaster('f32', 40, 30, 4);
  for (let y = 0; y < 30; y++) {
    for (let x = 0; x < 40; x++) {
      const object = x >= 10 && x < 18 && y >= 14 && y < 25;
      const kind = object ? 0 : y < 6 ? 3 : y < 20 ? 2 : 1;
      layout.data.fill(0.02, (y * 40 + x) * 4, (y * 40 + x) * 4 + 4);
      layout.data[(y * 40 + x) * 4 + kind] = 0.94;
    }
  }
  return layout;
}

describe('measureBounds', () => {
  it('finds the rows of floor, ceiling and walls in photo pixels', () => {
    const bounds = measureBounds(room(), 400, 300);
    expect(bounds.floorTop).toBe(200);
    expect(bounds.ceilingBottom).toBe(60);
    expect(bounds.wallLine).toHaveLength(32);
    expect(bounds.wallLine.every((p) => p.y === 200)).toBe(true);
    expect(bounds.wallLine.some((p) => p.x > 100 && p.x < 180)).toBe(false);
    expect(bounds.walls[0]).toEqual({ x: 5, floor: 200, ceiling: 60 });
  });

  it('says nothing of what is not there', () => {
    const blank = createRaster('f32', 40, 30, 4);
    for (let i = 0; i < 1200; i++) blank.data[i * 4] = 1;
    expect(measureBounds(blank, 400, 300)).toEqual({
      floorTop: null,
      ceilingBottom: null,
      wallLine: [],
      walls: [],
    });
  });
});
