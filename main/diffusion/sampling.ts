import type { Denoiser } from './denoiser.ts';
import { type KnownLatents, keepOutsideMask } from './latent-mask.ts';
import type { CellRect, Planes } from './planes.ts';
import type { Scheduler } from './schedulers/scheduler.ts';
import type { TorchGenerator } from './torch-random.ts';
import { planWindows, type WindowPlan } from './windows.ts';

/** A stretch of a run: steps `from` to `to` (not included) of a scheduler, by one denoiser. */
export interface Stretch {
  readonly scheduler: Scheduler;
  readonly denoiser: Denoiser;
  readonly from: number;
  readonly to: number;
  /** Steps that the whole run takes, for control's start and end; `from` counts as their first. */
  readonly steps: number;
  /** Noise of ancestral and consistency samplers. */
  readonly generator: TorchGenerator;
  /** For a UNet that knows no mask: what lies outside the hole is put back after every step. */
  readonly known: Omit<KnownLatents, 'scratch'> | null;
  /** Cells that the model sees at once; larger latents are taken in overlapping windows of this size. */
  readonly window: { readonly width: number; readonly height: number };
  /** Called after each step; may throw to end the run between steps. */
  readonly onStep?: (state: StepState) => Promise<void> | void;
}

/** How far a stretch is. The arrays are overwritten by the next step. */
export interface StepState {
  /** Of the scheduler, from 0. */
  readonly index: number;
  readonly latents: Planes;
  /** The model's idea of the clean latents, for previews. */
  readonly predicted: Planes;
}

/**
 * Takes the steps of a stretch: changes `latents` in place. Latents larger than the window are predicted window by
 * window, and the predictions fade over into each other, so that all windows walk one path.
 * Source of the windows: Bar-Tal et al., "MultiDiffusion". Allocates nothing that grows with the steps.
 */
export async function takeSteps(stretch: Stretch, latents: Planes): Promise<void> {
  const { scheduler, from, to, steps, generator, known, onStep } = stretch;
  const { data } = latents;
  const state = scheduler.createState(data.length);
  const scaled = { ...latents, data: new Float32Array(data.length) };
  const fresh = new Float32Array(data.length);
  const scratch = known ? { ...known, scratch: new Float32Array(data.length) } : null;
  const predict = predictor(stretch, scaled);
  for (let i = from; i < to; i++) {
    scheduler.scaleModelInput(data, i, scaled.data);
    const prediction = await predict(scheduler.timesteps[i]!, i - from, steps);
    const noise = scheduler.needsNoise(i) ? generator.fillNormal(fresh) : undefined;
    const { predictedOriginal } = scheduler.step(prediction, i, data, state, noise);
    if (scratch) keepOutsideMask(scheduler, i, data, scratch);
    await onStep?.({ index: i, latents, predicted: { ...latents, data: predictedOriginal } });
  }
}

type Predict = (timestep: number, stepIndex: number, steps: number) => Promise<Float32Array>;

function predictor({ denoiser, window }: Stretch, scaled: Planes): Predict {
  const whole: CellRect = { x: 0, y: 0, width: scaled.width, height: scaled.height };
  if (whole.width <= window.width && whole.height <= window.height) {
    return (timestep, stepIndex, steps) => denoiser.predict(scaled, timestep, whole, stepIndex, steps);
  }
  const plans = planWindows(scaled, window);
  const sum = new Float32Array(scaled.data.length);
  return async (timestep, stepIndex, steps) => {
    sum.fill(0);
    for (const plan of plans) {
      const part = await denoiser.predict(scaled, timestep, plan.rect, stepIndex, steps);
      addWindow(scaled, plan, part, sum);
    }
    return sum;
  };
}

function addWindow(whole: Planes, { rect, across, down }: WindowPlan, part: Float32Array, sum: Float32Array) {
  for (let c = 0, from = 0; c < whole.channels; c++) {
    for (let y = 0; y < rect.height; y++) {
      let to = (c * whole.height + rect.y + y) * whole.width + rect.x;
      for (let x = 0; x < rect.width; x++) sum[to++]! += part[from++]! * across[x]! * down[y]!;
    }
  }
}
