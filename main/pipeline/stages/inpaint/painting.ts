import type { Checkpoint } from '../../../diffusion/checkpoint.ts';
import type { Control } from '../../../diffusion/control.ts';
import { paint, type PaintRequest } from '../../../diffusion/paint.ts';
import type { DiffusionPack } from '../../../diffusion/pack.ts';
import type { Planes } from '../../../diffusion/planes.ts';
import { openPreviewer } from '../../../diffusion/preview.ts';
import { openTokenizer } from '../../../diffusion/tokenizer.ts';
import { openVae, type Vae } from '../../../diffusion/vae.ts';
import { RequestError } from '../../../errors.ts';
import { decodeFrame } from '../../../imaging/decode.ts';
import type { Mask, Raster } from '../../../imaging/raster.ts';
import { resizeRaster, scaleTo } from '../../../imaging/resize.ts';
import { toSrgb8 } from '../../../imaging/srgb.ts';
import { cropRaster, type Size } from '../../../imaging/window.ts';
import { diffusionPolicy } from '../../../inference/memory.ts';
import type { NodeContext } from '../../node.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import type { InpaintParams } from './params.ts';

/** The parameters of a run of the sampler. */
export type PaintingParams = Pick<
  InpaintParams,
  | 'pack'
  | 'prompt'
  | 'negative'
  | 'product'
  | 'seed'
  | 'steps'
  | 'guidance'
  | 'imageGuidance'
  | 'referenceScale'
  | 'scheduler'
  | 'controlScale'
  | 'controlStart'
  | 'controlEnd'
  | 'controls'
>;

/** What is painted on, all at one size. */
export interface Canvas {
  /** u8 sRGB. */
  readonly picture: Raster<Uint8Array>;
  readonly hole: Mask;
  /** u8, near is white. */
  readonly control: Raster<Uint8Array>;
  /** Further control pictures by kind, grey or RGB. */
  readonly controls: ReadonlyMap<string, Raster<Uint8Array>>;
}

export interface PaintingOptions {
  readonly strength: number;
  /** Share of the noise after which the refiner takes over; 1 leaves it out. */
  readonly refine: number;
  /** Cells the model sees at once; all of the canvas where not given. */
  readonly window?: Size;
}

/** Parts of the node's progress before and after the steps: text and VAE. */
const BEFORE = 0.06;
const AFTER = 0.04;

/** Paints on a canvas, reports progress and previews, and lets cancellation in between two steps. */
export async function paintCanvas(
  ctx: NodeContext<PaintingParams>,
  canvas: Canvas,
  { strength, refine, window }: PaintingOptions,
): Promise<{ latents: Planes; vae: Vae; checkpoint: Checkpoint }> {
  const { params } = ctx;
  const checkpoint = openCheckpoint(ctx, params.pack);
  const policy = diffusionPolicy(ctx.memory);
  const vae = openNodeVae(ctx, checkpoint, canvas.picture);
  await noteLongPrompt(ctx, checkpoint);
  await ctx.progress(0.02, 'Reading the prompt');
  const request: PaintRequest = {
    picture: toPlanes(canvas.picture),
    mask: canvas.hole,
    prompt: params.prompt,
    negative: params.negative,
    seed: params.seed,
    steps: params.steps,
    guidance: params.guidance,
    pictureGuidance: params.imageGuidance,
    scheduler: params.scheduler,
    strength,
    controls: controlsFor(checkpoint, params, canvas),
    reference: await readReference(ctx, checkpoint),
    refineFrom: refine < 1 ? refine : null,
    ...(window ? { window } : {}),
    batched: !policy.sequentialGuidance,
    onStep: await reporter(ctx, checkpoint, policy.previewEvery),
  };
  const latents = await paint(checkpoint, vae, request);
  return { latents, vae, checkpoint };
}

/** SDXL's inpainting checkpoints are made for a little less than 1; so is diffusers' pipeline by default. */
const SDXL_STRENGTH = 0.9999;

/** The strength that a family's checkpoints are run at where all is to be repainted. */
export function strengthFor({ family }: DiffusionPack, strength: number): number {
  return family.startsWith('sdxl') && strength === 1 ? SDXL_STRENGTH : strength;
}

/** The VAE as memory allows: whole, or in tiles. */
export function openNodeVae(
  { memory }: Pick<NodeContext, 'memory'>,
  checkpoint: Checkpoint,
  picture: Size,
): Vae {
  const cells = Math.max(picture.width, picture.height) / checkpoint.spec.vae.factor;
  return openVae(checkpoint, { tiled: cells > diffusionPolicy(memory).vaeWholeCells });
}

/** u8 sRGB → [3,H,W], −1..1. */
export function toPlanes({ width, height, data }: Raster<Uint8Array>): Planes {
  const plane = width * height;
  const out = new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++)
    for (let i = 0, from = c; i < plane; i++, from += 3) out[c * plane + i] = data[from]! / 127.5 - 1;
  return { data: out, channels: 3, width, height };
}

/** [3,H,W] in −1..1 → u16 sRGB, clipped. */
export function fromPlanes({ width, height, data }: Planes): Raster<Uint16Array> {
  const plane = width * height;
  const out = new Uint16Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    for (let i = 0, to = c; i < plane; i++, to += 3)
      out[to] = Math.min(1, Math.max(0, data[c * plane + i]! / 2 + 0.5)) * 65535 + 0.5;
  }
  return { width, height, channels: 3, data: out };
}

/** Depth where the pack has it, then the recipe's further controls. */
function controlsFor(
  { spec }: Checkpoint,
  { controlScale, controlStart, controlEnd, controls }: PaintingParams,
  canvas: Canvas,
): Control[] {
  if (spec.unet.residuals === 0) return [];
  const models = new Map(spec.controls.map(({ kind, model }) => [kind, model]));
  const depth = { kind: 'depth', scale: controlScale, start: controlStart, end: controlEnd };
  const pictures = new Map([...canvas.controls, ['depth', canvas.control]]);
  return [depth, ...controls].flatMap(({ kind, scale, start, end }): Control[] => {
    const [model, picture] = [models.get(kind), pictures.get(kind)];
    if (model === undefined || picture === undefined || scale === 0) return [];
    return [{ model, picture: toUnitPlanes(picture), scale, start, end }];
  });
}

/** u8, grey or RGB → [3,H,W], 0–1. */
function toUnitPlanes({ width, height, channels, data }: Raster<Uint8Array>): Planes {
  const plane = width * height;
  const out = new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    for (let i = 0, from = channels === 3 ? c : 0; i < plane; i++, from += channels)
      out[c * plane + i] = data[from]! / 255;
  }
  return { data: out, channels: 3, width, height };
}

/** The product picture as the pack's image encoder sees it: its middle square. */
async function readReference(
  ctx: NodeContext<PaintingParams>,
  { spec }: Checkpoint,
): Promise<PaintRequest['reference']> {
  const { product, referenceScale } = ctx.params;
  if (product === null || !spec.ipAdapter || referenceScale === 0) return null;
  const { imageSize } = spec.ipAdapter;
  const frame = await decodeFrame(await ctx.blob(product), 'the product picture');
  const picture = await toSrgb8(frame);
  const short = imageSize / Math.min(picture.width, picture.height);
  const width = Math.max(imageSize, Math.round(picture.width * short));
  const height = Math.max(imageSize, Math.round(picture.height * short));
  const scaled = await scaleTo(picture, { width, height }, 'cubic');
  const x = (width - imageSize) >> 1;
  const y = (height - imageSize) >> 1;
  const square = cropRaster(scaled, { x, y, width: imageSize, height: imageSize });
  return { picture: square, scale: referenceScale };
}

async function reporter(
  ctx: NodeContext<PaintingParams>,
  checkpoint: Checkpoint,
  previewEvery: number,
): Promise<NonNullable<PaintRequest['onStep']>> {
  const previewer = ctx.preview && previewEvery > 0 ? await openPreviewer(checkpoint, isTaesd(ctx)) : null;
  return async (done, steps, { predicted }) => {
    const share = BEFORE + ((1 - BEFORE - AFTER) * done) / steps;
    if (previewer && done % previewEvery === 0 && done < steps)
      await ctx.preview?.(await shrinkPreview(await previewer(predicted)), share);
    await ctx.progress(share, `Step ${done} of ${steps}`);
  };
}

/** True for an installed pack that is a small decoder of latents. */
function isTaesd({ packs }: Pick<NodeContext, 'packs'>): (pack: string) => boolean {
  return (pack) => {
    try {
      return packs.manifest(pack).adapter?.kind === 'taesd';
    } catch (error) {
      if (error instanceof RequestError) return false; // it is not installed
      throw error;
    }
  };
}

/** Longer sides than this are reduced: previews cross between processes. */
const PREVIEW_SIDE = 256;

async function shrinkPreview(picture: Raster<Uint8Array>): Promise<Raster<Uint8Array>> {
  const scale = PREVIEW_SIDE / Math.max(picture.width, picture.height);
  if (scale >= 1) return picture;
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return resizeRaster(picture, side(picture.width), side(picture.height), 'cubic');
}

/** Tells where the prompt is longer than the model reads. */
async function noteLongPrompt(ctx: NodeContext<PaintingParams>, checkpoint: Checkpoint): Promise<void> {
  const first = checkpoint.spec.textEncoders[0]!;
  const over = (await openTokenizer(checkpoint, first)).count(ctx.params.prompt) - (first.length - 2);
  if (over > 0) ctx.metric('notes', `The prompt is ${over} tokens too long: its end was not read`);
}
