import { pickParams, type EditParams, type NodeSpec } from '../../graph.ts';
import { colorParams } from './params.ts';

const defaults = colorParams.parse({});

/** match → alpha → composite. */
export function planColor({ color, inpaint }: EditParams): NodeSpec[] {
  const placed = inpaint.engine === 'place';
  return [
    {
      id: 'color.match',
      version: 1,
      inputs: {
        mask: 'segment.grow/mask',
        plate: 'inpaint.plate/plate',
        patch: 'inpaint.patch/patch',
        region: 'inpaint.patch/region',
        floor: 'depth.floor/floor',
        layout: 'segment.encode/layout',
        ...(placed
          ? {
              object: 'inpaint.place/object',
              shadow: 'inpaint.place/shadow',
              placement: 'inpaint.place/placement',
            }
          : {}),
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
  ];
}
