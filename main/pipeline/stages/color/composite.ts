import { checkIdentity, compositePatch } from '../../../imaging/composite.ts';
import type { NodeContext } from '../../node.ts';
import { readMask, readOverFrame } from '../window-inputs.ts';

/** Lays the matched patch over the photo and counts what changed where nothing may: `checked`, `differing`. */
export async function runComposite(ctx: NodeContext): Promise<void> {
  const frame = await ctx.frame();
  const { width, height } = frame.info;
  const alpha = await readMask(ctx.inputs, 'alpha');
  const { rect } = alpha;
  const raster = await readOverFrame(ctx.inputs, 'matched', frame, rect);
  await ctx.progress(0.3, 'Laying the patch over the photo');
  const composite = compositePatch<Uint8Array | Uint16Array>(frame.raster, { raster, rect }, alpha);
  const { checked, differing } = checkIdentity(frame.raster, composite, alpha);
  await ctx.outputs.raster('composite', composite.raster, { width, height, rect, background: 'frame' });
  ctx.metric('checked', checked);
  ctx.metric('differing', differing);
}
