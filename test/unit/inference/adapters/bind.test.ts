import { describe, expect, it } from 'vitest';
import {
  bindGraph,
  boundName,
  type GraphInfo,
  recogniseKind,
} from '../../../../main/inference/adapters/bind.ts';
import type { TensorInfo } from '../../../../main/inference/tensor.ts';

const float = (name: string, dims: readonly number[], type = 'float32'): TensorInfo => ({ name, type, dims });
const picture = [-1, 3, -1, -1];

const depth = (input: TensorInfo, output = float('predicted_depth', [-1, -1, -1])): GraphInfo => ({
  inputs: [input],
  outputs: [output],
});

describe('bindGraph', () => {
  it('goes by names, whatever the order', () => {
    const graph: GraphInfo = {
      inputs: [float('mask', [-1, 1, 512, 512]), float('image', [-1, 3, 512, 512])],
      outputs: [float('output', picture)],
    };
    const { inputs, outputs } = bindGraph('lama', 'p/fill', graph);
    expect([inputs['image']?.name, inputs['mask']?.name]).toEqual(['image', 'mask']);
    expect(boundName(outputs, 'result')).toBe('output');
  });

  it('falls back to the published order among tensors of the right type and shape', () => {
    const graph: GraphInfo = {
      inputs: [float('arg0', [-1, 3, 512, 512]), float('arg1', [-1, 1, 512, 512])],
      outputs: [float('out', picture)],
    };
    const { inputs } = bindGraph('lama', 'p/fill', graph);
    expect([inputs['image']?.name, inputs['mask']?.name]).toEqual(['arg0', 'arg1']);
  });

  it.each([
    [
      'a missing input',
      depth(float('other', [-1, 1, -1, -1])),
      'The model p/depth does not fit: it has no input “pixel_values” (its inputs: other)',
    ],
    [
      'another type',
      depth(float('pixel_values', picture, 'float16')),
      'The model p/depth does not fit: its input “pixel_values” is float16 [?,3,?,?] in place of float32 [?,3,?,?]',
    ],
    [
      'another shape',
      depth(float('pixel_values', [1, 4, -1, -1])),
      'The model p/depth does not fit: its input “pixel_values” is float32 [1,4,?,?] in place of float32 [?,3,?,?]',
    ],
    [
      'an input that nobody feeds',
      {
        ...depth(float('pixel_values', picture)),
        inputs: [float('pixel_values', picture), float('extra', [1])],
      },
      'The model p/depth does not fit: it wants an input “extra” that packs of the kind depth-anything do not have',
    ],
    [
      'a missing output',
      depth(float('pixel_values', picture), float('class', [-1, 1000])),
      'The model p/depth does not fit: it has no output “predicted_depth” (its outputs: class)',
    ],
  ])('says in one line what does not fit: %s', (_, graph, message) => {
    expect(() => bindGraph('depth-anything', 'p/depth', graph)).toThrow(
      expect.objectContaining({ kind: 'machine', message }) as unknown as Error,
    );
  });
});

describe('recogniseKind', () => {
  it('tells a picture with a mask from a picture alone', () => {
    const alone = { inputs: [float('image', picture)], outputs: [float('output', picture)] };
    const masked = { ...alone, inputs: [...alone.inputs, float('mask', [-1, 1, -1, -1])] };
    expect(recogniseKind({ upscale: alone })).toBe('super-resolution');
    expect(recogniseKind({ upscale: masked })).toBeNull();
    expect(recogniseKind({ fill: masked })).toBe('lama');
  });
});
