import type { Vae } from '../../../diffusion/vae.ts';
import type { NodeContext } from '../../node.ts';

/**
 * Records a node's VAE passes and holds them against the plan's: one decode, and no encode that is not needed.
 * @throws TypeError where they differ: a defect
 */
export function countPasses(
  ctx: Pick<NodeContext, 'metric'>,
  { encodes, decodes }: Pick<Vae, 'encodes' | 'decodes'>,
  planned: { readonly encodes: number; readonly decodes: number },
): void {
  if (encodes !== planned.encodes || decodes !== planned.decodes) {
    throw new TypeError(
      `Expected ${planned.encodes} encodes and ${planned.decodes} decodes but counted ${encodes} and ${decodes}`,
    );
  }
  ctx.metric('vaeEncodes', encodes);
  ctx.metric('vaeDecodes', decodes);
}
