import type { SchedulerConfig } from './config.ts';
import { type Grid, linearScheduler, type StepTable } from './linear-scheduler.ts';
import type { Scheduler } from './scheduler.ts';
import { eulerGrid, type SigmaGrid } from './sigma-grid.ts';

/**
 * Euler's method on the probability-flow ODE: x′ = x + (x − x₀)/σ·(σ₊ − σ).
 * Source: Karras et al. 2022, algorithm 2 without churn; diffusers' EulerDiscreteScheduler.
 */
export function createEuler(steps: number, config: SchedulerConfig): Scheduler {
  const levels = eulerGrid(steps, config, config.karras);
  const { sigmas } = levels;
  const keep = new Float64Array(steps);
  for (let i = 0; i < steps; i++) keep[i] = sigmas[i + 1]! / sigmas[i]!;
  return linearScheduler(gridOf('euler', levels, config), {
    ...originalFactorsOfSigma(sigmas, steps, config),
    keep,
    original: keep.map((k) => 1 - k),
  });
}

/**
 * Euler with fresh noise after every step: down to σ_down, then up by σ_up, σ_up² + σ_down² = σ₊².
 * Source: k-diffusion's `get_ancestral_step` with η = 1; diffusers' EulerAncestralDiscreteScheduler.
 */
export function createEulerAncestral(steps: number, config: SchedulerConfig): Scheduler {
  const levels = eulerGrid(steps, config, false);
  const { sigmas } = levels;
  const keep = new Float64Array(steps);
  const noise = new Float64Array(steps);
  for (let i = 0; i < steps; i++) {
    const from = sigmas[i]! ** 2;
    const to = sigmas[i + 1]! ** 2;
    noise[i] = Math.sqrt((to * (from - to)) / from);
    keep[i] = to / from; // σ_down/σ, since σ_down = σ₊²/σ
  }
  return linearScheduler(gridOf('euler-ancestral', levels, config), {
    ...originalFactorsOfSigma(sigmas, steps, config),
    keep,
    original: keep.map((k) => 1 - k),
    noise,
  });
}

/** Euler's samples are x₀ + σ·ε, not scaled to unit variance; the model's input is. */
function gridOf(name: 'euler' | 'euler-ancestral', levels: SigmaGrid, config: SchedulerConfig): Grid {
  const { timesteps, sigmas } = levels;
  const steps = timesteps.length;
  const highest = sigmas[0]!;
  return {
    name,
    timesteps,
    sigmas,
    initNoiseSigma: config.spacing === 'leading' ? Math.sqrt(highest * highest + 1) : highest,
    rates: { signal: new Float64Array(steps).fill(1), noise: Float64Array.from(sigmas.subarray(0, steps)) },
    inputScale: Float64Array.from({ length: steps }, (_, i) => 1 / Math.sqrt(sigmas[i]! ** 2 + 1)),
  };
}

function originalFactorsOfSigma(
  sigmas: Float32Array,
  steps: number,
  config: SchedulerConfig,
): Pick<StepTable, 'fromSample' | 'fromOutput'> {
  const fromSample = new Float64Array(steps);
  const fromOutput = new Float64Array(steps);
  for (let i = 0; i < steps; i++) {
    const sigma = sigmas[i]!;
    const v = config.prediction === 'v_prediction';
    fromSample[i] = v ? 1 / (sigma * sigma + 1) : 1;
    fromOutput[i] = v ? -sigma / Math.sqrt(sigma * sigma + 1) : -sigma;
  }
  return { fromSample, fromOutput };
}
