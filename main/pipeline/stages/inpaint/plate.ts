import { RequestError } from '../../../errors.ts';
import { fillInPlace } from '../../../imaging/fill/fill-hole.ts';
import { growHole } from '../../../imaging/fill/grow-hole.ts';
import type { Frame } from '../../../imaging/frame.ts';
import { clampRect, growRect, type Rect } from '../../../imaging/geometry.ts';
import { maskBox } from '../../../imaging/mask-ops.ts';
import type { Mask, Raster } from '../../../imaging/raster.ts';
import { toSrgb8 } from '../../../imaging/srgb.ts';
import { cropRaster, cropWindow } from '../../../imaging/window.ts';
import { STARTER } from '../../../inference/packs.ts';
import type { FloorPlane } from '../../../placement/floor-plane.ts';
import { layoutProbabilities, trustLayout } from '../../../placement/layout.ts';
import type { NodeContext } from '../../node.ts';
import { readMask } from '../window-inputs.ts';
import type { InpaintParams } from './params.ts';
import { imaginePlate } from './plate-prior.ts';
import { findSurfaces, type RoomHints } from './plate-surfaces.ts';

export type PlateParams = Pick<InpaintParams, 'context'> & Partial<Pick<InpaintParams, 'seed' | 'platePack'>>;

/** Margin of known photo that is searched at least, as a share of the mask's longer side … */
const LEAST_MARGIN = 0.35;
/** … and where the mask is small, as long as what is searched is no longer than this, px. */
const WIDE_MARGIN = 0.7;
const WIDE_SIDE = 896;
/** Longest side at which edges behind the object are looked for, px. */
const LINES_SIDE = 896;

/**
 * The clean `plate`: what is behind the object, made up from the photo around it. The hole is the mask, grown a little
 * and over the object's contact shadow; outside it the plate is the photo. The window is the mask's box grown by
 * `context`. Metric rimPsnr, dB: how well the copied pieces continue the photo around the hole.
 *
 * @throws RequestError where the mask is empty, or covers so much that nothing is left to copy from
 */
export async function runPlate(ctx: NodeContext<PlateParams>): Promise<void> {
  const frame = await ctx.frame();
  const { width, height } = frame.info;
  const mask = await readMask(ctx.inputs, 'mask');
  const box = maskBox(mask);
  if (!box) {
    throw new RequestError('The mask is empty', 'Click the object again, or import a mask that marks it');
  }
  const { seed = 0, context } = ctx.params;
  const work = marginAround(box, Math.max(searchMargin(box), context), frame);
  const crop = cropRaster<Uint8Array | Uint16Array>(frame.raster, work) as Frame['raster'];
  const hole = growHole(crop, cropWindow(mask, work).raster);
  await ctx.progress(0.03, 'Looking behind the object');
  const hints = await readHints(ctx);
  const small = await reduce(frame, crop);
  const smallHole = reduceHole(hole, small);
  const surfaces = findSurfaces(small, smallHole, work, hints);
  const { platePack = STARTER } = ctx.params;
  const guide = platePack === STARTER ? null : await imaginePlate(ctx, platePack, small, smallHole);
  const rimPsnr = await fillInPlace(crop, hole, {
    seed,
    ...(surfaces ? { surfaces } : {}),
    ...(guide ? { guide } : {}),
    progress: (done) => ctx.progress(0.1 + 0.88 * done, 'Filling'),
    signal: ctx.signal,
  });
  const rect = marginAround(box, context, frame);
  const plate = cropWindow<Uint8Array | Uint16Array>({ raster: crop, rect: work }, rect);
  await ctx.outputs.raster('plate', plate.raster, { width, height, rect, background: 'frame' });
  ctx.metric('psnrRim', Math.round(rimPsnr * 100) / 100);
  ctx.metric('surfaces', surfaces ? surfaces.planes.length - 1 : 1);
}

/** How far around a mask what lies behind it is looked for, as a share of its longer side: around small ones farther. */
function searchMargin({ width, height }: Rect): number {
  const longer = Math.max(width, height);
  return Math.min(WIDE_MARGIN, Math.max(LEAST_MARGIN, (WIDE_SIDE - longer) / 2 / longer));
}

/** The mask's box with a margin that is a share of its longer side, inside the photo. */
function marginAround(box: Rect, share: number, { info }: Frame): Rect {
  const margin = Math.round(share * Math.max(box.width, box.height));
  return clampRect(growRect(box, margin), info.width, info.height);
}

/** The floor plane and the layout, where the plan gives them and the layout fits the plane. */
async function readHints({ inputs }: NodeContext<PlateParams>): Promise<RoomHints> {
  const floor = inputs.has('floor') ? await inputs.json<FloorPlane>('floor') : null;
  if (!floor || !inputs.has('layout')) return { floor, layout: null };
  const logits = await inputs.raster('layout');
  const layout = layoutProbabilities(logits, logits.width, logits.height);
  return { floor, layout: trustLayout(layout, (floor.horizon * layout.height) / floor.height) };
}

/** The crop as u8 sRGB, reduced. */
function reduce(frame: Frame, crop: Frame['raster']): Promise<Raster<Uint8Array>> {
  const info = { ...frame.info, width: crop.width, height: crop.height };
  return toSrgb8({ ...frame, info, raster: crop }, { longSide: LINES_SIDE });
}

/** The hole at the reduced crop's size: every pixel of which a part is unknown. */
function reduceHole(hole: Mask, { width, height }: Raster): Mask {
  const data = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < hole.height; y++) {
    const row = Math.min(height - 1, Math.floor((y * height) / hole.height)) * width;
    for (let x = 0; x < hole.width; x++, i++) {
      if (hole.data[i]) data[row + Math.min(width - 1, Math.floor((x * width) / hole.width))] = 255;
    }
  }
  return { width, height, channels: 1, data };
}
