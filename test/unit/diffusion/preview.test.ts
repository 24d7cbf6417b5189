import { describe, expect, it, test } from 'vitest';
import type { Planes } from '../../../main/diffusion/planes.ts';
import { mixColors, openPreviewer, toRgb8 } from '../../../main/diffusion/preview.ts';
import { TorchGenerator } from '../../../main/diffusion/torch-random.ts';
import type { ModelRunner, Tensor } from '../../../main/inference/tensor.ts';
import { openLocalCheckpoint } from '../../support/checkpoint.ts';

test('a matrix mixes latents to colors, one pixel per cell', () => {
  const latents = { data: Float32Array.of(1, 0, 0, 2, 0.5, -4), channels: 3, width: 2, height: 1 };
  const matrix = [
    [0.5, 0, -1],
    [0, 0.25, 0],
    [0, 0, 1],
  ] as const;
  const picture = mixColors(latents, matrix, [0, 0, 0.5]);
  // Cell 0: (0.5, 0, −1 + 0.5 + 0.5); cell 1: (0, 0.5, −4 + 0.5), clipped.
  expect(picture).toMatchObject({ width: 2, height: 1, channels: 3 });
  expect([...picture.data]).toEqual([191, 128, 128, 128, 191, 0]);
});

test('planes become interleaved bytes', () => {
  const data = Float32Array.of(-1, 1, 0, 2, -2, 1);
  expect([...toRgb8({ data, channels: 3, width: 2, height: 1 }).data]).toEqual([0, 128, 0, 255, 255, 255]);
});

describe('openPreviewer', () => {
  const latents = (seed: number): Planes => ({
    data: new TorchGenerator(seed).randn(4 * 16 * 12),
    channels: 4,
    width: 16,
    height: 12,
  });
  /** Mean difference of two pictures' samples. */
  const apart = (a: Uint8Array, b: Uint8Array) =>
    a.reduce((sum, v, i) => sum + Math.abs(v - b[i]!), 0) / a.length;

  it('takes the pack’s own TAESD, which decodes to pixels', async () => {
    const checkpoint = openLocalCheckpoint('tiny-sd15-base');
    const preview = (await openPreviewer(checkpoint, () => true))!;
    const [one, other] = [await preview(latents(1)), await preview(latents(2))];
    expect([one.width, one.height, one.channels]).toEqual([128, 96, 3]);
    expect(apart(one.data, other.data)).toBeGreaterThan(3);
    expect(checkpoint.runs.get('taesd')).toBe(2);
  });

  it.each([
    ['tiny-sd15-inpaint', 'taesd'],
    ['tiny-sdxl-inpaint', 'taesdxl'],
  ])('takes the installed TAESD of the family for %s', async (id, expected) => {
    const asked: string[] = [];
    const image: Tensor = { type: 'float32', dims: [1, 3, 1, 1], data: Float32Array.of(1, -1, 0) };
    const models: ModelRunner = {
      describe: async () => ({
        inputs: [{ name: 'latent_sample', type: 'float32', dims: [-1, 4, -1, -1] }],
        outputs: [{ name: 'sample', type: 'float32', dims: [-1, 3, -1, -1] }],
      }),
      run: async (model) => {
        asked.push(model);
        return { sample: image };
      },
    };
    const checkpoint = { ...openLocalCheckpoint(id), models };
    const preview = (await openPreviewer(checkpoint, (pack) => pack === expected))!;
    expect([...(await preview(latents(1))).data]).toEqual([255, 0, 128]);
    expect(asked).toEqual([`${expected}/decoder`]);
  });

  it('mixes colors where neither is there', async () => {
    const checkpoint = openLocalCheckpoint('tiny-sd15-inpaint');
    const preview = (await openPreviewer(checkpoint))!;
    expect((await preview(latents(1))).width).toBe(16);
    expect(checkpoint.runs.size).toBe(0);
  });
});
