import type { Mask } from '../imaging/raster.ts';
import type { Scheduler } from './schedulers/scheduler.ts';

/** Model pixels per latent cell, each way. */
export const LATENT_CELL = 8;
/** Mask samples from here on (≥ 0.5 of 255) belong to the hole. */
const HOLE_FROM = 128;

/**
 * The mask at latent size, [height/8, width/8] float32: 1 in the hole, 0 outside. Binarised at 0.5 and reduced to
 * the nearest sample, which is the top-left pixel of each cell (diffusers' `prepare_mask_latents`, torch's
 * `interpolate`). Throws TypeError where the sides are not multiples of 8 or the mask has several channels.
 */
export function reduceMaskToLatents(mask: Mask): Float32Array {
  if (mask.width % LATENT_CELL !== 0 || mask.height % LATENT_CELL !== 0 || mask.channels !== 1) {
    throw new TypeError(
      `Expected a mask with sides in multiples of ${LATENT_CELL} but received ${mask.width}×${mask.height}×${mask.channels}`,
    );
  }
  const width = mask.width / LATENT_CELL;
  const out = new Float32Array(width * (mask.height / LATENT_CELL));
  for (let i = 0; i < out.length; i++) {
    const y = Math.floor(i / width) * LATENT_CELL;
    const x = (i % width) * LATENT_CELL;
    out[i] = mask.data[y * mask.width + x]! >= HOLE_FROM ? 1 : 0;
  }
  return out;
}

/**
 * The picture with its hole grey: `image` is [channels,H,W] in −1..1, the hole becomes 0. Written to `out` (may be
 * `image`) and returned. Throws TypeError where the image's size is no multiple of the mask's.
 */
export function eraseHole(image: Float32Array, mask: Mask, out: Float32Array): Float32Array {
  const plane = checkPlanes(image, mask.data.length);
  for (let start = 0; start < image.length; start += plane) {
    for (let i = 0; i < plane; i++) out[start + i] = mask.data[i]! >= HOLE_FROM ? 0 : image[start + i]!;
  }
  return out;
}

/** x = (1 − m)·original + m·x in place; `mask` is [h,w], the others [C,h,w]. Throws TypeError for other sizes. */
export function blendLatents(sample: Float32Array, mask: Float32Array, original: Float32Array): void {
  const plane = checkPlanes(sample, mask.length);
  for (let start = 0; start < sample.length; start += plane) {
    for (let i = 0; i < plane; i++) {
      const inside = mask[i]!;
      sample[start + i] = (1 - inside) * original[start + i]! + inside * sample[start + i]!;
    }
  }
}

/** What a 4-channel UNet needs to paint in a hole: see `keepOutsideMask`. */
export interface KnownLatents {
  /** Clean latents of the picture, z₀, scaled by the VAE's factor, [C,h,w]. */
  readonly original: Float32Array;
  /** The very noise the run started with, [C,h,w]. */
  readonly noise: Float32Array;
  /** Latent mask, [h,w], 1 in the hole. */
  readonly mask: Float32Array;
  /** Working memory, [C,h,w]. */
  readonly scratch: Float32Array;
}

/**
 * After step `stepIndex` of a UNet that knows no mask: puts the picture back outside the hole, at the noise level that
 * the sample has now; after the last step the clean picture. In place.
 * Source: the 4-channel branch of diffusers' inpainting pipelines.
 */
export function keepOutsideMask(
  scheduler: Scheduler,
  stepIndex: number,
  sample: Float32Array,
  known: KnownLatents,
): void {
  const isLast = stepIndex === scheduler.timesteps.length - 1;
  const original = isLast
    ? known.original
    : scheduler.addNoise(known.original, known.noise, stepIndex + 1, known.scratch);
  blendLatents(sample, known.mask, original);
}

function checkPlanes(image: Float32Array, plane: number): number {
  if (plane > 0 && image.length % plane === 0) return plane;
  throw new TypeError(`Expected whole planes of ${plane} values but received ${image.length} values`);
}
