import type { DiffusionPack, UnetSpec } from '../../diffusion/pack.ts';
import { MachineError } from '../../errors.ts';
import type { GraphInfo } from '../adapters/bind.ts';
import type { PackManifest } from '../pack-manifest.ts';

/** The graphs that a checkpoint's section names, with the channels of those whose `sample` it states. */
function namedGraphs(spec: DiffusionPack): Map<string, number | null> {
  const { unet, vae, textEncoders, controls, ipAdapter, refiner, preview } = spec;
  const graphs = new Map<string, number | null>();
  const addUnet = ({ model, channels }: UnetSpec) => graphs.set(model, channels);
  addUnet(unet);
  if (refiner) addUnet(refiner.unet);
  for (const { model } of controls) graphs.set(model, vae.latentChannels);
  for (const name of [vae.encoder, vae.decoder, ...textEncoders.map(({ model }) => model)])
    graphs.set(name, null);
  if (ipAdapter) graphs.set(ipAdapter.imageEncoder, null).set(ipAdapter.projection, null);
  if (preview && 'model' in preview) graphs.set(preview.model, null);
  return graphs;
}

/**
 * Looks whether a checkpoint has all that its section names, and whether its UNets and controls take the channels that
 * it states.
 * @param probe says what a graph of the pack declares
 * @throws MachineError for the first thing that is missing or does not fit
 */
export async function checkDiffusion(
  { id, models, files, diffusion }: PackManifest,
  probe: (model: string) => Promise<GraphInfo>,
): Promise<void> {
  if (!diffusion) return;
  const listed = new Set(files.map(({ path }) => path));
  const tokenizers = diffusion.textEncoders.map(({ tokenizer }) => `${tokenizer}/tokenizer.json`);
  const missing = [diffusion.scheduler, ...tokenizers].find((path) => !listed.has(path));
  if (missing !== undefined) throw new MachineError(`The pack ${id} lists no file ${missing}`, '');
  const graphs = namedGraphs(diffusion);
  const unknown = [...graphs.keys()].find((name) => !Object.hasOwn(models, name));
  if (unknown !== undefined) throw new MachineError(`The pack ${id} lists no model ${unknown}`, '');
  for (const [name, channels] of graphs) {
    if (channels === null) continue;
    const { inputs } = await probe(name);
    const sample = inputs.find((input) => input.name === 'sample') ?? inputs[0];
    const declared = sample?.dims[1] ?? -1;
    if (declared === -1 || declared === channels) continue;
    throw new MachineError(
      `The model ${id}/${name} takes ${declared} channels, but its pack.json says ${channels}`,
      '',
    );
  }
}
