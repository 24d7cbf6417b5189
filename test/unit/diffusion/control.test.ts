import { describe, expect, test } from 'vitest';
import type { BoundGraph, Checkpoint } from '../../../main/diffusion/checkpoint.ts';
import { isControlled, openControls, residualNames, zeroResiduals } from '../../../main/diffusion/control.ts';
import { type DiffusionPack, diffusionSchema } from '../../../main/diffusion/pack.ts';
import { floatTensor, type TensorInfo } from '../../../main/inference/tensor.ts';

const spec: DiffusionPack = diffusionSchema.parse({
  family: 'sd15',
  unet: { channels: 9, sampleSize: 8, residuals: 12 },
  vae: { scale: 0.18215, tile: 64 },
  textEncoders: [{ model: 'text_encoder', tokenizer: 'tokenizer', pad: 0, hidden: 'last_hidden_state' }],
  scheduler: 'scheduler.json',
});

const info = (name: string, dims: readonly number[] = [-1, -1, -1, -1]): TensorInfo => ({
  name,
  type: 'float32',
  dims,
});

function checkpointOf(channels: number): Checkpoint {
  const inputs = [
    info('sample', [-1, channels, -1, -1]),
    ...['timestep', 'encoder_hidden_states', 'controlnet_cond', 'conditioning_scale'].map((n) => info(n)),
  ];
  const outputs = residualNames(spec.unet).map((name) => info(name));
  return {
    id: 'tiny',
    spec,
    readFile: async () => new Uint8Array(),
    models: { describe: async () => ({ inputs, outputs }), run: async () => ({}) },
  };
}

const picture = { data: new Float32Array(3 * 64 * 64), channels: 3, width: 64, height: 64 };
const control = { model: 'controlnet_depth', picture, scale: 0.8, start: 0, end: 1 };
const shared = ['timestep', 'encoder_hidden_states'];

describe('isControlled', () => {
  const steps = (start: number, end: number) =>
    [0, 1, 2, 3, 4].map((i) => isControlled({ ...control, start, end }, i, 5));

  test('takes the steps that lie wholly inside start and end', () => {
    expect(steps(0, 1)).toEqual([true, true, true, true, true]);
    expect(steps(0.2, 0.8)).toEqual([false, true, true, true, false]);
    expect(steps(0.21, 0.79)).toEqual([false, false, true, false, false]);
    expect(steps(0, 0)).toEqual([false, false, false, false, false]);
  });
});

describe('openControls', () => {
  const window = { x: 0, y: 0, width: 8, height: 8 };
  const feeds = { sample: floatTensor(new Float32Array(2 * 4 * 64), [2, 4, 8, 8]) };

  test('shows the whole picture once to each member of a batch, as a constant', async () => {
    picture.data.forEach((_, i) => (picture.data[i] = i));
    const runner = await openControls(checkpointOf(4), spec.unet, [control], shared);
    const [link] = runner.links(feeds, window, 0, 5);
    const shown = link!.feeds['controlnet_cond']!;
    expect(shown.dims).toEqual([2, 3, 64, 64]);
    expect(shown.constant).toBe(true);
    expect(shown.data.at(-1)).toBe(picture.data.at(-1));
    expect(link!.feeds['conditioning_scale']!.data[0]).toBeCloseTo(0.8);
    expect(runner.links(feeds, window, 1, 5)[0]!.feeds['controlnet_cond']).toBe(shown);
  });

  test('shows a window its own part, which is no constant', async () => {
    const runner = await openControls(checkpointOf(4), spec.unet, [control], shared);
    const part = runner.links(feeds, { x: 2, y: 3, width: 4, height: 4 }, 0, 5)[0]!;
    const shown = part.feeds['controlnet_cond']!;
    expect(shown.dims).toEqual([2, 3, 32, 32]);
    expect(shown.data[0]).toBe(24 * 64 + 16);
    expect(shown.constant).toBeUndefined();
  });

  test('leaves out what is off', async () => {
    const off = { ...control, scale: 0 };
    const late = { ...control, start: 0.5 };
    const runner = await openControls(checkpointOf(4), spec.unet, [off, late], shared);
    expect(runner.links(feeds, window, 0, 4)).toEqual([]);
    expect(runner.links(feeds, window, 2, 4).length).toBe(1);
  });

  test('refuses a ControlNet for other latents', async () => {
    await expect(openControls(checkpointOf(9), spec.unet, [control], shared)).rejects.toThrow(
      /tiny\/controlnet_depth takes sample of 9 channels/,
    );
  });
});

describe('zeroResiduals', () => {
  const graph = (channels: number): BoundGraph => ({
    model: 'tiny/unet',
    plain: true,
    input: (name) => info(name, [-1, channels, -1, -1]),
    run: async () => ({}),
  });
  const window = { x: 0, y: 0, width: 16, height: 8 };

  test('is a single 0 where the graph leaves its channels free', () => {
    const zeros = Object.values(zeroResiduals(spec.unet, graph(-1), 2, window));
    expect(zeros.length).toBe(13);
    expect(zeros.every((tensor) => tensor.dims.join() === '1,1,1,1' && tensor.data[0] === 0)).toBe(true);
  });

  test('has the full shape of each level where the graph declares channels', () => {
    const zeros = zeroResiduals(spec.unet, graph(5), 2, window);
    const dims = (i: number) => zeros[`down_block_${i}_additional_residual`]!.dims;
    expect(dims(2)).toEqual([2, 5, 8, 16]);
    expect(dims(3)).toEqual([2, 5, 4, 8]);
    expect(dims(11)).toEqual([2, 5, 1, 2]);
    expect(zeros['mid_block_additional_residual']!.dims).toEqual([2, 5, 1, 2]);
  });
});
