import { RequestError } from '../../errors.ts';
import type { SchedulerConfig } from './config.ts';
import { linearScheduler, originalFactors } from './linear-scheduler.ts';
import { alphasCumprod } from './noise-schedule.ts';
import type { Scheduler } from './scheduler.ts';

/** σ_data² of the consistency model's boundary condition. */
const DATA_VARIANCE = 0.25;
const TIMESTEP_SCALING = 10;

/**
 * Latent consistency sampling: x₀ mixed with x by the boundary condition c_skip, c_out, and noised again to the next
 * timestep; the last step adds none. Steps are a subset of the grid the model was distilled on, so the configured
 * spacing does not matter. Throws RequestError for more steps than that grid has.
 * Source: Luo et al., "Latent Consistency Models", algorithm 3 and appendix; diffusers' LCMScheduler.
 */
export function createLcm(steps: number, config: SchedulerConfig): Scheduler {
  const { originalSteps, trainTimesteps } = config;
  if (steps > originalSteps) {
    throw new RequestError(
      `LCM takes at most ${originalSteps} steps but ${steps} were asked for`,
      'Ask for 4 to 8 steps, or choose another scheduler',
    );
  }
  const cumprods = alphasCumprod(config);
  const gridStep = Math.floor(trainTimesteps / originalSteps);
  const skip = originalSteps / steps;
  const timesteps = Float32Array.from(
    { length: steps },
    (_, i) => (originalSteps - Math.floor(i * skip)) * gridStep - 1,
  );
  const bars = Float64Array.from(timesteps, (t) => cumprods[t]!);
  const rates = { signal: bars.map(Math.sqrt), noise: bars.map((bar) => Math.sqrt(1 - bar)) };

  const keep = new Float64Array(steps);
  const original = new Float64Array(steps);
  const noise = new Float64Array(steps);
  for (let i = 0; i < steps; i++) {
    const scaled = timesteps[i]! * TIMESTEP_SCALING;
    const denominator = scaled * scaled + DATA_VARIANCE;
    const nextSignal = i === steps - 1 ? 1 : rates.signal[i + 1]!;
    keep[i] = (nextSignal * DATA_VARIANCE) / denominator;
    original[i] = (nextSignal * scaled) / Math.sqrt(denominator);
    noise[i] = i === steps - 1 ? 0 : rates.noise[i + 1]!;
  }
  const sigmas = Float32Array.from([...bars, 1], (bar) => Math.sqrt((1 - bar) / bar));
  return linearScheduler(
    { name: 'lcm', timesteps, sigmas, initNoiseSigma: 1, rates },
    { ...originalFactors(rates, config.prediction), keep, original, noise },
  );
}
