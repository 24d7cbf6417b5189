import type { Raster } from '../raster.ts';
import { findJoints, type Joints } from './joints.ts';
import { createPoissonRegion, solvePoisson } from './poisson.ts';
import { createSampler, type Sampler, type Transfer } from './transfer.ts';

/** Over this share of the hole's shorter side corrections fade out: light may differ, not tint everything. */
const SCREEN_LENGTH = 0.5;
/**
 * A step at the rim of so many levels (of 255) between the known picture and the fill's continuation of it counts
 * e⁻¹: where they differ by much more, something else begins, and meeting it would only smear it into the fill.
 */
const RIM_TOLERANCE = 55;
const DISTRUST = 0.08;
/** Marks known pixels that the fill meets where it can … */
export const HELD = 1;
/** … and those that may be foreground, which it meets only where it nearly does already. */
export const DOUBTED = 2;
const DOUBT = 0.5;

/**
 * Copies the hole's samples from their sources and joins the pieces without seams, in the crop's own depth.
 *
 * Inside a piece the gradient is its source's; across a seam it is the mean of what both sides' sources have there; at
 * the rim the fill continues the known picture by its source's own step. One Poisson equation per channel makes the
 * samples that have these gradients; it is solved for the correction to what was copied, which is smooth but for the
 * seams (Pérez et al., 2003; Darabi et al.: Image Melding, 2012).
 *
 * @param crop samples to copy from; the hole's pixels are written in place
 * @param holds one byte per crop pixel: {@link HELD}, {@link DOUBTED}, or 0 for what is not to be met
 * @returns mean square, in levels of 255, of what the copied pieces would have been off at the rim without blending
 */
export function blendPieces(
  transfer: Transfer,
  crop: Raster<Uint8Array> | Raster<Uint16Array>,
  holds: Uint8Array,
): number {
  const { rect, inside, cell } = transfer;
  const { width, height } = rect;
  if (width === 0) return 0;
  const joints = findJoints(transfer, holds, crop.width, crop.height);
  const screen = 1 / (SCREEN_LENGTH * Math.max(8, Math.min(width, height))) ** 2;
  const sampler = createSampler(transfer, crop);
  const { trust, error } = trustRim(transfer, crop, joints, holds, sampler);
  const pins = new Float32Array(inside.length);
  for (let k = 0; k < trust.length; k++) pins[joints.rim[2 * k]!]! += trust[k]!;
  const region = createPoissonRegion(inside, pins, width, height, screen);
  const most = crop.data instanceof Uint8Array ? 255 : 65535;
  const copied = new Float32Array(inside.length);
  const solve = { tolerance: (0.2 * most) / 255, iterations: 2 };
  for (let channel = 0; channel < crop.channels; channel++) {
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        if (inside[i]) copied[i] = sampler.sample(cell[i]!, rect.x + x, rect.y + y, channel);
      }
    }
    const rhs = measureExcess(transfer, crop, joints, trust, sampler, copied, channel);
    const correction = solvePoisson(region, rhs, width, height, solve);
    for (let y = 0, i = 0; y < height; y++) {
      let at = ((rect.y + y) * crop.width + rect.x) * crop.channels + channel;
      for (let x = 0; x < width; x++, i++, at += crop.channels) {
        if (inside[i]) crop.data[at] = Math.min(most, Math.max(0, copied[i]! + correction[i]! + 0.5));
      }
    }
  }
  return error;
}

/** For every rim pair, 0–1: how much the fill is to meet the known pixel; and how far off it was altogether. */
function trustRim(
  transfer: Transfer,
  crop: Raster<Uint8Array> | Raster<Uint16Array>,
  joints: Joints,
  holds: Uint8Array,
  { sample }: Sampler,
): { trust: Float32Array; error: number } {
  const colors = Math.min(3, crop.channels);
  const unit = (crop.data instanceof Uint8Array ? 1 : 257) * RIM_TOLERANCE;
  const trust = new Float32Array(joints.rim.length / 2);
  let squares = 0;
  for (let k = 0; k < trust.length; k++) {
    const known = joints.rim[2 * k + 1]!;
    const x = known % crop.width;
    const y = (known - x) / crop.width;
    let most = 0;
    for (let c = 0; c < colors; c++) {
      const step =
        crop.data[known * crop.channels + c]! - sample(transfer.cell[joints.rim[2 * k]!]!, x, y, c);
      most = Math.max(most, Math.abs(step));
      squares += step * step;
    }
    // Even a faint pull wins over nothing, so what is hardly trusted is not trusted at all.
    const tolerance = holds[known] === DOUBTED ? DOUBT * unit : unit;
    trust[k] = Math.max(0, Math.exp(-((most / tolerance) ** 2)) - DISTRUST) / (1 - DISTRUST);
  }
  const scale = (unit / RIM_TOLERANCE) ** 2;
  return { trust, error: trust.length > 0 ? squares / (trust.length * colors * scale) : 0 };
}

/** The right-hand side: by how much the wanted steps differ from those that copying made. */
function measureExcess(
  transfer: Transfer,
  crop: Raster<Uint8Array> | Raster<Uint16Array>,
  joints: Joints,
  trust: Float32Array,
  { sample }: Sampler,
  copied: Float32Array,
  channel: number,
): Float32Array {
  const { rect, cell } = transfer;
  const rhs = new Float32Array(copied.length);
  for (let k = 0; k < joints.rim.length; k += 2) {
    const i = joints.rim[k]!;
    const known = joints.rim[k + 1]!;
    const x = known % crop.width;
    const y = (known - x) / crop.width;
    const step = crop.data[known * crop.channels + channel]! - sample(cell[i]!, x, y, channel);
    rhs[i]! += trust[k / 2]! * step;
  }
  for (let k = 0; k < joints.seams.length; k += 2) {
    const p = joints.seams[k]!;
    const q = joints.seams[k + 1]!;
    const px = p % rect.width;
    const py = (p - px) / rect.width;
    const qx = q % rect.width;
    const qy = (q - qx) / rect.width;
    const step = copied[q]! - copied[p]!;
    const ofP = sample(cell[p]!, rect.x + qx, rect.y + qy, channel) - copied[p]!;
    const ofQ = copied[q]! - sample(cell[q]!, rect.x + px, rect.y + py, channel);
    const excess = (ofP + ofQ) / 2 - step;
    rhs[p]! -= excess;
    rhs[q]! += excess;
  }
  return rhs;
}
