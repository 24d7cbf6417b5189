import type { SchedulerConfig } from './config.ts';
import { linearScheduler, originalFactors } from './linear-scheduler.ts';
import { alphasCumprod } from './noise-schedule.ts';
import type { Scheduler } from './scheduler.ts';
import { roundHalfEven, spaceSteps } from './spacing.ts';

/**
 * DDIM with η = 0: x′ = √ᾱ₋·x₀ + √(1−ᾱ₋)·ε. The step always goes ⌊1000/N⌋ timesteps down, also where the
 * spacing's next timestep is another one; that is how diffusers does it. Latents are not clipped.
 * Source: Song et al., "Denoising Diffusion Implicit Models", eq. 12; diffusers' DDIMScheduler.
 */
export function createDdim(steps: number, config: SchedulerConfig): Scheduler {
  const cumprods = alphasCumprod(config);
  const timesteps = Float32Array.from(spaceSteps(steps, config), roundHalfEven);
  const stride = Math.floor(config.trainTimesteps / steps);
  const finalBar = config.finalAlphaOne ? 1 : cumprods[0]!;
  const bars = Float64Array.from(timesteps, (t) => cumprods[t] ?? Number.NaN);
  const nextBars = Float64Array.from(timesteps, (t) => (t >= stride ? cumprods[t - stride]! : finalBar));

  const signal = bars.map(Math.sqrt);
  const noise = bars.map((bar) => Math.sqrt(1 - bar));
  // ε = (x − √ᾱ·x₀)/√(1−ᾱ), put into the formula above.
  const keep = nextBars.map((bar, i) => Math.sqrt(1 - bar) / noise[i]!);
  const original = nextBars.map((bar, i) => Math.sqrt(bar) - keep[i]! * signal[i]!);
  const sigmas = Float32Array.from([...bars, nextBars[steps - 1]!], (bar) => Math.sqrt((1 - bar) / bar));
  const rates = { signal, noise };
  return linearScheduler(
    { name: 'ddim', timesteps, sigmas, initNoiseSigma: 1, rates },
    { ...originalFactors(rates, config.prediction), keep, original },
  );
}
