import { describe, expect, it } from 'vitest';
import { detectEdges, drawLines } from '../../../main/imaging/edge-maps.ts';
import type { Raster } from '../../../main/imaging/raster.ts';
import { loadOpenCv, withMats } from '../../support/opencv.ts';

const SIZE = { width: 96, height: 72 };

/** Discs, bars and a slope in different colors, with a little noise. */
function drawScene(): Raster<Uint8Array> {
  const { width, height } = SIZE;
  const data = new Uint8Array(width * height * 3);
  let state = 7;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const disc = Math.hypot(x - 30, y - 34) < 19;
      const bar = Math.abs(x + y / 2 - 84) < 9;
      const color = disc ? [200, 90, 40] : bar ? [60, 70, 190] : [110 + x, 120 + y, 140];
      for (const sample of color) {
        state = (state * 1103515245 + 12345) % 2147483648;
        data[i++] = Math.min(255, Math.max(0, sample + ((state >> 16) % 25) - 12));
      }
    }
  }
  return { ...SIZE, channels: 3, data };
}

describe('detectEdges', () => {
  it('gives OpenCV’s Canny at 100 and 200, pixel for pixel', async () => {
    const cv = await loadOpenCv();
    const scene = drawScene();
    const expected = withMats(cv, (own) => {
      const source = own(cv.matFromArray(SIZE.height, SIZE.width, cv.CV_8UC3, scene.data));
      const edges = own(new cv.Mat());
      cv.Canny(source, edges, 100, 200, 3, false);
      return Uint8Array.from(edges.data as Uint8Array);
    });
    const { data } = detectEdges(scene);
    expect(data.filter((v, i) => v !== expected[i]).length).toBe(0);
    expect(data.filter((v) => v === 255).length).toBeGreaterThan(150);
  });

  it('finds nothing in a flat picture', () => {
    const flat = { ...SIZE, channels: 3, data: new Uint8Array(SIZE.width * SIZE.height * 3).fill(90) };
    expect(detectEdges(flat).data.every((v) => v === 0)).toBe(true);
  });
});

describe('drawLines', () => {
  it('draws a dark stroke at 127 and leaves a bright one and a slope out', () => {
    const data = new Uint8Array(SIZE.width * SIZE.height * 3);
    for (let i = 0, p = 0; i < data.length; i += 3, p++) {
      const x = p % SIZE.width;
      data.fill(x === 30 ? 60 : x === 70 ? 250 : 150 + (x >> 2), i, i + 3);
    }
    const { data: lines } = drawLines({ ...SIZE, channels: 3, data });
    const row = lines.subarray(36 * SIZE.width, 37 * SIZE.width);
    expect(Math.abs(row[30]! - 127)).toBeLessThan(3);
    expect(row[70]).toBe(0);
    expect(Math.max(...row.subarray(40, 60))).toBeLessThan(20);
  });
});
