import type { Frame } from '../../../imaging/frame.ts';
import { maskArea, trimMask } from '../../../imaging/mask-ops.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { srgbToFrame } from '../../../imaging/srgb.ts';
import type { NodeContext } from '../../node.ts';
import { readMask } from '../window-inputs.ts';
import type { CropGeometry } from './crop.ts';
import { scaleInFloat } from '../../../imaging/resize.ts';

/**
 * The painted crop in the frame's size, depth and profile: `patch`, rim and drift included (the color stage fits the
 * drift there). The edited `region` is the mask.
 */
export async function runDiffusePatch(ctx: NodeContext): Promise<void> {
  const frame = await ctx.frame();
  const { width, height } = frame.info;
  const { rect } = await ctx.inputs.json<CropGeometry>('crop');
  const painted = (await ctx.inputs.raster('painted')) as Raster<Uint16Array>;
  const raster = await toPhoto(painted, rect, frame);
  await ctx.progress(0.6, 'Bringing the patch to the photo’s size');
  await ctx.outputs.raster('patch', raster, { width, height, rect, background: 'frame' });
  const region = trimMask(await readMask(ctx.inputs, 'mask'));
  await ctx.outputs.raster('region', region.raster, { width, height, rect: region.rect, background: 'zero' });
  ctx.metric('regionArea', maskArea(region, 1));
}

/** A painted crop (u16 sRGB) at the photo's size, in the frame's depth, profile and channels. */
export function toPhoto(
  painted: Raster<Uint16Array>,
  size: { readonly width: number; readonly height: number },
  frame: Frame,
): Promise<Frame['raster']> {
  return srgbToFrame(scaleInFloat(painted, size), frame);
}
