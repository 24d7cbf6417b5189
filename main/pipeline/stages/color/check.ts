import { measureSeam } from '../../../diagnosis/seam.ts';
import { createRaster, type Raster } from '../../../imaging/raster.ts';
import { cropRaster, type MaskWindow } from '../../../imaging/window.ts';
import type { NodeContext } from '../../node.ts';
import { readMask, readOverFrame, readWindow } from '../window-inputs.ts';

/** What can be measured of a composite: `seam` (see measureSeam), where enough of the border can be judged. */
export async function runCheck(ctx: NodeContext): Promise<void> {
  const frame = await ctx.frame();
  const { width, height } = frame.info;
  const alpha = await readMask(ctx.inputs, 'alpha');
  const grown = growToFlanks(alpha, width, height);
  const composite = await readOverFrame(ctx.inputs, 'composite', frame, grown);
  const seam = measureSeam(alpha, {
    width,
    height,
    frame: (rect) => cropRaster<Uint8Array | Uint16Array>(frame.raster, rect),
    composite: (rect) =>
      cropRaster<Uint8Array | Uint16Array>(composite, { ...rect, x: rect.x - grown.x, y: rect.y - grown.y }),
    object: ctx.inputs.has('object') ? await readObjectAlpha(ctx) : null,
  });
  if (seam !== null) ctx.metric('seam', Math.round(seam * 100) / 100);
  await ctx.outputs.json('checks', { seam });
}

/** The border's window with all that measureSeam may ask for around it. */
function growToFlanks({ rect }: MaskWindow, width: number, height: number) {
  const margin = 16;
  const x = Math.max(0, rect.x - margin);
  const y = Math.max(0, rect.y - margin);
  return {
    x,
    y,
    width: Math.min(width, rect.x + rect.width + margin) - x,
    height: Math.min(height, rect.y + rect.height + margin) - y,
  };
}

async function readObjectAlpha(ctx: NodeContext): Promise<MaskWindow> {
  const { raster, rect } = await readWindow(ctx.inputs, 'object');
  const mask = createRaster('u8', raster.width, raster.height);
  const isDeep = raster.data instanceof Uint16Array;
  for (let i = 0; i < mask.data.length; i++) {
    const value = (raster as Raster).data[4 * i + 3]!;
    mask.data[i] = isDeep ? value >> 8 : value;
  }
  return { raster: mask, rect };
}
