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
      params: pickParams(upscale, defaults, ['factor', 'print', 'model', 'pack']),
      models: upscaleModels(upscale),
      outputs: ['upscaled'],
    },
  ];
}

/** The super-resolution nets a delivery may run; which one it does is decided by the frame (see choose-model.ts). */
function upscaleModels({ factor, print, model, pack }: UpscaleParams): ModelId[] {
  if (pack !== defaults.pack) return factor === 1 && !print ? [] : [`${pack}/upscale`];
  const double: ModelId[] = [
    ...(model === 'camera' ? [] : ['starter/superres-x2' as const]),
    ...(model === 'clean' ? [] : ['starter/superres-x2-camera' as const]),
  ];
  if (print) return [...double, 'starter/superres-x4'];
  if (factor === 1) return [];
  return factor === 2 ? double : ['starter/superres-x4'];
}
