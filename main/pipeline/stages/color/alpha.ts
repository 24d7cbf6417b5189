import { featherAlpha, maskArea } from '../../../imaging/mask-ops.ts';
import type { Size } from '../../../imaging/window.ts';
import type { NodeContext } from '../../node.ts';
import { readMask } from '../window-inputs.ts';
import type { ColorParams } from './params.ts';

/** The automatic feather: a share of the photo's diagonal, and no less than this many photo px. */
const AUTO_FEATHER = 0.0015;
const LEAST_FEATHER = 1.5;

/** Width of the soft border in photo px. */
export function featherRadius(feather: ColorParams['feather'], { width, height }: Size): number {
  return feather === 'auto' ? Math.max(LEAST_FEATHER, AUTO_FEATHER * Math.hypot(width, height)) : feather;
}

/** The composite's `alpha`: 0 outside the region, rising to 255 inside it. */
export async function runAlpha(ctx: NodeContext<Pick<ColorParams, 'feather'>>): Promise<void> {
  const { info } = await ctx.frame();
  const { width, height } = info;
  const region = await readMask(ctx.inputs, 'region');
  const radius = featherRadius(ctx.params.feather, info);
  const { raster, rect } = featherAlpha(region, radius, info);
  await ctx.outputs.raster('alpha', raster, { width, height, rect, background: 'zero' });
  ctx.metric('feather', Math.round(radius * 10) / 10);
  ctx.metric('alphaArea', maskArea({ raster, rect }, 1));
}
