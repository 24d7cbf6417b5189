import { pickParams, type EditParams, type NodeSpec } from '../../graph.ts';
import { segmentParams } from './params.ts';

const defaults = segmentParams.parse({});

/** encode → mask (or an imported one) → grow. */
export function planSegment({ segment }: EditParams): NodeSpec[] {
  const selection: NodeSpec = segment.mask
    ? {
        id: 'segment.import',
        version: 1,
        inputs: {},
        params: pickParams(segment, defaults, ['mask']),
        blobs: [segment.mask],
        outputs: ['selection'],
      }
    : {
        id: 'segment.mask',
        version: 1,
        inputs: {
          features: 'segment.encode/features',
          featuresLow: 'segment.encode/features_low',
          layout: 'segment.encode/layout',
        },
        params: pickParams(segment, defaults, ['clicks', 'box', 'edges', 'proposal']),
        models: ['starter/scene-clicks'],
        outputs: ['logits', 'selection'],
      };
  return [
    {
      id: 'segment.encode',
      version: 1,
      inputs: {},
      params: pickParams(segment, defaults, []),
      models: ['starter/scene-encoder'],
      outputs: ['features', 'features_low', 'disparity', 'layout'],
    },
    selection,
    {
      id: 'segment.grow',
      version: 1,
      inputs: { selection: `${selection.id}/selection` },
      params: pickParams(segment, defaults, ['grow']),
      outputs: ['mask'],
    },
  ];
}
