import { floatData, floatTensor, type Tensor } from '../inference/tensor.ts';
import { bindGraph, checkDimension, type BoundGraph, type Checkpoint } from './checkpoint.ts';
import type { UnetSpec } from './pack.ts';
import { copyPlanes, type CellRect, type Planes, scaleCells } from './planes.ts';

/** One control picture and how strongly, and for which share of the steps, it is followed. */
export interface Control {
  /** Model name of the ControlNet. */
  readonly model: string;
  /** [3,H,W], 0–1. */
  readonly picture: Planes;
  readonly scale: number;
  /** 0–1, shares of the steps that the run takes. */
  readonly start: number;
  readonly end: number;
}

/** What a ControlNet gives and the UNet takes, by the names they share. */
export type Residuals = Readonly<Record<string, Tensor>>;

/** The residuals of a window of latents; those of several ControlNets added up. */
export interface ControlRunner {
  /** @param feeds what the UNet is given too: sample without mask channels, timestep, text; null where control is off */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    window: CellRect,
    stepIndex: number,
    steps: number,
  ): Promise<Residuals | null>;
}

/** The names of the UNet's residual inputs, the mid block's last. */
export function residualNames({ residuals }: UnetSpec): string[] {
  if (residuals === 0) return [];
  const down = Array.from({ length: residuals }, (_, i) => `down_block_${i}_additional_residual`);
  return [...down, 'mid_block_additional_residual'];
}

/** True for step `i` of `n` of a run: the whole step lies inside start…end. Source: `controlnet_keep` of diffusers. */
export function isControlled({ start, end }: Control, i: number, n: number): boolean {
  return !(i / n < start || (i + 1) / n > end);
}

/** Loads the ControlNets. `batch` is that of the feeds the runner will be given. */
export async function openControls(
  checkpoint: Checkpoint,
  unet: UnetSpec,
  controls: readonly Control[],
  shared: readonly string[],
): Promise<ControlRunner> {
  const names = residualNames(unet);
  const { factor, latentChannels } = checkpoint.spec.vae;
  const inputs = ['sample', ...shared, 'controlnet_cond', 'conditioning_scale'];
  const opened: { control: Control; graph: BoundGraph; hint: HintBuffer; scale: Tensor }[] = [];
  for (const control of controls) {
    const graph = await bindGraph(checkpoint, control.model, inputs, names);
    checkDimension(graph, 'sample', 1, latentChannels, `${checkpoint.id}/${control.model}`);
    const scale = floatTensor(Float32Array.of(control.scale), [1]);
    opened.push({ control, graph, hint: new HintBuffer(control.picture), scale });
  }
  return {
    async run(feeds, window, stepIndex, steps) {
      let sum: Residuals | null = null;
      const batch = feeds['sample']!.dims[0]!;
      for (const { control, graph, hint, scale } of opened) {
        if (!isControlled(control, stepIndex, steps) || control.scale === 0) continue;
        const picture = hint.window(scaleCells(window, factor), batch);
        const residuals = await graph.run({ ...feeds, controlnet_cond: picture, conditioning_scale: scale });
        sum = sum ? addResiduals(sum, residuals) : residuals;
      }
      return sum;
    },
  };
}

/** The part of a control picture that belongs to a window, once for each member of the batch; made anew when it moves. */
class HintBuffer {
  readonly #picture: Planes;
  #tensor: Tensor | undefined;
  #key = '';

  constructor(picture: Planes) {
    this.#picture = picture;
  }

  window(rect: CellRect, batch: number): Tensor {
    const key = `${rect.x},${rect.y},${rect.width},${rect.height},${batch}`;
    if (this.#tensor && key === this.#key) return this.#tensor;
    const length = 3 * rect.width * rect.height;
    const fits = this.#tensor?.data.length === batch * length;
    const data = fits ? (this.#tensor!.data as Float32Array) : new Float32Array(batch * length);
    copyPlanes(this.#picture, rect, data, 0);
    for (let copy = 1; copy < batch; copy++) data.copyWithin(copy * length, 0, length);
    this.#tensor = floatTensor(data, [batch, 3, rect.height, rect.width]);
    this.#key = key;
    return this.#tensor;
  }
}

/** Adds the second to the first, whose samples the run before has just made. */
function addResiduals(sum: Residuals, more: Residuals): Residuals {
  for (const [name, tensor] of Object.entries(sum)) {
    const target = floatData(tensor, name);
    const source = floatData(more[name], name);
    for (let i = 0; i < target.length; i++) target[i]! += source[i]!;
  }
  return sum;
}

/**
 * Residuals that add nothing: one 0 that broadcasts, or, where a graph declares its channels, zeros of the full shape.
 * Down blocks halve the latents: after each three residuals of Stable Diffusion's UNets.
 */
export function zeroResiduals(unet: UnetSpec, graph: BoundGraph, batch: number, window: CellRect): Residuals {
  const names = residualNames(unet);
  const zero = floatTensor(new Float32Array(1), [1, 1, 1, 1]);
  const entries = names.map((name, i): [string, Tensor] => {
    const channels = graph.input(name)?.dims[1] ?? -1;
    if (channels === -1) return [name, zero];
    const level = 2 ** Math.floor(Math.min(i, names.length - 2) / 3);
    const dims = [batch, channels, Math.ceil(window.height / level), Math.ceil(window.width / level)];
    return [name, floatTensor(new Float32Array(dims.reduce((a, b) => a * b)), dims)];
  });
  return Object.fromEntries(entries);
}
