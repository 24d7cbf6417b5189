import type { SchedulerConfig } from './config.ts';
import {
  addSlope,
  checkStep,
  createState,
  currentOriginal,
  finishStep,
  mix,
  originalFactors,
  predictOriginal,
  previousOriginal,
  ratesOf,
  schedulerOn,
} from './linear-scheduler.ts';
import type { Scheduler, SchedulerState } from './scheduler.ts';
import { multistepGrid } from './sigma-grid.ts';
import { noiseRate, signalRate } from './sigmas.ts';

/**
 * UniPC, bh2, order 2, predicting x₀: each step first corrects the sample of the step before with the new x₀, then
 * predicts the next one. The first step has nothing to correct and, like the last, is of first order.
 * Source: Zhao et al., "UniPC", algorithms 5 and 6; diffusers' UniPCMultistepScheduler.
 */
export function createUniPc(steps: number, config: SchedulerConfig): Scheduler {
  const { timesteps, sigmas } = multistepGrid(steps, config, config.karras);
  const rates = ratesOf(sigmas, steps);
  const factors = originalFactors(rates, config.prediction);
  return {
    ...schedulerOn({ name: 'unipc', timesteps, sigmas, initNoiseSigma: 1, rates }),
    needsNoise: () => false,
    createState: (length) => createState(length, 3, true),
    step(modelOutput, stepIndex, sample, state) {
      checkStep(modelOutput, sample, state);
      const original = currentOriginal(state);
      predictOriginal(factors, stepIndex, modelOutput, sample, original);
      if (state.taken > 0) correct(sigmas, stepIndex, sample, state, original);
      state.lastSample.set(sample);
      state.lastOrder = Math.min(2, steps - stepIndex, state.taken + 1);
      predict(sigmas, stepIndex, sample, state, original);
      return finishStep(state, sample, original);
    },
  };
}

/** Replaces `sample` by the last step taken again from its own start, with the knowledge of `original`. */
function correct(
  sigmas: Float32Array,
  stepIndex: number,
  sample: Float32Array,
  state: SchedulerState,
  original: Float32Array,
): void {
  const from = sigmas[stepIndex - 1]!;
  const to = sigmas[stepIndex]!;
  const before = previousOriginal(state, 1);
  const gain = signalRate(to) * (1 - to / from);
  const h = Math.log(from / to);
  sample.set(state.lastSample);
  mix(sample, noiseRate(to) / noiseRate(from), before, gain);
  if (state.lastOrder === 1) {
    addSlope(sample, 0.5 * gain, original, before);
    return;
  }
  // ρ from [[1, 1], [r, 1]]·ρ = b, where r is the earlier step's λ in units of this one (negative).
  const r = -Math.log(sigmas[stepIndex - 2]! / from) / h;
  const base = Math.expm1(-h);
  const phi1 = base / -h - 1;
  const b1 = phi1 / base;
  const b2 = (2 * (phi1 / -h - 0.5)) / base;
  const rho1 = (b2 - b1) / (r - 1);
  addSlope(sample, (gain * rho1) / r, previousOriginal(state, 2), before);
  addSlope(sample, gain * (b1 - rho1), original, before);
}

/** Takes the step from `stepIndex` to the next noise level. */
function predict(
  sigmas: Float32Array,
  stepIndex: number,
  sample: Float32Array,
  state: SchedulerState,
  original: Float32Array,
): void {
  const from = sigmas[stepIndex]!;
  const to = sigmas[stepIndex + 1]!;
  const gain = signalRate(to) * (1 - to / from);
  mix(sample, noiseRate(to) / noiseRate(from), original, gain);
  if (state.lastOrder === 1) return;
  const r = -Math.log(sigmas[stepIndex - 1]! / from) / Math.log(from / to);
  addSlope(sample, (0.5 * gain) / r, previousOriginal(state, 1), original);
}
