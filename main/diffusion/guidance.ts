/** True where guidance is on, so that the model must also be run without the prompt. */
export function needsUnconditional(scale: number): boolean {
  return scale > 1;
}

/**
 * Classifier-free guidance, u + g·(c − u), written to `out` (may be either input) and returned; flat arrays of one
 * length. A batched output is [unconditional, conditional]: pass its two halves.
 * Source: Ho and Salimans, "Classifier-Free Diffusion Guidance", in the form diffusers' pipelines use.
 * Throws TypeError where the lengths differ.
 */
export function guide(
  unconditional: Float32Array,
  conditional: Float32Array,
  scale: number,
  out: Float32Array,
): Float32Array {
  if (unconditional.length !== conditional.length || out.length !== conditional.length) {
    throw new TypeError(
      `Expected three arrays of one length but received ${unconditional.length}, ${conditional.length} and ${out.length}`,
    );
  }
  for (let i = 0; i < out.length; i++) {
    const u = unconditional[i]!;
    out[i] = u + scale * (conditional[i]! - u);
  }
  return out;
}
