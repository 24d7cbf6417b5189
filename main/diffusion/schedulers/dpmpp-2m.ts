import type { SchedulerConfig } from './config.ts';
import { linearScheduler, originalFactors, ratesOf } from './linear-scheduler.ts';
import type { Scheduler } from './scheduler.ts';
import { multistepGrid } from './sigma-grid.ts';
import { noiseRate, signalRate } from './sigmas.ts';

/**
 * DPM-Solver++(2M), midpoint: with λ = −ln σ and h the step in λ, e^(−h) = σ₊/σ, so
 * x′ = (s₊/s)·x + α₊(1 − σ₊/σ)·(x₀ + (x₀ − x₀ before)·h/(2h₋)).
 * The first step of a run and the last one, whose h is infinite, are of first order.
 * Source: Lu et al., "DPM-Solver++", algorithm 2; diffusers' DPMSolverMultistepScheduler, solver_order 2.
 */
export function createDpmpp2m(steps: number, config: SchedulerConfig, karras: boolean): Scheduler {
  const { timesteps, sigmas } = multistepGrid(steps, config, karras);
  const rates = ratesOf(sigmas, steps);
  const keep = new Float64Array(steps);
  const original = new Float64Array(steps);
  const slope = new Float64Array(steps);
  for (let i = 0; i < steps; i++) {
    const sigma = sigmas[i]!;
    const next = sigmas[i + 1]!;
    keep[i] = noiseRate(next) / noiseRate(sigma);
    original[i] = signalRate(next) * (1 - next / sigma);
    if (i === 0 || i === steps - 1) continue;
    const ratio = Math.log(sigma / next) / Math.log(sigmas[i - 1]! / sigma);
    slope[i] = 0.5 * original[i]! * ratio;
  }
  return linearScheduler(
    { name: karras ? 'dpmpp-2m-karras' : 'dpmpp-2m', timesteps, sigmas, initNoiseSigma: 1, rates },
    { ...originalFactors(rates, config.prediction), keep, original, slope },
  );
}
