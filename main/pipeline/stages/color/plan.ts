import { pickParams, type EditParams, type NodeSpec } from '../../graph.ts';
import { colorParams } from './params.ts';

const defaults = colorParams.parse({});

/** match → alpha → composite → check. */
export function planColor({ color, inpaint }: EditParams): NodeSpec[] {
  return [
    {
      id: 'color.match',
      version: 1,
      inputs: {
        mask: 'segment.grow/mask',
        patch: 'inpaint.patch/patch',
        region: 'inpaint.patch/region',
        ...matchInputs(inpaint.engine),
      },
      params: pickParams(color, defaults, ['method', 'strength', 'grain']),
      outputs: ['field', 'matched'],
    },
    {
      id: 'color.alpha',
      version: 1,
      inputs: { region: 'inpaint.patch/region' },
      params: pickParams(color, defaults, ['feather']),
      outputs: ['alpha'],
    },
    {
      id: 'color.composite',
      version: 1,
      inputs: { matched: 'color.match/matched', alpha: 'color.alpha/alpha' },
      params: { params: {}, identity: {} },
      outputs: ['composite'],
    },
    {
      id: 'color.check',
      version: 1,
      inputs: {
        composite: 'color.composite/composite',
        alpha: 'color.alpha/alpha',
        ...(inpaint.engine === 'place' ? { object: 'inpaint.place/object' } : {}),
      },
      params: { params: {}, identity: {} },
      outputs: ['checks'],
    },
  ];
}

/** What the match needs besides, by how the patch was made. */
function matchInputs(engine: EditParams['inpaint']['engine']): NodeSpec['inputs'] {
  if (engine === 'diffuse') return { hole: 'inpaint.crop/hole' };
  const room = {
    plate: 'inpaint.plate/plate',
    floor: 'depth.floor/floor',
    layout: 'segment.encode/layout',
  };
  if (engine === 'remove') return room;
  return {
    ...room,
    object: 'inpaint.place/object',
    shadow: 'inpaint.place/shadow',
    placement: 'inpaint.place/placement',
  };
}
