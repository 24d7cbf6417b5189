import type { Planes } from '../../../diffusion/planes.ts';
import { plannedEncodes } from '../../../diffusion/vae-passes.ts';
import type { Mask, Raster } from '../../../imaging/raster.ts';
import type { NodeContext } from '../../node.ts';
import { diffusionOf } from './open-checkpoint.ts';
import { paintCanvas, type PaintingParams, strengthFor } from './painting.ts';
import type { InpaintParams } from './params.ts';
import { countPasses } from './vae-metrics.ts';

export type SampleParams = PaintingParams & Pick<InpaintParams, 'strength' | 'refine'>;

/** Paints in the crop: `latent`, f32 [h,w,C], clean and scaled. It stays a latent until decode. */
export async function runSample(ctx: NodeContext<SampleParams>): Promise<void> {
  const further = ctx.params.controls.filter(({ scale }) => scale > 0);
  const read = async (name: string) => (await ctx.inputs.raster(name)) as Raster<Uint8Array>;
  const canvas = {
    picture: await read('picture'),
    hole: (await ctx.inputs.raster('hole')) as Mask,
    control: await read('control'),
    controls: new Map<string, Raster<Uint8Array>>(),
  };
  for (const { kind } of further) canvas.controls.set(kind, await read(`control-${kind}`));
  const { pack, refine } = ctx.params;
  const strength = strengthFor(diffusionOf(ctx, pack), ctx.params.strength);
  const { latents, vae, checkpoint } = await paintCanvas(ctx, canvas, { strength, refine });
  await ctx.outputs.raster('latent', interleave(latents));
  countPasses(ctx, vae, { encodes: plannedEncodes(checkpoint.spec, strength), decodes: 0 });
}

/** [C,h,w] → [h,w,C], as artifacts are stored. */
export function interleave({ data, channels, width, height }: Planes): Raster<Float32Array> {
  const plane = width * height;
  const out = new Float32Array(data.length);
  for (let c = 0; c < channels; c++)
    for (let i = 0, to = c; i < plane; i++, to += channels) out[to] = data[c * plane + i]!;
  return { width, height, channels, data: out };
}

/** [h,w,C] → [C,h,w]. */
export function separate({ data, channels, width, height }: Raster<Float32Array>): Planes {
  const plane = width * height;
  const out = new Float32Array(data.length);
  for (let c = 0; c < channels; c++)
    for (let i = 0, from = c; i < plane; i++, from += channels) out[c * plane + i] = data[from]!;
  return { data: out, channels, width, height };
}
