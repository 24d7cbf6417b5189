import { RequestError } from '../../errors.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * The first step of a run that changes the picture by `strength` (0–1, 1 repaints it): the run takes the last
 * ⌊steps·strength⌋ of the steps. Source: `get_timesteps` of diffusers' image-to-image and inpainting pipelines.
 * Throws RequestError where no step is left.
 */
export function startIndexFor(steps: number, strength: number): number {
  const taken = Math.min(Math.floor(steps * strength), steps);
  if (!(taken >= 1 && strength <= 1)) {
    throw new RequestError(
      `A strength of ${strength} leaves none of ${steps} steps`,
      'Use a strength up to 1, and so many steps that steps × strength is at least 1',
    );
  }
  return steps - taken;
}

/**
 * The sample a run starts from, written to `out` and returned: pure noise at strength 1, the picture's latents with
 * noise below. `noise` is standard normal; `imageLatents` are scaled by the VAE's factor and may be missing at 1.
 * Throws TypeError where they are missing below 1. Source: `prepare_latents` of diffusers' inpainting pipelines.
 */
export function startLatents(
  scheduler: Scheduler,
  strength: number,
  noise: Float32Array,
  imageLatents: Float32Array | undefined,
  out: Float32Array,
): Float32Array {
  if (strength === 1) {
    for (let i = 0; i < noise.length; i++) out[i] = noise[i]! * scheduler.initNoiseSigma;
    return out;
  }
  if (!imageLatents) throw new TypeError('Expected image latents for a strength below 1 but received none');
  return scheduler.addNoise(imageLatents, noise, startIndexFor(scheduler.timesteps.length, strength), out);
}
