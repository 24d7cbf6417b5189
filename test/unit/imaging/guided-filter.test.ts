import { describe, expect, it } from 'vitest';
import { boxMean, guidedFilter, toGuide } from '../../../main/imaging/guided-filter.ts';
import { createRaster } from '../../../main/imaging/raster.ts';

/** A small repeatable sequence in [0, 1). */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

describe('boxMean', () => {
  it('is the mean of the window, cut off at the borders', () => {
    const random = noise(3);
    const plane = Float32Array.from({ length: 7 * 5 }, random);
    const mean = boxMean(plane, 7, 5, 2);
    for (let y = 0; y < 5; y++) {
      for (let x = 0; x < 7; x++) {
        let sum = 0;
        let count = 0;
        for (let v = Math.max(0, y - 2); v <= Math.min(4, y + 2); v++) {
          for (let u = Math.max(0, x - 2); u <= Math.min(6, x + 2); u++) {
            sum += plane[v * 7 + u]!;
            count++;
          }
        }
        expect(mean[y * 7 + x]).toBeCloseTo(sum / count, 5);
      }
    }
  });

  it('takes a radius wider than the plane', () => {
    expect([...boxMean(new Float32Array([1, 2, 3, 6]), 2, 2, 9)]).toEqual([3, 3, 3, 3]);
  });
});

describe('guidedFilter', () => {
  const width = 60;
  const height = 40;
  /** Two halves whose border runs at x = 30, alike in brightness and different in hue; the input's border is at 26. */
  function scene() {
    const guide = createRaster('f32', width, height, 3);
    const input = new Float32Array(width * height);
    const random = noise(1);
    for (let i = 0; i < input.length; i++) {
      const right = i % width >= 30;
      guide.data.set(
        [(right ? 0.6 : 0.3) + 0.02 * random(), (right ? 0.35 : 0.5) + 0.02 * random(), 0.4],
        i * 3,
      );
      input[i] = i % width >= 26 ? 1 : 0;
    }
    return { guide, input };
  }

  it("moves an edge of the input to the guide's edge", () => {
    const { guide, input } = scene();
    const output = guidedFilter(guide, input, 10, 1e-4);
    const row = output.subarray(20 * width, 21 * width);
    expect(row[28]).toBeLessThan(0.45);
    expect(row[29]).toBeLessThan(row[30]! - 0.4);
    expect(row[31]).toBeGreaterThan(0.7);
    expect(row[5]).toBeCloseTo(0, 1);
    expect(row[55]).toBeCloseTo(1, 1);
  });

  it('leaves a constant as it is and gives back a linear function of the guide', () => {
    const { guide } = scene();
    const constant = guidedFilter(guide, new Float32Array(width * height).fill(0.7), 6, 1e-3);
    expect(Math.max(...constant.map((v) => Math.abs(v - 0.7)))).toBeLessThan(1e-4);
    const random = noise(9);
    const varied = { ...guide, data: Float32Array.from(guide.data, () => random()) };
    const linear = Float32Array.from(
      { length: width * height },
      (_, i) => 0.5 * varied.data[i * 3]! - 0.2 * varied.data[i * 3 + 2]! + 0.1,
    );
    const output = guidedFilter(varied, linear, 6, 1e-8);
    expect(Math.max(...output.map((v, i) => Math.abs(v - linear[i]!)))).toBeLessThan(1e-3);
  });

  it('pays no attention to pixels of weight 0', () => {
    const { guide } = scene();
    const input = new Float32Array(width * height).fill(0.25);
    const weight = new Float32Array(width * height).fill(1);
    for (let i = 0; i < 300; i++) {
      const at = (i * 7) % input.length;
      input[at] = 50;
      weight[at] = 0;
    }
    const output = guidedFilter(guide, input, 8, 1e-3, weight);
    expect(Math.max(...output.map((v) => Math.abs(v - 0.25)))).toBeLessThan(1e-3);
  });
});

describe('toGuide', () => {
  it('reads grey, RGB and RGBA of 8 and 16 bits', () => {
    const grey = toGuide({ width: 1, height: 1, channels: 1, data: new Uint8Array([51]) });
    expect([...grey.data].map((v) => Math.round(v * 255))).toEqual([51, 51, 51]);
    const rgba = toGuide({ width: 1, height: 1, channels: 4, data: new Uint8Array([51, 102, 255, 9]) });
    expect([...rgba.data].map((v) => Math.round(v * 255))).toEqual([51, 102, 255]);
    const deep = toGuide({ width: 1, height: 1, channels: 2, data: new Uint16Array([13107, 65535]) });
    expect([...deep.data].map((v) => Math.round(v * 5))).toEqual([1, 1, 1]);
  });
});
