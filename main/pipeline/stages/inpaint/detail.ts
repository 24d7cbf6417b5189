import type { DiffusionPack } from '../../../diffusion/pack.ts';
import { plannedEncodes } from '../../../diffusion/vae-passes.ts';
import { fitKnownRimDrift, invertDrift } from '../../../imaging/color/drift.ts';
import type { Frame } from '../../../imaging/frame.ts';
import type { Mask, Raster } from '../../../imaging/raster.ts';
import { toDepth } from '../../../imaging/samples.ts';
import { cropRaster, cropWindow, type Size } from '../../../imaging/window.ts';
import type { NodeContext } from '../../node.ts';
import { readMask } from '../window-inputs.ts';
import { makeControls } from './controls.ts';
import { cropControl, type CropGeometry, showToModel, shrinkMask } from './crop.ts';
import { scaleInFloat, scaleTo } from '../../../imaging/resize.ts';
import { diffusionOf } from './open-checkpoint.ts';
import { fromPlanes, paintCanvas, type PaintingParams } from './painting.ts';
import type { InpaintParams } from './params.ts';
import { countPasses } from './vae-metrics.ts';

export type DetailParams = PaintingParams & Pick<InpaintParams, 'detail'>;

/** Cells of the UNet's coarsest level, each way. */
const COARSEST = 8;

/**
 * The detail pass (hi-res fix): the painted crop at the photo's own resolution, painted over once more at low strength
 * in overlapping windows of the model's size, with the real photo around it. `detailed`: u16 sRGB, about the crop's
 * size in the photo; the painted crop itself where the photo has no more pixels than the model.
 */
export async function runDetail(ctx: NodeContext<DetailParams>): Promise<void> {
  const frame = await ctx.frame();
  const { rect, size } = await ctx.inputs.json<CropGeometry>('crop');
  const decoded = (await ctx.inputs.raster('decoded')) as Raster<Uint16Array>;
  const spec = diffusionOf(ctx, ctx.params.pack);
  const canvasSize = roundSize(rect, COARSEST * spec.vae.factor);
  const skipped = whyNot(spec, canvasSize, size);
  if (skipped) {
    await ctx.outputs.raster('detailed', decoded);
    countPasses(ctx, { encodes: 0, decodes: 0 }, { encodes: 0, decodes: 0 });
    ctx.metric('notes', skipped);
    return;
  }
  const photo = await showToModel(
    frame,
    cropRaster<Uint8Array | Uint16Array>(frame.raster, rect) as Frame['raster'],
    canvasSize,
  );
  const wide = await scaleTo((await ctx.inputs.raster('hole')) as Mask, canvasSize, 'linear');
  const mask = cropWindow(await readMask(ctx.inputs, 'mask'), rect).raster;
  const depth = (await ctx.inputs.raster('depth')) as Raster<Uint8Array>;
  const hole = await shrinkMask(mask, canvasSize, spec.vae.factor / 2);
  const further = ctx.params.controls.filter(({ scale }) => scale > 0);
  const canvas = {
    picture: setIn(photo, decoded, wide),
    hole,
    control: await cropControl(depth, frame.info, rect, canvasSize),
    controls: await makeControls(ctx, further, { photo: frame.info, rect, picture: photo, hole }),
  };
  const native = { width: spec.unet.sampleSize, height: spec.unet.sampleSize };
  const { detail: strength } = ctx.params;
  const { latents, vae } = await paintCanvas(ctx, canvas, { strength, refine: 1, window: native });
  await ctx.outputs.raster('detailed', fromPlanes(await vae.decode(latents)));
  countPasses(ctx, vae, { encodes: plannedEncodes(spec, strength), decodes: 1 });
}

/** Why a detail pass would do no good; null where it does. */
function whyNot({ family }: DiffusionPack, canvas: Size, painted: Size): string | null {
  if (family === 'instruct-pix2pix')
    return 'InstructPix2Pix has no strength: a detail pass would repaint all';
  if (canvas.width * canvas.height > painted.width * painted.height) return null;
  return 'The photo has no more pixels here than the model paints: no detail pass was needed';
}

function roundSize({ width, height }: Size, multiple: number): Size {
  const round = (side: number) => Math.max(multiple, Math.round(side / multiple) * multiple);
  return { width: round(width), height: round(height) };
}

/** The painted crop, its drift taken out, inside the hole; the photo outside it. */
function setIn(photo: Raster<Uint8Array>, decoded: Raster<Uint16Array>, hole: Mask): Raster<Uint8Array> {
  const painted = scaleInFloat(decoded, photo);
  const rim = { ...hole, data: hole.data.map((v) => (v === 0 ? 255 : 0)) };
  const { data } = toDepth(invertDrift(painted, fitKnownRimDrift(photo, painted, rim)), 8);
  const out = photo.data.slice();
  for (let p = 0, i = 0; p < hole.data.length; p++, i += 3) {
    const inside = hole.data[p]!;
    if (inside === 0) continue;
    for (let c = i; c < i + 3; c++) out[c] = (inside * data[c]! + (255 - inside) * out[c]! + 127) / 255;
  }
  return { ...photo, data: out };
}
