import type { DiffusionPack } from './pack.ts';

/**
 * How often a run of the sampler encodes, by the UNet's kind: InstructPix2Pix once (the picture), a UNet that knows
 * masks once (the masked picture) and once more below strength 1 (the picture it starts from), any other once.
 */
export function plannedEncodes({ family, unet, vae }: DiffusionPack, strength: number): number {
  if (family === 'instruct-pix2pix' || unet.channels === vae.latentChannels) return 1;
  return strength < 1 ? 2 : 1;
}
