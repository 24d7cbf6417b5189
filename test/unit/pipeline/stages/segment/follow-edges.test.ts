import { describe, expect, it } from 'vitest';
import { createRaster, type Raster } from '../../../../../main/imaging/raster.ts';
import { resizeRaster } from '../../../../../main/imaging/resize.ts';
import { followEdges } from '../../../../../main/pipeline/stages/segment/follow-edges.ts';

const width = 400;
const height = 300;
const rect = { x: 1000, y: 500, width, height };

/** A red half left of x = 203 + 0.1·y on a green ground; logits on a grid of a tenth, off by up to a cell. */
function scene(Samples: Uint8ArrayConstructor | Uint16ArrayConstructor) {
  const full = Samples === Uint8Array ? 255 : 65535;
  const data = new Samples(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const red = x < 203 + 0.1 * y;
      const grain = ((x * 31 + y * 17) % 7) / 400;
      data.set(
        [(red ? 0.55 : 0.3) + grain, (red ? 0.3 : 0.5) + grain, 0.3].map((v) => v * full),
        (y * width + x) * 3,
      );
    }
  }
  const pixels = { width, height, channels: 3, data } as Raster<Uint8Array>;
  const logits = createRaster('f32', width / 10, height / 10);
  for (let i = 0; i < logits.data.length; i++) {
    const border = 20.3 + 0.1 * Math.floor(i / logits.width) + (Math.floor(i / logits.width) % 3) * 0.3;
    logits.data[i] = (i % logits.width) + 0.5 < border ? 4 : -4;
  }
  return { pixels, logits };
}

async function follow(Samples: Uint8ArrayConstructor | Uint16ArrayConstructor, edges: number) {
  const { pixels, logits } = scene(Samples);
  const reduced = await resizeRaster(pixels, width / 2, height / 2);
  return followEdges(pixels, reduced, rect, logits, edges);
}

function crossings(mask: Raster<Uint8Array>): number[] {
  return Array.from({ length: height }, (_, y) =>
    mask.data.subarray(y * width, (y + 1) * width).findIndex((v) => v < 128),
  );
}

describe('followEdges', () => {
  it.each([Uint8Array, Uint16Array])("sets the border on the photo's edge, %o", async (Samples) => {
    const { raster, rect: window } = await follow(Samples, 1);
    expect(window).toEqual(rect);
    const errors = crossings(raster).map((x, y) => Math.abs(x - (203 + 0.1 * y)));
    expect(errors.toSorted((a, b) => a - b)[Math.floor(height * 0.9)]).toBeLessThan(2);
  });

  it('leaves the enlarged logits as they are at edges 0', async () => {
    const plain = crossings((await follow(Uint8Array, 0)).raster).map((x, y) =>
      Math.abs(x - (203 + 0.1 * y)),
    );
    const followed = crossings((await follow(Uint8Array, 1)).raster).map((x, y) =>
      Math.abs(x - (203 + 0.1 * y)),
    );
    expect(mean(plain)).toBeGreaterThan(2 * mean(followed));
  });

  it('is exactly 255 and 0 away from the border', async () => {
    const { raster } = await follow(Uint8Array, 1);
    for (let y = 0; y < height; y += 7) {
      const row = raster.data.subarray(y * width, (y + 1) * width);
      expect(row.subarray(0, 150).every((v) => v === 255)).toBe(true);
      expect(row.subarray(280).every((v) => v === 0)).toBe(true);
    }
  });
});

function mean(values: number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
