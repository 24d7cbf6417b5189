import { assertNever } from '../../../errors.ts';
import { pickParams, type EditParams, type NodeSpec } from '../../graph.ts';
import { inpaintParams, type InpaintParams } from './params.ts';
import { planDiffuse } from './plan-diffuse.ts';

const defaults = inpaintParams.parse({});

/** plate → place → patch; without a piece (`remove`) the plate alone is the patch; `diffuse`: see planDiffuse. */
export function planInpaint({ inpaint }: EditParams): NodeSpec[] {
  // The seed varies what is set into the room; the room itself only where nothing else is there.
  const plate: NodeSpec = {
    id: 'inpaint.plate',
    version: 2,
    inputs: { mask: 'segment.grow/mask', floor: 'depth.floor/floor', layout: 'segment.encode/layout' },
    params: pickParams(
      inpaint,
      defaults,
      inpaint.engine === 'remove' ? ['seed', 'context', 'platePack'] : ['context', 'platePack'],
    ),
    models: inpaint.platePack === defaults.platePack ? [] : [`${inpaint.platePack}/fill`],
    outputs: ['plate'],
  };
  switch (inpaint.engine) {
    case 'place':
      return [plate, planPlace(inpaint), planPatch(true)];
    case 'remove':
      return [plate, planPatch(false)];
    case 'diffuse':
      return planDiffuse(inpaint, plate);
    default:
      return assertNever(inpaint.engine);
  }
}

function planPlace(inpaint: InpaintParams): NodeSpec {
  return {
    id: 'inpaint.place',
    version: 3,
    inputs: {
      mask: 'segment.grow/mask',
      depth: 'depth.estimate/depth',
      floor: 'depth.floor/floor',
      layout: 'segment.encode/layout',
    },
    params: pickParams(inpaint, defaults, [
      'prompt',
      'product',
      'piece',
      'move',
      'scale',
      'yaw',
      'flip',
      'seed',
    ]),
    files: ['starter/catalogue/'],
    blobs: inpaint.product ? [inpaint.product] : [],
    outputs: ['placement', 'object', 'shadow'],
  };
}

function planPatch(placed: boolean): NodeSpec {
  return {
    id: 'inpaint.patch',
    version: 1,
    inputs: {
      mask: 'segment.grow/mask',
      plate: 'inpaint.plate/plate',
      ...(placed ? { object: 'inpaint.place/object', shadow: 'inpaint.place/shadow' } : {}),
    },
    params: { params: {}, identity: {} },
    outputs: ['patch', 'region'],
  };
}
