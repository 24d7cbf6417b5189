import { RequestError } from '../../../errors.ts';
import { cropAround, fitModelSize } from '../../../imaging/crop.ts';
import type { Frame } from '../../../imaging/frame.ts';
import type { Rect } from '../../../imaging/geometry.ts';
import { growMask, maskBox } from '../../../imaging/mask-ops.ts';
import type { Mask, Raster } from '../../../imaging/raster.ts';
import { toSrgb8 } from '../../../imaging/srgb.ts';
import { cropRaster, cropWindow, type Size, wholeWindow } from '../../../imaging/window.ts';
import type { DiffusionPack } from '../../../diffusion/pack.ts';
import type { NodeContext } from '../../node.ts';
import { readMask, readOverFrame } from '../window-inputs.ts';
import { scaleTo } from '../../../imaging/resize.ts';
import { diffusionOf } from './open-checkpoint.ts';
import type { InpaintParams } from './params.ts';

export type CropParams = Pick<InpaintParams, 'pack' | 'context'>;

/** Where a crop lies in the photo, and the size at which the model sees it. */
export interface CropGeometry {
  /** Photo pixels. */
  readonly rect: Rect;
  /** Model pixels: multiples of the UNet's coarsest cell. */
  readonly size: Size;
}

/** Cells of the UNet's coarsest level, each way: Stable Diffusion halves its latents three times. */
const COARSEST = 8;
/** Models see pictures of about their own size; beyond this aspect they repeat things. */
const MOST_ASPECT = 2;

/**
 * What the model is shown: `crop` (where), `picture` (u8 sRGB at the model's size), `hole` (u8, 255 to be painted,
 * half a latent cell wider than the mask, so that no cell of it keeps the old object's edge), `control` (u8 depth).
 * @throws RequestError where the mask is empty
 */
export async function runCrop(ctx: NodeContext<CropParams>): Promise<void> {
  const frame = await ctx.frame();
  const mask = await readMask(ctx.inputs, 'mask');
  const box = maskBox(mask);
  if (!box)
    throw new RequestError('The mask is empty', 'Click the object again, or import a mask that marks it');
  const spec = diffusionOf(ctx, ctx.params.pack);
  const crop = chooseCrop(box, frame.info, ctx.params.context, spec);
  const { rect, size } = crop;
  const photo = ctx.inputs.has('plate')
    ? await readOverFrame(ctx.inputs, 'plate', frame, rect)
    : (cropRaster<Uint8Array | Uint16Array>(frame.raster, rect) as Frame['raster']);
  await ctx.outputs.json('crop', crop);
  await ctx.outputs.raster('picture', await showToModel(frame, photo, size));
  const hole = await shrinkMask(cropWindow(mask, rect).raster, size, spec.vae.factor / 2);
  await ctx.outputs.raster('hole', hole);
  const depth = (await ctx.inputs.raster('depth')) as Raster<Uint8Array>;
  await ctx.outputs.raster('control', await cropControl(depth, frame.info, rect, size));
  ctx.metric('cropWidth', rect.width);
  ctx.metric('cropHeight', rect.height);
  ctx.metric('modelWidth', size.width);
  ctx.metric('modelHeight', size.height);
}

/** The mask's box with context, in an aspect and at a size that suit the model. */
export function chooseCrop(
  box: Rect,
  photo: Size,
  context: number,
  { unet, vae }: DiffusionPack,
): CropGeometry {
  const native = unet.sampleSize * vae.factor;
  const multiple = COARSEST * vae.factor;
  const wide = cropAround(box, photo, { context });
  const aspect = Math.min(MOST_ASPECT, Math.max(1 / MOST_ASPECT, wide.width / wide.height));
  const shaped = cropAround(box, photo, { context, aspect });
  const size = fitModelSize(shaped, native * native, multiple, true);
  return { rect: cropAround(box, photo, { context, aspect: size.width / size.height }), size };
}

/** A part of the photo at the model's size, u8 sRGB. */
export async function showToModel(
  frame: Frame,
  part: Frame['raster'],
  size: Size,
): Promise<Raster<Uint8Array>> {
  const raster = (await scaleTo<Uint8Array | Uint16Array>(part, size)) as Frame['raster'];
  return toSrgb8({ ...frame, info: { ...frame.info, ...size }, raster });
}

/** A mask at the model's size: every pixel that it touches, grown by `margin` model pixels. */
export async function shrinkMask(mask: Mask, size: Size, margin: number): Promise<Mask> {
  const soft = await scaleTo(mask, size, 'linear');
  const touched = { ...soft, data: soft.data.map((v) => (v >= 16 ? 255 : 0)) };
  const grown = growMask(wholeWindow(touched), margin, size);
  return cropWindow(grown, { x: 0, y: 0, ...size }).raster;
}

/** The part of a control picture (any size, aligned to the photo) that belongs to a crop, at the model's size. */
export async function cropControl(
  depth: Raster<Uint8Array>,
  photo: Size,
  rect: Rect,
  size: Size,
): Promise<Raster<Uint8Array>> {
  const across = depth.width / photo.width;
  const down = depth.height / photo.height;
  const x = Math.floor(rect.x * across);
  const y = Math.floor(rect.y * down);
  const part = cropRaster(depth, {
    x,
    y,
    width: Math.max(1, Math.min(depth.width, Math.ceil((rect.x + rect.width) * across)) - x),
    height: Math.max(1, Math.min(depth.height, Math.ceil((rect.y + rect.height) * down)) - y),
  });
  return scaleTo(part, size, 'cubic');
}
