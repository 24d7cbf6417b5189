import { MachineError } from '../../../errors.ts';
import { adapterOf } from '../../../inference/adapters/adapter-of.ts';
import { bindGraph, boundName } from '../../../inference/adapters/bind.ts';
import type { PackManifest } from '../../../inference/pack-manifest.ts';
import { floatData, floatTensor, type ModelId, type ModelRunner } from '../../../inference/tensor.ts';
import type { Size } from '../../../imaging/window.ts';
import type { EnlargingNet } from './super-resolve.ts';

/**
 * Side of an enlarged tile: tiles of 256 for ×4, 512 for ×2. Real-ESRGAN keeps 64 features of it at a time, 268 MB each
 * such picture; one size for all memory presets, because samples near a seam depend on it.
 */
const ENLARGED_SIDE = 1024;
const OVERLAP = 32;
/** Exports with a small fixed input have less to spare: their overlap is this share of it. */
const FIXED_SHARE = 1 / 4;
/** Side of the picture by which a graph's factor is found where its shapes do not tell. */
const PROBE = 64;

/** A pack's super-resolution net: size and factor are read from the graph, or found by showing it a small picture. */
export async function packNet(models: ModelRunner, manifest: PackManifest): Promise<EnlargingNet> {
  const adapter = adapterOf(manifest, 'upscale');
  const model: ModelId = `${manifest.id}/upscale`;
  const { inputs, outputs } = bindGraph(adapter.kind, model, await models.describe(model));
  const from = boundName(inputs, 'image');
  const to = boundName(outputs, 'image');
  const fixed = sizeOf(inputs['image']!.dims);
  const probe = fixed ?? { width: PROBE, height: PROBE };
  const ask = async (input: ReturnType<typeof floatTensor>) =>
    (await models.run(model, { [from]: input }))[to];
  const answered = (fixed && sizeOf(outputs['image']!.dims)) ?? sizeOf((await ask(blank(probe)))?.dims ?? []);
  const factor = (answered?.width ?? 0) / probe.width;
  if (!answered || !Number.isInteger(factor) || factor < 1 || answered.height !== factor * probe.height) {
    const got = answered ? `${answered.width}×${answered.height}` : 'nothing';
    throw new MachineError(
      `The model ${model} does not enlarge by a whole factor: ${probe.width}×${probe.height} became ${got}`,
      `Remove the pack “${manifest.id}” and choose another`,
    );
  }
  return {
    model,
    factor,
    tile: adapter.tile ?? ENLARGED_SIDE / factor,
    overlap: fixed
      ? Math.floor(Math.min(OVERLAP, FIXED_SHARE * Math.min(fixed.width, fixed.height)))
      : OVERLAP,
    multiple: adapter.multiple ?? 1,
    fixed,
    enlarge: async (input) => floatData(await ask(input), to),
  };
}

/** Height and width of [B,C,H,W]; null where either is free. */
function sizeOf(dims: readonly number[]): Size | null {
  const [height = -1, width = -1] = dims.slice(-2);
  return width > 0 && height > 0 ? { width, height } : null;
}

function blank({ width, height }: Size) {
  return floatTensor(new Float32Array(3 * width * height), [1, 3, height, width]);
}
