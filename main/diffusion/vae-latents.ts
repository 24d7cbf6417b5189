/** Bounds of the VAE's log variance. */
const MIN_LOG_VARIANCE = -30;
const MAX_LOG_VARIANCE = 20;

/**
 * Latents from a VAE encoder's parameters, scale·(mean + std·ε): `parameters` is [2C,h,w], first the C means, then the
 * C log variances (clamped to −30..20); `noise` and the result are [C,h,w]. Without noise the mean is taken. Written
 * to `out` and returned. Throws TypeError for other lengths.
 * Source: `DiagonalGaussianDistribution` and `_encode_vae_image` of diffusers; scale 0.18215 (SD), 0.13025 (SDXL).
 */
export function latentsFromParameters(
  parameters: Float32Array,
  noise: Float32Array | null,
  scale: number,
  out: Float32Array,
): Float32Array {
  const length = out.length;
  if (parameters.length !== 2 * length || (noise && noise.length !== length)) {
    throw new TypeError(`Expected ${2 * length} parameters and ${length} of noise for latents of ${length}`);
  }
  for (let i = 0; i < length; i++) {
    const logVariance = Math.min(Math.max(parameters[length + i]!, MIN_LOG_VARIANCE), MAX_LOG_VARIANCE);
    const deviation = noise ? Math.exp(0.5 * logVariance) * noise[i]! : 0;
    out[i] = scale * (parameters[i]! + deviation);
  }
  return out;
}
