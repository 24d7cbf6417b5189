import { describe, expect, it } from 'vitest';
import { boxBlur, boxRadii, gaussianBlur } from '../../../main/imaging/blur.ts';
import { type Raster, createRaster } from '../../../main/imaging/raster.ts';
import { resampleFloat } from '../../../main/imaging/resample.ts';
import { resizeRaster, scaleTo } from '../../../main/imaging/resize.ts';
import { cropRaster } from '../../../main/imaging/window.ts';
import { noise16, noise8, randomStream } from './sample-fixtures.ts';

function floats(
  width: number,
  height: number,
  channels: number,
  value: (x: number, y: number, c: number) => number,
): Raster<Float32Array> {
  const out = createRaster('f32', width, height, channels);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) out.data[i++] = value(x, y, c);
  return out;
}

function noise(width: number, height: number, channels: number): Raster<Float32Array> {
  const random = randomStream(3);
  return floats(width, height, channels, () => random());
}

function worst(a: Raster, b: Raster): number {
  expect([a.width, a.height, a.channels]).toEqual([b.width, b.height, b.channels]);
  let most = 0;
  a.data.forEach((v, i) => {
    most = Math.max(most, Math.abs(v - b.data[i]!));
  });
  return most;
}

describe('resizeRaster', () => {
  it.each([1, 2, 3, 4])('keeps constants in %i channels, 8 and 16 bits', async (channels) => {
    const flat8 = { width: 40, height: 30, channels, data: new Uint8Array(1200 * channels).fill(77) };
    const flat16 = { width: 40, height: 30, channels, data: new Uint16Array(1200 * channels).fill(30001) };
    const small8 = await resizeRaster(flat8, 13, 17);
    const small16 = await resizeRaster(flat16, 13, 17);
    expect(small8.data.length).toBe(13 * 17 * channels);
    // Premultiplication by alpha costs a code in the colours.
    expect(small8.data.every((v) => Math.abs(v - 77) <= 1)).toBe(true);
    expect(small16.data.every((v) => Math.abs(v - 30001) <= 64)).toBe(true);
  });

  it('antialiases, and returns the same raster where nothing is to be done', async () => {
    const board = {
      width: 64,
      height: 64,
      channels: 1,
      data: Uint8Array.from({ length: 4096 }, (_, i) => ((i ^ (i >> 6)) & 1) * 255),
    };
    const small = await resizeRaster(board, 25, 25);
    expect(Math.abs(small.data[12 * 25 + 12]! - 128)).toBeLessThan(12);
    expect(await resizeRaster(board, 64, 64)).toBe(board);
    const large = await resizeRaster(noise16(8, 8, 3, 1), 16, 16);
    expect(large.data).toBeInstanceOf(Uint16Array);
    expect((await resizeRaster(noise8(8, 8, 3, 1), 16, 16, 'nearest')).data.slice(0, 3)).toEqual(
      noise8(8, 8, 3, 1).data.slice(0, 3),
    );
  });
});

describe('scaleTo', () => {
  /** Where the middle of a bright square lies, as a share of the width and height. */
  function middleOf({ width, height, data }: Raster): number[] {
    let [sum, sx, sy] = [0, 0, 0];
    for (let i = 0; i < data.length; i++) {
      sum += data[i]!;
      sx += data[i]! * ((i % width) + 0.5);
      sy += data[i]! * (Math.floor(i / width) + 0.5);
    }
    return [sx / sum / width, sy / sum / height];
  }

  it.each([
    [8, 8],
    [100, 60],
    [300, 700],
  ])('leaves a square in its place at %i by %i', async (width, height) => {
    const square = createRaster('u8', 20, 20);
    for (let y = 8; y < 12; y++) square.data.fill(255, y * 20 + 8, y * 20 + 12);
    for (const kernel of ['linear', 'cubic', 'lanczos3'] as const) {
      const [x, y] = middleOf(await scaleTo(square, { width, height }, kernel));
      expect(x).toBeCloseTo(0.5, 3);
      expect(y).toBeCloseTo(0.5, 3);
    }
  });
});

describe('resampleFloat', () => {
  it.each(['linear', 'cubic', 'lanczos3'] as const)(
    '%s keeps constants and, away from the border, planes',
    (kernel) => {
      expect(
        worst(
          resampleFloat(
            floats(9, 7, 2, () => 0.3),
            { width: 20, height: 3 },
            kernel,
          ),
          floats(20, 3, 2, () => 0.3),
        ),
      ).toBeLessThan(1e-6);
      const plane = floats(32, 32, 1, (x, y) => x + 0.5 + 2 * (y + 0.5));
      const large = resampleFloat(plane, { width: 96, height: 96 }, kernel);
      const expected = floats(96, 96, 1, (x, y) => (x + 0.5) / 3 + (2 * (y + 0.5)) / 3);
      const inner = { x: 12, y: 12, width: 72, height: 72 };
      expect(worst(cropRaster(large, inner), cropRaster(expected, inner))).toBeLessThan(
        kernel === 'lanczos3' ? 0.05 : 1e-4,
      );
    },
  );

  it('is the identity at the same size and averages when it shrinks', () => {
    const source = noise(17, 11, 3);
    expect(worst(resampleFloat(source, { width: 17, height: 11 }, 'cubic'), source)).toBeLessThan(1e-6);
    const board = floats(64, 64, 1, (x, y) => (x + y) & 1);
    const small = resampleFloat(board, { width: 20, height: 20 }, 'linear');
    expect(
      worst(
        small,
        floats(20, 20, 1, () => 0.5),
      ),
    ).toBeLessThan(0.05);
  });

  it('gives any part of the whole alone', () => {
    const source = noise(40, 25, 2);
    for (const size of [
      { width: 131, height: 90 },
      { width: 17, height: 9 },
    ]) {
      const whole = resampleFloat(source, size);
      for (const part of [
        { x: 0, y: 0, width: 5, height: 4 },
        { x: size.width - 7, y: size.height - 6, width: 7, height: 6 },
        { x: 5, y: 3, width: 9, height: 2 },
      ]) {
        expect(worst(resampleFloat(source, size, 'cubic', part), cropRaster(whole, part))).toBeLessThan(1e-6);
      }
    }
  });
});

const clamp = (v: number, most: number) => Math.min(Math.max(v, 0), most);

describe('boxBlur', () => {
  it.each([1, 4, 30])('radius %i equals the plain mean with repeated border', (radius) => {
    const source = noise(21, 13, 2);
    const expected = floats(21, 13, 2, (x, y, c) => {
      let sum = 0;
      for (let dy = -radius; dy <= radius; dy++) {
        for (let dx = -radius; dx <= radius; dx++)
          sum += source.data[(clamp(y + dy, 12) * 21 + clamp(x + dx, 20)) * 2 + c]!;
      }
      return sum / (2 * radius + 1) ** 2;
    });
    expect(worst(boxBlur(source, radius), expected)).toBeLessThan(1e-5);
  });
});

describe('gaussianBlur', () => {
  it.each([2, 5, 12.5])('sigma %f is close to a Gaussian', (sigma) => {
    const size = 121;
    const point = floats(size, size, 1, (x, y) => (x === 60 && y === 60 ? 1 : 0));
    const out = gaussianBlur(point, sigma).data;
    const peak = 1 / (2 * Math.PI * sigma * sigma);
    let variance = 0;
    let sum = 0;
    out.forEach((v, i) => {
      sum += v;
      variance += v * ((i % size) - 60) ** 2;
    });
    expect(sum).toBeCloseTo(1, 3);
    expect(Math.abs(Math.sqrt(variance) / sigma - 1)).toBeLessThan(sigma < 5 ? 0.1 : 0.04);
    expect(Math.abs(out[60 * size + 60]! / peak - 1)).toBeLessThan(0.12);
    expect(boxRadii(sigma, 3)).toHaveLength(3);
  });
});
