import { describe, expect, it } from 'vitest';
import { addGrain, estimateGrain } from '../../../main/imaging/grain.ts';
import { normalStream, randomStream } from '../../../main/imaging/random.ts';
import { type Raster, createRaster } from '../../../main/imaging/raster.ts';
import { type MaskWindow, type RasterWindow, cropWindow, wholeWindow } from '../../../main/imaging/window.ts';

const NONE = { sigma: 0, softness: 0, blocks: 0 };

/** A wall in soft light with an edge and a striped rug, 0–1. */
function scene(x: number, y: number): number {
  if (y > 200) return 0.35 + 0.1 * Math.sin(x / 2.5);
  return 0.4 + 0.25 * (x / 300) + (x > 220 ? 0.1 : 0);
}

function clean(width = 300, height = 260): Raster<Float32Array> {
  const out = createRaster('f32', width, height, 3);
  for (let i = 0; i < out.data.length; i++) {
    const pixel = Math.floor(i / 3);
    out.data[i] = scene(pixel % width, Math.floor(pixel / width));
  }
  return out;
}

const all = (width = 300, height = 260): MaskWindow =>
  wholeWindow({ width, height, channels: 1, data: new Uint8Array(width * height).fill(255) });

describe('estimateGrain', () => {
  it.each([
    [0.004, 0],
    [0.012, 0],
    [0.012, 0.6],
    [0.02, 1],
  ])('finds sigma %f and softness %f in a room with texture', (sigma, softness) => {
    const noisy = addGrain(wholeWindow(clean()), all(), { sigma, softness, blocks: 1 }, NONE, { seed: 5 });
    const found = estimateGrain(noisy, all());
    expect(found.blocks).toBeGreaterThan(100);
    expect(Math.abs(found.sigma / sigma - 1)).toBeLessThan(0.15);
    // Below 0.35 a sampled Gaussian is all but a single tap.
    expect(Math.abs(Math.max(0.35, found.softness) - Math.max(0.35, softness))).toBeLessThan(0.15);
  });

  it('does the same on 8-bit samples and in a window of a photo', () => {
    const noisy = addGrain(wholeWindow(clean()), all(), { sigma: 0.015, softness: 0.5, blocks: 1 }, NONE, {
      seed: 5,
    });
    const narrow = wholeWindow({
      ...noisy.raster,
      data: Uint8Array.from(noisy.raster.data, (v) => Math.round(v * 255)),
    });
    const mask = cropWindow(all(), { x: 20, y: 30, width: 150, height: 140 });
    const found = estimateGrain(narrow, mask);
    expect(Math.abs(found.sigma / 0.015 - 1)).toBeLessThan(0.2);
  });

  it('reports none for flat, clipped or tiny regions', () => {
    const flat = createRaster('u8', 64, 64, 3);
    expect(estimateGrain(wholeWindow(flat), all(64, 64)).sigma).toBe(0);
    flat.data.fill(100);
    expect(estimateGrain(wholeWindow(flat), all(64, 64)).sigma).toBe(0);
    expect(
      estimateGrain(wholeWindow(flat), cropWindow(all(64, 64), { x: 0, y: 0, width: 10, height: 10 })).blocks,
    ).toBe(0);
  });
});

describe('addGrain', () => {
  const patch: RasterWindow<Float32Array> = (() => {
    const raster = createRaster('f32', 200, 160, 4);
    raster.data.fill(0.5);
    return { raster, rect: { x: 900, y: 1000, width: 200, height: 160 } };
  })();
  const mask: MaskWindow = { raster: createRaster('u8', 200, 160), rect: patch.rect };
  for (let i = 0; i < 200 * 160; i++) mask.raster.data[i] = i % 200 < 100 ? 255 : 0;
  const wanted = { sigma: 0.02, softness: 0.7, blocks: 1 };

  it('has the deviation asked for, in the mask only, equal in the channels, never in alpha', () => {
    const { data } = addGrain(patch, mask, wanted, NONE, { seed: 1 }).raster;
    let square = 0;
    for (let i = 0; i < 200 * 160; i++) {
      const shift = data[4 * i]! - 0.5;
      if (i % 200 >= 100 && shift !== 0) throw new Error('outside');
      if (data[4 * i + 2] !== data[4 * i] || data[4 * i + 3] !== 0.5) throw new Error('channels');
      square += shift * shift;
    }
    expect(Math.abs(Math.sqrt(square / 16000) / 0.02 - 1)).toBeLessThan(0.05);
  });

  it('adds only what is missing', () => {
    expect(addGrain(patch, mask, wanted, { ...wanted, sigma: 0.03 }, { seed: 1 })).toBe(patch);
    const full = addGrain(patch, mask, wanted, NONE, { seed: 1 }).raster.data[0]! - 0.5;
    const part =
      addGrain(patch, mask, wanted, { ...wanted, sigma: 0.012 }, { seed: 1 }).raster.data[0]! - 0.5;
    expect(part / full).toBeCloseTo(0.8, 4);
    const half = addGrain(patch, mask, wanted, NONE, { seed: 1, strength: 0.5 }).raster.data[0]! - 0.5;
    expect(half / full).toBeCloseTo(0.5, 4);
  });

  it('is the same for the same seed, another for another, and belongs to photo pixels', () => {
    const at = (seed: number) => addGrain(patch, mask, wanted, NONE, { seed });
    expect(Buffer.compare(Buffer.from(at(1).raster.data.buffer), Buffer.from(at(1).raster.data.buffer))).toBe(
      0,
    );
    expect(at(1).raster.data[0]).not.toBe(at(2).raster.data[0]);
    const inner = { x: 930, y: 1010, width: 20, height: 10 };
    const cut = addGrain(cropWindow(patch, inner), cropWindow(mask, inner), wanted, NONE, { seed: 1 });
    expect(cut.raster.data).toEqual(cropWindow(at(1), inner).raster.data);
  });
});

describe('normalStream', () => {
  it('has mean 0 and deviation 1', () => {
    const normal = normalStream(randomStream(1));
    let [sum, square] = [0, 0];
    for (let i = 0; i < 20000; i++) {
      const v = normal();
      sum += v;
      square += v * v;
    }
    expect(Math.abs(sum / 20000)).toBeLessThan(0.02);
    expect(Math.abs(square / 20000 - 1)).toBeLessThan(0.03);
  });
});
