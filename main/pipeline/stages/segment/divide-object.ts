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
 * A crop divided into object and rest: a minimum cut over given logits, colour likelihoods that are learnt from
 * the division so far, and the contrast between neighbours (after GrabCut, whose energy lacks the logits).
 */
export class Division {
  readonly #width: number;
  readonly #height: number;
  readonly #links: Links;
  readonly #certain: Int32Array;
  /** What logits and colour say together, in the solver's steps. */
  readonly #preference: Int32Array;
  readonly #labels: Uint8Array;

  /**
   * @param rgb u8, 3 channels, the crop at working size
   * @param logits what is known without colour, one per pixel of `rgb`; from ±20 on nothing outweighs it
   */
  constructor(rgb: Raster<Uint8Array>, logits: Float32Array, seeds: Seeds, weights: Evidence) {
    this.#width = rgb.width;
    this.#height = rgb.height;
    this.#links = linksOf(rgb, weights.smoothness * STEPS);
    this.#certain = markSeeds(rgb.width, rgb.height, seeds);
    this.#preference = new Int32Array(logits.length);
    const before = toProbabilities(logits);
    const share = before.slice();
    let labels: Uint8Array = new Uint8Array(logits.length);
    for (let i = 0; i < labels.length; i++) labels[i] = logits[i]! > 0 ? 1 : 0;
    for (let round = 0; round < weights.rounds; round++) {
      const color = colorLikelihood(rgb, share);
      for (let i = 0; i < logits.length; i++) {
        this.#preference[i] = Math.floor(STEPS * (logits[i]! + weights.color * color[i]!) + 0.5);
      }
      const cut = this.#cutWith(this.#preference);
      const settled = round > 0 && isSame(cut, labels);
      labels = cut;
      if (settled) break; // further rounds would learn the same colours and cut the same
      for (let i = 0; i < share.length; i++) share[i] = 0.8 * labels[i]! + 0.2 * before[i]!;
    }
    this.#labels = labels;
  }

  /**
   * 1 for the object, 0 for the rest.
   * @param bias logits added everywhere for a more generous (positive) or tighter (negative) object of these colours
   */
  cut(bias = 0): Uint8Array {
    if (bias === 0) return this.#labels;
    const shift = Math.round(bias * STEPS);
    const preference = this.#preference.slice();
    for (let i = 0; i < preference.length; i++) preference[i]! += shift;
    return this.#cutWith(preference);
  }

  #cutWith(preference: Int32Array): Uint8Array {
    const certain = this.#certain;
    const wanted = certain.slice();
    for (let i = 0; i < wanted.length; i++) if (wanted[i] === 0) wanted[i] = preference[i]!;
    return cutGrid(this.#width, this.#height, wanted, this.#links);
  }
}

/** Divides a crop once; see {@link Division}. */
export function divideObject(
  rgb: Raster<Uint8Array>,
  logits: Float32Array,
  seeds: Seeds,
  weights: Evidence,
): Uint8Array {
  return new Division(rgb, logits, seeds, weights).cut();
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

type Links = [Int32Array, Int32Array, Int32Array, Int32Array];
const knownLinks = new WeakMap<Raster, { readonly strength: number; readonly links: Links }>();

/** A picture's links, measured once: every further click divides the same picture. */
function linksOf(rgb: Raster<Uint8Array>, strength: number): Links {
  const known = knownLinks.get(rgb);
  if (known?.strength === strength) return known.links;
  const links = measureLinks(rgb, strength);
  knownLinks.set(rgb, { strength, links });
  return links;
}

function toProbabilities(logits: Float32Array): Float32Array {
  const share = new Float32Array(logits.length);
  for (let i = 0; i < share.length; i++) share[i] = 1 / (1 + Math.exp(-logits[i]!));
  return share;
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
function measureLinks(rgb: Raster<Uint8Array>, strength: number): Links {
  const { width, height, data } = rgb;
  const contrast: Links = [0, 1, 2, 3].map(() => new Int32Array(width * height)) as Links;
  let total = 0;
  let count = 0;
  for (const [d, plane] of contrast.entries()) {
    const [right, down] = [d < 2 ? 1 : d === 2 ? 0 : -1, d === 0 ? 0 : 1];
    const step = 3 * (down * width + right);
    for (let y = 0; y + down < height; y++) {
      const from = y * width + Math.max(0, -right);
      const to = y * width + width - Math.max(0, right);
      for (let i = from, a = 3 * from; i < to; i++, a += 3) {
        const r = data[a]! - data[a + step]!;
        const g = data[a + 1]! - data[a + step + 1]!;
        const l = data[a + 2]! - data[a + step + 2]!;
        const square = r * r + g * g + l * l;
        plane[i] = square;
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
  return contrast;
}
