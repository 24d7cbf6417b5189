import type { Raster } from '../../../imaging/raster.ts';
import type { NodeContext } from '../../node.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { fromPlanes, openNodeVae } from './painting.ts';
import type { InpaintParams } from './params.ts';
import { separate } from './sample.ts';
import { countPasses } from './vae-metrics.ts';

/** The one decode: `decoded`, u16 sRGB at the model's size, rim included. */
export async function runDecode(ctx: NodeContext<Pick<InpaintParams, 'pack'>>): Promise<void> {
  const checkpoint = openCheckpoint(ctx, ctx.params.pack);
  const latents = separate((await ctx.inputs.raster('latent')) as Raster<Float32Array>);
  const { factor } = checkpoint.spec.vae;
  const size = { width: latents.width * factor, height: latents.height * factor };
  const vae = openNodeVae(ctx, checkpoint, size);
  await ctx.progress(0.1, 'Decoding');
  await ctx.outputs.raster('decoded', fromPlanes(await vae.decode(latents)));
  countPasses(ctx, vae, { encodes: 0, decodes: 1 });
}
