import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createRaster, type Raster } from '../../../../../main/imaging/raster.ts';
import { floatData, floatTensor, type ModelRunner } from '../../../../../main/inference/tensor.ts';
import { upscaleParams } from '../../../../../main/pipeline/stages/upscale/params.ts';
import { resizeBands } from '../../../../../main/pipeline/stages/upscale/resize-bands.ts';
import { upscaleNodes } from '../../../../../main/pipeline/stages/upscale/run.ts';
import { enlargeAlpha, planNetTiles } from '../../../../../main/pipeline/stages/upscale/super-resolve.ts';
import { planEnlargement, printPixels } from '../../../../../main/pipeline/stages/upscale/target-size.ts';
import type { NodeRun } from '../../../../../main/pipeline/node.ts';
import { bytesOf } from '../../../../../main/store/artifact.ts';
import { openLocalModels, tryNode, wholeOf, type Written } from '../../../../support/node-context.ts';

const fixtures = openLocalModels(fileURLToPath(new URL('../../../../fixtures', import.meta.url)));
/** In place of the super-resolution net: repeats every pixel twice, so that the right answer is known. */
const repeating: ModelRunner = {
  run: (_model, feeds) => fixtures.run('models/repeat2', feeds),
  describe: fixtures.describe,
};

/** Tiles of the starter pack's nets. */
const any = { tile: 512, overlap: 32, fixed: null };

function noise(dtype: 'u8' | 'u16', width: number, height: number, channels: number): Raster {
  const raster = createRaster(dtype, width, height, channels);
  let state = 12345;
  for (let i = 0; i < raster.data.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    raster.data[i] = dtype === 'u8' ? state >>> 24 : state >>> 16;
  }
  return raster;
}

function written(raster: Raster): Written {
  const { width, height } = raster;
  return { raster, window: { width, height, rect: { x: 0, y: 0, width, height }, background: 'zero' } };
}

async function upscale(
  composite: Raster,
  params: object,
  models: ModelRunner = repeating,
  signal?: AbortSignal,
) {
  const inputs = { composite: written(composite) };
  const trial = tryNode({
    params: upscaleParams.parse(params),
    inputs,
    models,
    ...(signal ? { signal } : {}),
  });
  await (upscaleNodes['upscale.frame'] as NodeRun)(trial.context as never);
  return { raster: wholeOf(trial.written.get('upscaled')), metrics: trial.metrics };
}

describe('upscale.frame', () => {
  it.each([
    ['u8', 3],
    ['u8', 1],
    ['u8', 4],
    ['u16', 3],
    ['u16', 2],
  ] as const)('stitches tiles without a seam: %s, %i channels', async (dtype, channels) => {
    const composite = noise(dtype, 1030, 530, channels);
    const { raster } = await upscale(composite, { factor: 2 });
    expect([raster.width, raster.height, raster.channels]).toEqual([2060, 1060, channels]);
    const colors = channels >= 3 ? 3 : 1;
    let wrong = 0;
    for (let y = 0; y < 1060; y++) {
      for (let x = 0; x < 2060; x++) {
        for (let c = 0; c < colors; c++) {
          const source = composite.data[((y >> 1) * 1030 + (x >> 1)) * channels + c];
          if (raster.data[(y * 2060 + x) * channels + c] !== source) wrong++;
        }
      }
    }
    expect(wrong).toBe(0);
  });

  it('passes the composite through at factor 1', async () => {
    const composite = noise('u16', 33, 1100, 4);
    const { raster, metrics } = await upscale(composite, { factor: 1 });
    expect(Buffer.compare(bytesOf(raster.data), bytesOf(composite.data))).toBe(0);
    expect(metrics.has('model')).toBe(false);
  });

  it('delivers a print at its exact pixels', async () => {
    const composite = noise('u8', 300, 200, 3);
    const { raster, metrics } = await upscale(composite, { print: { widthCm: 4, heightCm: 6, dpi: 200 } });
    expect([raster.width, raster.height]).toEqual([472, 315]);
    expect(metrics.get('factor')).toBe(2);
    const small = await upscale(composite, { print: { widthCm: 3, heightCm: 2, dpi: 100 } });
    expect([small.raster.width, small.raster.height]).toEqual([118, 79]);
    expect(small.metrics.get('factor')).toBe(1);
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const cancelling: ModelRunner = {
      ...repeating,
      run: async (model, feeds) => {
        controller.abort();
        return repeating.run(model, feeds);
      },
    };
    await expect(upscale(noise('u8', 600, 64, 3), {}, cancelling, controller.signal)).rejects.toThrow();
  });

  it('fails where the net fails, however many tiles are under way', async () => {
    const failing: ModelRunner = { ...repeating, run: () => Promise.reject(new Error('no memory')) };
    await expect(upscale(noise('u8', 1600, 64, 3), {}, failing)).rejects.toThrow('no memory');
  });

  const starter = fileURLToPath(new URL('../../../../../models', import.meta.url));
  it.skipIf(!existsSync(`${starter}/starter/superres-x2.onnx`))(
    'gives the starter net’s own answer across seams',
    async () => {
      const net = openLocalModels(starter);
      const composite = await sharp(noise('u8', 65, 6, 3).data as Uint8Array, {
        raw: { width: 65, height: 6, channels: 3 },
      })
        .resize(520, 48, { kernel: 'cubic', fit: 'fill' })
        .raw()
        .toBuffer();
      const raster = { width: 520, height: 48, channels: 3, data: new Uint8Array(composite) };
      expect(planNetTiles(520, 48, any)).toHaveLength(2);
      const tiled = await upscale(raster, { factor: 2 }, net);
      const input = new Float32Array(3 * 520 * 48);
      for (let i = 0; i < 520 * 48; i++)
        for (let c = 0; c < 3; c++) input[c * 520 * 48 + i] = composite[i * 3 + c]! / 255;
      const { output } = await net.run('starter/superres-x2', { input: floatTensor(input, [1, 3, 48, 520]) });
      const whole = floatData(output, 'output');
      let largest = 0;
      for (let i = 0; i < 1040 * 96; i++) {
        const expected = Math.min(1, Math.max(0, whole[i]!)) * 255;
        largest = Math.max(largest, Math.abs(expected - tiled.raster.data[i * 3]!));
      }
      expect(largest).toBeLessThan(1);
    },
  );
});

describe('planNetTiles', () => {
  it.each([
    [4032, 3024],
    [1200, 800],
    [8688, 5792],
    [513, 40],
    [20, 7],
  ])('covers %i×%i once, and wastes little', (width, height) => {
    const tiles = planNetTiles(width, height, any);
    expect(tiles.reduce((sum, { keep }) => sum + keep.width * keep.height, 0)).toBe(width * height);
    const work = tiles.reduce((sum, { rect }) => sum + rect.width * rect.height, 0);
    expect(work / (width * height)).toBeLessThan(1.15);
    for (const { rect, keep } of tiles) {
      expect(Math.max(rect.width, rect.height)).toBeLessThanOrEqual(512);
      if (keep.x > 0) expect(keep.x - rect.x).toBeGreaterThanOrEqual(15);
      if (keep.y + keep.height < height)
        expect(rect.y + rect.height - keep.y - keep.height).toBeGreaterThanOrEqual(15);
    }
  });
});

describe('print sizes', () => {
  it('turn the paper to the photo and keep the photo whole', () => {
    const paper = { widthCm: 60, heightCm: 40, dpi: 300 };
    expect(printPixels(paper, { width: 1200, height: 800 })).toEqual({ width: 7087, height: 4724 });
    expect(printPixels(paper, { width: 800, height: 1200 })).toEqual({ width: 4724, height: 7087 });
    expect(printPixels(paper, { width: 4032, height: 3024 })).toEqual({ width: 6299, height: 4724 });
  });

  it('choose the least sufficient factor, and refuse what nobody can print', () => {
    const size = { width: 1000, height: 1000 };
    const factor = (widthCm: number, dpi: number) =>
      planEnlargement(upscaleParams.parse({ print: { widthCm, heightCm: widthCm, dpi } }), size).factor;
    expect([
      factor(2.54, 900),
      factor(2.54, 1000),
      factor(2.54, 1001),
      factor(5.08, 1001),
      factor(25.4, 1000),
    ]).toEqual([1, 1, 2, 4, 4]);
    expect(() => factor(254, 1000)).toThrow(/megapixels/);
  });
});

const surface = (x: number, y: number) => 5000 + 600 * x + 350 * y + 7 * x * x - 5 * y * y + 3 * x * y;

describe('enlargeAlpha', () => {
  it.each([2, 4])('reproduces a quadratic at the centres of the smaller pixels, ×%i', (factor) => {
    const alpha = createRaster('u16', 40, 30, 1);
    for (let i = 0; i < alpha.data.length; i++) alpha.data[i] = surface(i % 40, Math.floor(i / 40));
    const band = createRaster('u16', 40 * factor, 20 * factor, 1);
    enlargeAlpha(alpha, factor, 10, 30, band);
    const at = (i: number) => (i + 0.5) / factor - 0.5;
    let largest = 0;
    for (let y = 0; y < 17 * factor; y++) {
      for (let x = 3 * factor; x < 37 * factor; x++) {
        const expected = surface(at(x), at(y + 10 * factor));
        largest = Math.max(largest, Math.abs(band.data[y * band.width + x]! - expected));
      }
    }
    expect(largest).toBeLessThan(0.6);
  });

  it('keeps a constant, edges included', () => {
    const alpha = createRaster('u16', 5, 4, 2);
    alpha.data.fill(65535);
    const band = createRaster('u16', 20, 16, 2);
    enlargeAlpha(alpha, 4, 0, 4, band);
    expect(new Set(band.data.filter((_, i) => i % 2 === 1))).toEqual(new Set([65535]));
    expect(new Set(band.data.filter((_, i) => i % 2 === 0))).toEqual(new Set([0]));
  });
});

async function resize(raster: Raster, width: number, height: number, rows: number): Promise<Raster> {
  async function* bands() {
    for (let y = 0; y < raster.height; y += rows) {
      const row = raster.width * raster.channels;
      const end = Math.min(raster.height, y + rows);
      yield { ...raster, height: end - y, data: raster.data.slice(y * row, end * row) } as Raster;
    }
  }
  const whole = createRaster(
    raster.data instanceof Uint8Array ? 'u8' : 'u16',
    width,
    height,
    raster.channels,
  );
  let at = 0;
  for await (const band of resizeBands(bands(), raster, { width, height })) {
    whole.data.set(band.data, at);
    at += band.data.length;
  }
  expect(at).toBe(whole.data.length);
  return whole;
}

function sinc(v: number): number {
  return v === 0 ? 1 : Math.sin(Math.PI * v) / (Math.PI * v);
}

/** Weights of every source sample; those of samples beyond the border count for the outermost. */
function weightsAt(at: number, from: number, to: number): number[] {
  const stretch = Math.max(1, from / to);
  const center = ((at + 0.5) * from) / to - 0.5;
  const weights = Array.from({ length: from }, () => 0);
  for (let i = -from; i < 2 * from; i++) {
    const d = (i - center) / stretch;
    if (Math.abs(d) < 3) weights[Math.min(from - 1, Math.max(0, i))]! += sinc(d) * sinc(d / 3);
  }
  return weights;
}

/** The definition, term by term: Lanczos-3, widened where it shrinks, normalised. */
function referenceSample(
  raster: Raster,
  width: number,
  height: number,
  x: number,
  y: number,
  c: number,
): number {
  const across = weightsAt(x, raster.width, width);
  const down = weightsAt(y, raster.height, height);
  let sum = 0;
  let total = 0;
  for (const [v, dv] of down.entries()) {
    for (const [u, du] of across.entries()) {
      sum += du * dv * raster.data[(v * raster.width + u) * raster.channels + c]!;
      total += du * dv;
    }
  }
  return Math.min(255, Math.max(0, sum / total));
}

describe('resizeBands', () => {
  it.each([
    [60, 21],
    [9, 50],
    [70, 95],
    [1, 1],
  ])('follows the definition, however the bands are cut: to %i×%i', async (width, height) => {
    const raster = noise('u8', 37, 31, 3);
    const whole = await resize(raster, width, height, 1000);
    expect((await resize(raster, width, height, 7)).data).toEqual(whole.data);
    let largest = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x += 3) {
        const value = whole.data[(y * width + x) * 3 + 1]!;
        largest = Math.max(largest, Math.abs(value - referenceSample(raster, width, height, x, y, 1)));
      }
    }
    expect(largest).toBeLessThan(0.51);
  });

  it('keeps a constant in 16 bits', async () => {
    const raster = createRaster('u16', 64, 48, 1);
    raster.data.fill(43210);
    expect(new Set((await resize(raster, 23, 100, 16)).data)).toEqual(new Set([43210]));
  });

  it('does not let hidden colours of transparent pixels through', async () => {
    const raster = createRaster('u8', 64, 64, 4);
    for (let i = 0; i < 64 * 64; i++) {
      const opaque = i % 64 < 32;
      raster.data.set(opaque ? [200, 100, 50, 255] : [0, 255, 255, 0], i * 4);
    }
    const small = await resize(raster, 21, 21, 64);
    for (let i = 0; i < 21 * 21; i++) {
      const [r, g, b, a] = small.data.subarray(i * 4, i * 4 + 4);
      if (a! > 16) expect([r, g, b]).toEqual([200, 100, 50]);
    }
  });
});
