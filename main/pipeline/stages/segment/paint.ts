import { RequestError } from '../../../errors.ts';
import { maskArea, trimMask } from '../../../imaging/mask-ops.ts';
import { createRaster, type Raster } from '../../../imaging/raster.ts';
import { paintStrokes } from '../../../imaging/strokes.ts';
import type { MaskWindow } from '../../../imaging/window.ts';
import type { NodeContext } from '../../node.ts';
import type { SegmentParams } from './params.ts';

/** The selection with brush and eraser strokes over it; without one, what the brush alone painted. */
export async function paint(context: NodeContext<Pick<SegmentParams, 'strokes'>>): Promise<void> {
  const { width, height } = (await context.frame()).raster;
  const painted = paintStrokes(await readSelection(context), context.params.strokes, { width, height });
  const selection = trimMask(painted);
  const area = maskArea(selection);
  if (area === 0)
    throw new RequestError(
      'The strokes leave nothing of the mask',
      'Undo the last stroke, or paint the object',
    );
  const { raster, rect } = selection;
  await context.outputs.raster('selection', raster, { width, height, rect, background: 'zero' });
  context.metric('area', Math.round((area / (width * height)) * 1e4) / 1e4);
}

async function readSelection({ inputs }: Pick<NodeContext, 'inputs'>): Promise<MaskWindow> {
  if (!inputs.has('selection'))
    return { raster: createRaster('u8', 0, 0), rect: { x: 0, y: 0, width: 0, height: 0 } };
  const { raster, window } = await inputs.window('selection');
  return { raster: raster as Raster<Uint8Array>, rect: window.rect };
}
