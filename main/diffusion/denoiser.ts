import { constantTensor, floatData, floatTensor, type Tensor } from '../inference/tensor.ts';
import { bindGraph, checkDimension, type BoundGraph, type Checkpoint, runBound } from './checkpoint.ts';
import { type Control, type ControlRunner, openControls, residualNames, zeroResiduals } from './control.ts';
import { guide, guideByPicture } from './guidance.ts';
import type { UnetSpec } from './pack.ts';
import { copyPlanes, type CellRect, type Planes } from './planes.ts';

/** One evaluation of the UNet that guidance needs: with the prompt, without it, … */
export interface Branch {
  /** [tokens, width]. */
  readonly hidden: Float32Array;
  readonly tokens: number;
  readonly width: number;
  readonly pooled: Float32Array | null;
  readonly timeIds: Float32Array | null;
  /** Image tokens of an IP-Adapter, [T,D]. */
  readonly imageTokens: Planes | null;
  /** Channels that follow the latents: latent mask and masked latents, or the picture's latents. */
  readonly extra: readonly Planes[];
}

/** How the branches' predictions become one: none, by text, or by text and picture (three branches). */
export type Guidance =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly scale: number }
  | { readonly kind: 'picture'; readonly text: number; readonly picture: number };

export interface DenoiserSetup {
  readonly unet: UnetSpec;
  /** In the order of diffusers' batches: [without, with], or [with, picture alone, neither]. */
  readonly branches: readonly Branch[];
  readonly guidance: Guidance;
  readonly controls: readonly Control[];
  /** Strength of the image tokens; 0 is none. */
  readonly imageScale: number;
  /** [E], for UNets that read the guidance scale. */
  readonly guidanceEmbedding: Float32Array | null;
  /** Size of the window that one prediction is made for, cells. */
  readonly window: { readonly width: number; readonly height: number };
  /** All branches in one run of the UNet; otherwise one after the other, in half the memory. */
  readonly batched: boolean;
}

/** Predicts the noise (or velocity) of latents: UNet, ControlNets and guidance in one. */
export interface Denoiser {
  /**
   * The guided prediction for a window of the scaled latents; valid until the next call.
   * @param stepIndex and `steps`: place in the run, for control's start and end
   */
  predict(
    scaled: Planes,
    timestep: number,
    window: CellRect,
    stepIndex: number,
    steps: number,
  ): Promise<Float32Array>;
}

/** Loads the UNet and its ControlNets, and lays out all buffers: no step allocates any of its own. */
export async function openDenoiser(checkpoint: Checkpoint, setup: DenoiserSetup): Promise<Denoiser> {
  const { unet, branches, batched } = setup;
  const first = branches[0]!;
  const sdxl = first.timeIds ? ['text_embeds', 'time_ids'] : [];
  const conditioned = ['timestep', 'encoder_hidden_states', ...sdxl];
  const more = [
    ...(unet.guidanceEmbedding ? ['timestep_cond'] : []),
    ...residualNames(unet),
    ...(first.imageTokens ? ['ip_hidden_states', 'ip_adapter_scale'] : []),
  ];
  const graph = await bindGraph(checkpoint, unet.model, ['sample', ...conditioned, ...more], ['out_sample']);
  checkDimension(graph, 'sample', 1, unet.channels, `${checkpoint.id}/${unet.model}`);
  const groups = batched ? [branches] : branches.map((branch) => [branch]);
  const latents = checkpoint.spec.vae.latentChannels;
  const passes = groups.map((group) => new Pass(checkpoint, graph, setup, group));
  const controls = await openControls(checkpoint, unet, setup.controls, conditioned);
  const perBranch = latents * setup.window.width * setup.window.height;
  const guided = new Float32Array(perBranch);

  return {
    async predict(scaled, timestep, window, stepIndex, steps) {
      const outputs: Float32Array[] = [];
      for (const pass of passes) {
        const output = await pass.run(scaled, timestep, window, controls, stepIndex, steps);
        for (let at = 0; at < output.length; at += perBranch)
          outputs.push(output.subarray(at, at + perBranch));
      }
      return combine(setup.guidance, outputs, guided);
    },
  };
}

function combine(guidance: Guidance, outputs: readonly Float32Array[], out: Float32Array): Float32Array {
  switch (guidance.kind) {
    case 'none':
      return outputs[0]!;
    case 'text':
      return guide(outputs[0]!, outputs[1]!, guidance.scale, out);
    case 'picture':
      return guideByPicture(outputs[0]!, outputs[1]!, outputs[2]!, guidance, out);
  }
}

/** One run of the UNet for some of the branches, with its feeds laid out once. */
class Pass {
  readonly #checkpoint: Checkpoint;
  readonly #graph: BoundGraph;
  readonly #branches: readonly Branch[];
  readonly #sample: Tensor;
  /** The latents alone, for ControlNets. */
  readonly #plain: Tensor;
  readonly #timestep: Tensor;
  readonly #conditions: Readonly<Record<string, Tensor>>;
  readonly #constant: Readonly<Record<string, Tensor>>;
  readonly #noControl: Readonly<Record<string, Tensor>>;

  constructor(checkpoint: Checkpoint, graph: BoundGraph, setup: DenoiserSetup, branches: readonly Branch[]) {
    const latents = checkpoint.spec.vae.latentChannels;
    const { unet, window } = setup;
    const batch = branches.length;
    const cells = window.width * window.height;
    const planes = (channels: number) =>
      floatTensor(new Float32Array(batch * channels * cells), [batch, channels, window.height, window.width]);
    this.#checkpoint = checkpoint;
    this.#graph = graph;
    this.#branches = branches;
    this.#sample = planes(unet.channels);
    this.#plain = unet.channels === latents || setup.controls.length === 0 ? this.#sample : planes(latents);
    this.#timestep = timestepTensor(graph);
    this.#conditions = textTensors(branches);
    this.#constant = {
      ...imageTensors(branches, setup.imageScale),
      ...(setup.guidanceEmbedding ? { timestep_cond: repeat(setup.guidanceEmbedding, batch) } : {}),
    };
    this.#noControl = zeroResiduals(unet, graph, batch, { x: 0, y: 0, ...window });
  }

  async run(
    scaled: Planes,
    timestep: number,
    window: CellRect,
    controls: ControlRunner,
    stepIndex: number,
    steps: number,
  ): Promise<Float32Array> {
    this.#fill(scaled, window);
    if (this.#timestep.data instanceof BigInt64Array) this.#timestep.data[0] = BigInt(Math.round(timestep));
    else this.#timestep.data[0] = timestep;
    const conditions = { timestep: this.#timestep, ...this.#conditions };
    const controlled = controls.links({ sample: this.#plain, ...conditions }, window, stepIndex, steps);
    const feeds = {
      sample: this.#sample,
      ...conditions,
      ...this.#constant,
      ...(controlled.length > 0 ? {} : this.#noControl),
    };
    const { out_sample } = await runBound(this.#checkpoint, [...controlled, { graph: this.#graph, feeds }]);
    return floatData(out_sample, 'out_sample');
  }

  /** The window of the latents and of what follows them, once for each branch. */
  #fill(scaled: Planes, window: CellRect): void {
    const sample = this.#sample.data as Float32Array;
    let at = 0;
    for (const { extra } of this.#branches) {
      at = copyPlanes(scaled, window, sample, at);
      for (const planes of extra) at = copyPlanes(planes, window, sample, at);
    }
    if (this.#plain === this.#sample) return;
    at = 0;
    for (const _ of this.#branches) at = copyPlanes(scaled, window, this.#plain.data as Float32Array, at);
  }
}

/** f32 in packs made for Davenport; published graphs take whole timesteps, i64. */
function timestepTensor(graph: BoundGraph): Tensor {
  const declared = graph.input('timestep');
  const dims = declared?.dims.length === 0 ? [] : [1];
  return declared?.type === 'int64'
    ? { type: 'int64', dims, data: new BigInt64Array(1) }
    : { type: 'float32', dims, data: new Float32Array(1) };
}

function textTensors(branches: readonly Branch[]): Record<string, Tensor> {
  const { tokens, width, pooled, timeIds } = branches[0]!;
  const batch = branches.length;
  const text = concat(branches.map((branch) => branch.hidden));
  const tensors: Record<string, Tensor> = {
    encoder_hidden_states: constantTensor(text, [batch, tokens, width]),
  };
  if (!timeIds) return tensors;
  if (!pooled) throw new TypeError('Expected a pooled embedding for SDXL but received none');
  const rows = (pick: (branch: Branch) => Float32Array) => {
    const data = concat(branches.map(pick));
    return constantTensor(data, [batch, data.length / batch]);
  };
  tensors['text_embeds'] = rows((branch) => branch.pooled!);
  tensors['time_ids'] = rows((branch) => branch.timeIds!);
  return tensors;
}

function imageTensors(branches: readonly Branch[], scale: number): Record<string, Tensor> {
  const tokens = branches[0]!.imageTokens;
  if (!tokens) return {};
  const data = concat(branches.map((branch) => branch.imageTokens!.data));
  return {
    ip_hidden_states: constantTensor(data, [branches.length, tokens.height, tokens.width]),
    ip_adapter_scale: constantTensor(Float32Array.of(scale), [1]),
  };
}

function repeat(row: Float32Array, times: number): Tensor {
  return constantTensor(concat(Array.from({ length: times }, () => row)), [times, row.length]);
}

function concat(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
