/** Karras et al.'s exponent. */
const RHO = 7;

/** σ at each (fractional) timestep by linear interpolation in the training σ, clamped at both ends (numpy's `interp`). */
export function sigmasAt(timesteps: Float64Array, train: Float32Array): Float64Array {
  return timesteps.map((t) => {
    if (t <= 0) return train[0]!;
    if (t >= train.length - 1) return train[train.length - 1]!;
    const low = Math.floor(t);
    const slope = train[low + 1]! - train[low]!;
    return slope * (t - low) + train[low]!;
  });
}

/**
 * `count` noise levels from `max` down to `min`, dense near `min`.
 * Source: Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models", eq. 5, ρ = 7.
 */
export function karrasSigmas(min: number, max: number, count: number): Float64Array {
  const low = min ** (1 / RHO);
  const high = max ** (1 / RHO);
  return Float64Array.from({ length: count }, (_, i) => {
    const ramp = count === 1 ? 0 : i / (count - 1);
    return (high + ramp * (low - high)) ** RHO;
  });
}

/** The fractional timestep of a noise level, by interpolation in log σ (diffusers' `_sigma_to_t`). */
export function timestepAt(sigma: number, logTrain: Float32Array): number {
  const log = Math.log(Math.max(sigma, 1e-10));
  let low = 0;
  while (low < logTrain.length - 2 && logTrain[low + 1]! <= log) low++;
  const from = logTrain[low]!;
  const weight = (from - log) / Math.fround(from - logTrain[low + 1]!);
  const clamped = Math.min(Math.max(weight, 0), 1);
  return (1 - clamped) * low + clamped * (low + 1);
}

/** The noise levels with a last one appended, rounded to float32. */
export function withFinal(sigmas: Float64Array, final: number): Float32Array {
  const out = new Float32Array(sigmas.length + 1);
  out.set(sigmas);
  out[sigmas.length] = final;
  return out;
}

/** √ᾱ of a noise level: 1/√(σ²+1). */
export function signalRate(sigma: number): number {
  return 1 / Math.sqrt(sigma * sigma + 1);
}

/** √(1−ᾱ) of a noise level: σ/√(σ²+1). */
export function noiseRate(sigma: number): number {
  return sigma / Math.sqrt(sigma * sigma + 1);
}
