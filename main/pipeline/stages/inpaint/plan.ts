import { RequestError, assertNever } from '../../../errors.ts';
import { pickParams, type EditParams, type NodeSpec } from '../../graph.ts';
import { inpaintParams, type InpaintParams } from './params.ts';

const defaults = inpaintParams.parse({});

/** plate → place → patch; without a piece (`remove`) the plate alone is the patch. */
export function planInpaint({ inpaint }: EditParams): NodeSpec[] {
  const plate: NodeSpec = {
    id: 'inpaint.plate',
    version: 1,
    inputs: { mask: 'segment.grow/mask', floor: 'depth.floor/floor', layout: 'segment.encode/layout' },
    params: pickParams(inpaint, defaults, ['seed', 'context']),
    outputs: ['plate'],
  };
  switch (inpaint.engine) {
    case 'place':
      return [plate, planPlace(inpaint), planPatch(true)];
    case 'remove':
      return [plate, planPatch(false)];
    case 'diffuse':
      throw new RequestError(
        'inpaint.engine=diffuse needs a diffusion pack, and none is installed',
        'Use inpaint.engine=place or remove, which work with the starter pack',
      );
    default:
      return assertNever(inpaint.engine);
  }
}

function planPlace(inpaint: InpaintParams): NodeSpec {
  return {
    id: 'inpaint.place',
    version: 1,
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
