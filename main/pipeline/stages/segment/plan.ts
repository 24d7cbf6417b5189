import { pickParams, type EditParams, type NodeSpec } from '../../graph.ts';
import { segmentParams } from './params.ts';

const defaults = segmentParams.parse({});

/** encode → mask (or an imported one) → paint, where there are strokes → grow. */
export function planSegment({ segment }: EditParams): NodeSpec[] {
  const selection: NodeSpec = segment.mask
    ? {
        id: 'segment.import',
        version: 2,
        inputs: {},
        params: pickParams(segment, defaults, ['mask']),
        blobs: [segment.mask],
        outputs: ['selection'],
      }
    : segment.pack !== defaults.pack
      ? planPackMask(
          segment.pack,
          pickParams(segment, defaults, ['clicks', 'box', 'edges', 'proposal', 'pack']),
        )
      : {
          id: 'segment.mask',
          version: 3,
          inputs: {
            features: 'segment.encode/features',
            featuresLow: 'segment.encode/features_low',
            layout: 'segment.encode/layout',
          },
          params: pickParams(segment, defaults, ['clicks', 'box', 'edges', 'proposal']),
          models: ['starter/scene-clicks'],
          outputs: ['logits', 'selection'],
        };
  const { strokes, clicks, box, mask } = segment;
  const isPaintedAlone = strokes.length > 0 && clicks.length === 0 && !box && !mask;
  const paint: NodeSpec = {
    id: 'segment.paint',
    version: 1,
    inputs: isPaintedAlone ? {} : { selection: `${selection.id}/selection` },
    params: pickParams(segment, defaults, ['strokes']),
    outputs: ['selection'],
  };
  const selected = strokes.length === 0 ? [selection] : isPaintedAlone ? [paint] : [selection, paint];
  return [
    {
      id: 'segment.encode',
      version: 1,
      inputs: {},
      params: pickParams(segment, defaults, []),
      models: ['starter/scene-encoder'],
      outputs: ['features', 'features_low', 'disparity', 'layout'],
    },
    ...(selected.some(({ id, inputs }) => id === 'segment.mask' && 'embedding' in inputs)
      ? [planEmbed(segment.pack, pickParams(segment, defaults, ['pack']))]
      : []),
    ...selected,
    {
      id: 'segment.grow',
      version: 1,
      inputs: { selection: `${selected.at(-1)?.id}/selection` },
      params: pickParams(segment, defaults, ['grow']),
      outputs: ['mask'],
    },
  ];
}

/** The photo as a pack's encoder sees it, once per photo. */
function planEmbed(pack: string, params: NodeSpec['params']): NodeSpec {
  return {
    id: 'segment.embed',
    version: 1,
    inputs: {},
    params,
    models: [`${pack}/encoder`],
    outputs: ['embedding', 'embedding_parts'],
  };
}

function planPackMask(pack: string, params: NodeSpec['params']): NodeSpec {
  return {
    id: 'segment.mask',
    version: 1,
    inputs: { embedding: 'segment.embed/embedding', embeddingParts: 'segment.embed/embedding_parts' },
    params,
    models: [`${pack}/decoder`],
    outputs: ['logits', 'selection'],
  };
}
