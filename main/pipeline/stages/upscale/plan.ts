import type { ModelId } from '../../../inference/tensor.ts';
import { pickParams, type NodeSpec } from '../../graph.ts';
import { upscaleParams, type UpscaleParams } from './params.ts';

const defaults = upscaleParams.parse({});

/** The whole frame, once, after the last edit. `composite` is resolved by the plan to the last edit's. */
export function planUpscale(upscale: UpscaleParams): NodeSpec[] {
  return [
    {
      id: 'upscale.frame',
      version: 1,
      inputs: { composite: 'color.composite/composite' },
      params: pickParams(upscale, defaults, ['factor', 'print', 'model']),
      models: upscaleModels(upscale),
      outputs: ['upscaled'],
    },
  ];
}

/** The super-resolution nets a delivery may run. */
function upscaleModels({ factor, print }: UpscaleParams): ModelId[] {
  if (print) return ['starter/superres-x2', 'starter/superres-x4'];
  if (factor === 1) return [];
  return [factor === 2 ? 'starter/superres-x2' : 'starter/superres-x4'];
}
