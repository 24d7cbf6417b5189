import type { Checkpoint } from '../../../diffusion/checkpoint.ts';
import type { DiffusionPack } from '../../../diffusion/pack.ts';
import type { NodeContext } from '../../node.ts';
import { cannotPaint } from './require-controls.ts';

/** What a pack says of its checkpoint. @throws RequestError where it is no diffusion pack */
export function diffusionOf({ packs }: Pick<NodeContext, 'packs'>, pack: string | null): DiffusionPack {
  const spec = pack === null ? undefined : packs.manifest(pack).diffusion;
  if (spec) return spec;
  throw cannotPaint(pack ?? 'starter');
}

/** A pack's checkpoint as diffusion code runs it. @throws RequestError where it is no diffusion pack */
export function openCheckpoint(ctx: Pick<NodeContext, 'packs' | 'models'>, pack: string | null): Checkpoint {
  const spec = diffusionOf(ctx, pack);
  const id = pack ?? '';
  return { id, spec, models: ctx.models, readFile: (path) => ctx.packs.read(id, path) };
}
