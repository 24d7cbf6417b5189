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
  checkLengths(out, unconditional, conditional);
  for (let i = 0; i < out.length; i++) {
    const u = unconditional[i]!;
    out[i] = u + scale * (conditional[i]! - u);
  }
  return out;
}

/**
 * InstructPix2Pix: guidance by text and by picture, u + g·(c − p) + gₚ·(p − u), where c knows text and picture, p the
 * picture alone, u neither. Written to `out` (may be any input) and returned.
 * Source: Brooks et al., "InstructPix2Pix", eq. 3. Throws TypeError where the lengths differ.
 */
export function guideByPicture(
  conditional: Float32Array,
  pictureOnly: Float32Array,
  unconditional: Float32Array,
  scales: { readonly text: number; readonly picture: number },
  out: Float32Array,
): Float32Array {
  checkLengths(out, unconditional, conditional, pictureOnly);
  for (let i = 0; i < out.length; i++) {
    const u = unconditional[i]!;
    const p = pictureOnly[i]!;
    out[i] = u + scales.text * (conditional[i]! - p) + scales.picture * (p - u);
  }
  return out;
}

function checkLengths(out: Float32Array, ...inputs: readonly Float32Array[]): void {
  if (inputs.every((input) => input.length === out.length)) return;
  throw new TypeError(
    `Expected ${inputs.length + 1} arrays of one length but received ${inputs.map((i) => i.length).join(', ')} and ${out.length}`,
  );
}
