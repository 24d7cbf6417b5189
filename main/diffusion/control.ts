import { constantTensor, floatTensor, type Tensor } from '../inference/tensor.ts';
import { bindGraph, type BoundLink, checkDimension, type BoundGraph, type Checkpoint } from './checkpoint.ts';
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

/** The ControlNets of a run. */
export interface ControlRunner {
  /**
   * What to run before the UNet at a step: the ControlNets that are on then.
   * @param feeds what the UNet is given too: sample without mask channels, timestep, text
   */
  links(
    feeds: Readonly<Record<string, Tensor>>,
    window: CellRect,
    stepIndex: number,
    steps: number,
  ): BoundLink[];
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

/** Loads the ControlNets. `shared` names what they are told besides the sample, as the UNet is. */
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
    const scale = constantTensor(Float32Array.of(control.scale), [1]);
    opened.push({ control, graph, hint: new HintBuffer(control.picture), scale });
  }
  return {
    links(feeds, window, stepIndex, steps) {
      const batch = feeds['sample']!.dims[0]!;
      return opened
        .filter(({ control }) => control.scale !== 0 && isControlled(control, stepIndex, steps))
        .map(({ graph, hint, scale }) => {
          const picture = hint.window(scaleCells(window, factor), batch);
          return { graph, feeds: { ...feeds, controlnet_cond: picture, conditioning_scale: scale } };
        });
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
    // Windows share the memory: their samples change.
    const whole = rect.width === this.#picture.width && rect.height === this.#picture.height;
    this.#tensor = (whole ? constantTensor : floatTensor)(data, [batch, 3, rect.height, rect.width]);
    this.#key = key;
    return this.#tensor;
  }
}

/**
 * Residuals that add nothing: one 0 that broadcasts, or, where a graph declares its channels, zeros of the full shape.
 * Down blocks halve the latents: after each three residuals of Stable Diffusion's UNets.
 */
export function zeroResiduals(unet: UnetSpec, graph: BoundGraph, batch: number, window: CellRect): Residuals {
  const names = residualNames(unet);
  const zero = constantTensor(new Float32Array(1), [1, 1, 1, 1]);
  const entries = names.map((name, i): [string, Tensor] => {
    const channels = graph.input(name)?.dims[1] ?? -1;
    if (channels === -1) return [name, zero];
    const level = 2 ** Math.floor(Math.min(i, names.length - 2) / 3);
    const dims = [batch, channels, Math.ceil(window.height / level), Math.ceil(window.width / level)];
    return [name, constantTensor(new Float32Array(dims.reduce((a, b) => a * b)), dims)];
  });
  return Object.fromEntries(entries);
}
