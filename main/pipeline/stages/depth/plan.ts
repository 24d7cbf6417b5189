import { pickParams, type EditParams, type NodeSpec } from '../../graph.ts';
import { depthParams } from './params.ts';

const defaults = depthParams.parse({});

/** estimate → floor. Both read the photo's encoding and nothing of the mask. */
export function planDepth({ depth }: EditParams): NodeSpec[] {
  const byPack = depth.pack !== defaults.pack;
  const net: NodeSpec = {
    id: 'depth.net',
    version: 1,
    inputs: {},
    params: pickParams(depth, defaults, ['pack']),
    models: [`${depth.pack}/depth`],
    outputs: ['disparity'],
  };
  return [
    ...(byPack ? [net] : []),
    {
      id: 'depth.estimate',
      version: 1,
      inputs: {
        disparity: byPack ? 'depth.net/disparity' : 'segment.encode/disparity',
        layout: 'segment.encode/layout',
      },
      params: pickParams(depth, defaults, ['invert']),
      outputs: ['depth'],
    },
    {
      id: 'depth.floor',
      version: 1,
      inputs: { depth: 'depth.estimate/depth', layout: 'segment.encode/layout' },
      params: pickParams(depth, defaults, ['floor']),
      outputs: ['floor', 'control'],
    },
  ];
}
