import { describe, expect, test } from 'vitest';
import { bindGraph, type Checkpoint, runBound } from '../../../main/diffusion/checkpoint.ts';
import type { DiffusionPack } from '../../../main/diffusion/pack.ts';
import { floatTensor, type Tensor, type TensorInfo } from '../../../main/inference/tensor.ts';

const one = (value: number): Tensor => floatTensor(Float32Array.of(value), [1]);

/** A checkpoint whose graphs add up their inputs; each graph's tensor names are given. */
function checkpointOf(graphs: Record<string, { inputs: string[]; outputs: string[] }>): Checkpoint {
  const toInfo = (name: string): TensorInfo => ({ name, type: 'float32', dims: [-1] });
  const find = (model: string) => graphs[model.split('/')[1]!]!;
  return {
    id: 'p',
    spec: {} as DiffusionPack,
    readFile: async () => new Uint8Array(),
    models: {
      describe: async (model) => ({
        inputs: find(model).inputs.map(toInfo),
        outputs: find(model).outputs.map(toInfo),
      }),
      run: async (model, feeds) => {
        const { inputs, outputs } = find(model);
        if (Object.keys(feeds).sort().join() !== [...inputs].sort().join())
          throw new Error(`fed ${Object.keys(feeds).join()}`);
        const sum = Object.values(feeds).reduce((total, { data }) => total + Number(data[0]), 0);
        return Object.fromEntries(outputs.map((name, i) => [name, one(sum + i)]));
      },
    },
  };
}

describe('bindGraph', () => {
  test('finds tensors by name, whatever their order and number', async () => {
    const checkpoint = checkpointOf({ unet: { inputs: ['b', 'a'], outputs: ['x', 'y', 'z'] } });
    const graph = await bindGraph(checkpoint, 'unet', ['a', 'b'], ['z']);
    expect(graph.plain).toBe(true);
    expect((await graph.run({ a: one(1), b: one(2) }))['z']!.data[0]).toBe(5);
  });

  test('falls back to the order where names differ', async () => {
    const checkpoint = checkpointOf({ unet: { inputs: ['input_1', 'input_2'], outputs: ['result'] } });
    const graph = await bindGraph(checkpoint, 'unet', ['sample', 'timestep'], ['out_sample']);
    expect(graph.plain).toBe(false);
    expect(graph.input('timestep')?.name).toBe('input_2');
    const outputs = await graph.run({ sample: one(3), timestep: one(4) });
    expect(outputs['out_sample']!.data[0]).toBe(7);
  });

  test('names what a graph lacks', async () => {
    const checkpoint = checkpointOf({ unet: { inputs: ['sample'], outputs: ['out_sample'] } });
    await expect(bindGraph(checkpoint, 'unet', ['sample', 'timestep'], ['out_sample'])).rejects.toThrow(
      'The model p/unet lacks the inputs timestep',
    );
  });
});

describe('runBound', () => {
  const control = { inputs: ['hint'], outputs: ['residual'] };

  test.each([
    ['own names', 'residual'],
    ['other names', 'r'],
  ])('adds up what several graphs hand on, by %s', async (_, residual) => {
    const checkpoint = checkpointOf({
      controlA: control,
      controlB: control,
      unet: { inputs: ['sample', residual], outputs: ['out_sample'] },
    });
    const a = await bindGraph(checkpoint, 'controlA', ['hint'], ['residual']);
    const b = await bindGraph(checkpoint, 'controlB', ['hint'], ['residual']);
    const unet = await bindGraph(checkpoint, 'unet', ['sample', 'residual'], ['out_sample']);
    const outputs = await runBound(checkpoint, [
      { graph: a, feeds: { hint: one(10) } },
      { graph: b, feeds: { hint: one(20) } },
      { graph: unet, feeds: { sample: one(1) } },
    ]);
    expect(outputs['out_sample']!.data[0]).toBe(31);
  });
});
