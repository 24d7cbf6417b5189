import { colorLikelihood } from '../../../imaging/color-likelihood.ts';
import { cutGrid } from '../../../imaging/min-cut.ts';
import type { Raster } from '../../../imaging/raster.ts';

/** Clicks in pixels of the crop, and how far around one the answer is certain. */
export interface Seeds {
  readonly include: readonly { readonly x: number; readonly y: number }[];
  readonly exclude: readonly { readonly x: number; readonly y: number }[];
  readonly radius: number;
}

/** Weights of the evidence, in units of the given logits. */
export interface Evidence {
  /** Colour's logarithmic likelihood ratio counts this much. */
  readonly color: number;
  /** What it costs to part two like pixels. */
  readonly smoothness: number;
  /** How often colours are learnt from the division and the division is made anew. */
  readonly rounds: number;
}

/** The solver counts in integers: steps per logit. */
const STEPS = 64;
const CERTAIN = 1e6;

/**
 * Divides a crop into object and rest: a minimum cut over given logits, colour likelihoods that are learnt from
 * the division so far, and the contrast between neighbours (after GrabCut, whose energy lacks the logits).
 * @param rgb u8, 3 channels, the crop at working size
 * @param logits what is known without colour, one per pixel of `rgb`; from ±20 on nothing outweighs it
 * @returns 1 for the object, 0 for the rest
 */
export function divideObject(
  rgb: Raster<Uint8Array>,
  logits: Float32Array,
  seeds: Seeds,
  weights: Evidence,
): Uint8Array {
  const { width, height } = rgb;
  const links = measureLinks(rgb, weights.smoothness * STEPS);
  const certain = markSeeds(width, height, seeds);
  const share = Float32Array.from(logits, toProbability);
  let labels: Uint8Array = Uint8Array.from(share, (p) => (p > 0.5 ? 1 : 0));
  const preference = new Int32Array(logits.length);
  for (let round = 0; round < weights.rounds; round++) {
    const color = colorLikelihood(rgb, share);
    for (let i = 0; i < logits.length; i++) {
      preference[i] =
        certain[i] !== 0 ? certain[i]! : Math.round(STEPS * (logits[i]! + weights.color * color[i]!));
    }
    labels = cutGrid(width, height, preference, links);
    for (let i = 0; i < share.length; i++) share[i] = 0.8 * labels[i]! + 0.2 * toProbability(logits[i]!);
  }
  return labels;
}

function toProbability(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** ±CERTAIN within the seeds' disks, 0 elsewhere; exclude wins. */
function markSeeds(width: number, height: number, seeds: Seeds): Int32Array {
  const certain = new Int32Array(width * height);
  const mark = (points: Seeds['include'], value: number) => {
    for (const point of points) {
      const r = seeds.radius;
      for (let y = Math.max(0, Math.floor(point.y - r)); y < Math.min(height, point.y + r); y++) {
        for (let x = Math.max(0, Math.floor(point.x - r)); x < Math.min(width, point.x + r); x++) {
          if (Math.hypot(x + 0.5 - point.x, y + 0.5 - point.y) <= Math.max(r, 0.71))
            certain[y * width + x] = value;
        }
      }
    }
  };
  mark(seeds.include, CERTAIN);
  mark(seeds.exclude, -CERTAIN);
  return certain;
}

/** Link costs strength·exp(−β|Δcolour|²)/distance to E, SE, S, SW; β from the mean contrast (GrabCut, eq. 5). */
function measureLinks(
  rgb: Raster<Uint8Array>,
  strength: number,
): [Int32Array, Int32Array, Int32Array, Int32Array] {
  const { width, height, data } = rgb;
  const steps = [1, width + 1, width, width - 1] as const;
  const contrast = steps.map(() => new Int32Array(width * height));
  let total = 0;
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      for (let d = 0; d < 4; d++) {
        const inside = (d === 0 || y + 1 < height) && (d === 0 || d === 1 ? x + 1 < width : d === 2 || x > 0);
        if (!inside) continue;
        const a = i * 3;
        const b = (i + steps[d]!) * 3;
        const r = data[a]! - data[b]!;
        const g = data[a + 1]! - data[b + 1]!;
        const l = data[a + 2]! - data[b + 2]!;
        const square = r * r + g * g + l * l;
        contrast[d]![i] = square;
        total += square;
        count++;
      }
    }
  }
  const beta = 1 / (2 * Math.max(1, total / Math.max(1, count)));
  for (const [d, plane] of contrast.entries()) {
    const scale = d % 2 ? strength / Math.SQRT2 : strength;
    for (let i = 0; i < plane.length; i++) plane[i] = Math.round(scale * Math.exp(-beta * plane[i]!));
  }
  return contrast as [Int32Array, Int32Array, Int32Array, Int32Array];
}
