import { linearTable, SRGB_TABLE_STEPS, srgbTable } from '../imaging/color/transfer.ts';
import type { Frame } from '../imaging/frame.ts';
import { MASK_THRESHOLD } from '../imaging/mask-ops.ts';
import { fullScale } from '../imaging/raster.ts';
import type { MaskWindow, RasterWindow } from '../imaging/window.ts';

/** Blur with which the gradient is compared, px. */
const PROBE = 1;
/** Share of the pixels, by gradient, that count as edges, and which of those (by softness) speaks for the picture. */
const EDGE_SHARE = 0.02;
const SHARP_QUANTILE = 0.2;
/** Gradients below this share of full scale are noise. */
const LEAST_GRADIENT = 0.02;
/** Softer than this is out of focus or motion, not the camera. */
const SOFTEST = 3;
/** Fewer edge pixels than this tell nothing; about so many pixels are looked at, in bands of so many rows. */
const LEAST_EDGES = 60;
const MOST_SAMPLES = 500_000;
const BAND = 48;
/** Never blur an object by more than this, px. */
const MOST_BLUR = 1.6;

/**
 * How soft a picture's sharpest edges are: the deviation, in px, of the Gaussian that would make them of perfect
 * steps. An edge blurred by σ loses the factor √(σ² + p²) / σ of its gradient when blurred again by p (Zhuo and Sim,
 * Defocus Map Estimation From a Single Image, 2011). Null where there are too few edges.
 * @param picture window that covers the mask's; any channels, the green (or grey) one is measured
 */
export function estimateSoftness(picture: RasterWindow, mask: MaskWindow): number | null {
  const { width, height } = mask.raster;
  const bands = Math.ceil(height / BAND);
  const every = Math.max(1, Math.round((width * height) / MOST_SAMPLES));
  const edges: Edges = { gradients: [], sigmas: [] };
  for (let band = (every - 1) >> 1; band < bands; band += every)
    collectEdges(picture, mask, band * BAND, edges);
  const { gradients, sigmas } = edges;
  if (gradients.length < LEAST_EDGES) return null;
  const share = Math.max(LEAST_EDGES, Math.round((EDGE_SHARE * width * height) / every));
  const bound = Float32Array.from(gradients).sort()[Math.max(0, gradients.length - share)]!;
  const strong = Float32Array.from(sigmas.filter((_, k) => gradients[k]! >= bound)).sort();
  return Math.min(SOFTEST, strong[Math.floor(strong.length * SHARP_QUANTILE)]!);
}

interface Edges {
  readonly gradients: number[];
  readonly sigmas: number[];
}

/** Measures the edges of a band of rows. */
function collectEdges(picture: RasterWindow, mask: MaskWindow, top: number, edges: Edges): void {
  const { width, height, data } = mask.raster;
  const rows = Math.min(BAND, height - top);
  const plane = greenPlane(picture, mask, top, rows);
  const blurred = convolve(plane, width, rows, gaussian(PROBE));
  for (let y = 4; y < rows - 4; y++) {
    for (let x = 4; x < width - 4; x++) {
      if (!isDeepInside(data, (top + y) * width + x, width)) continue;
      const i = y * width + x;
      const gradient = gradientAt(plane, i, width);
      if (gradient < LEAST_GRADIENT) continue;
      const ratio = gradient / Math.max(gradientAt(blurred, i, width), 1e-6);
      edges.gradients.push(gradient);
      edges.sigmas.push(ratio > 1.005 ? PROBE / Math.sqrt(ratio * ratio - 1) : SOFTEST);
    }
  }
}

function gradientAt(plane: Float32Array, i: number, width: number): number {
  const across = plane[i + 1]! - plane[i - 1]!;
  const down = plane[i + width]! - plane[i - width]!;
  return Math.sqrt(across * across + down * down) / 2;
}

/** Green (or grey) samples over some rows of the mask's rectangle, 0–1. */
function greenPlane(
  { raster, rect }: RasterWindow,
  mask: MaskWindow,
  top: number,
  rows: number,
): Float32Array {
  const { channels, data } = raster;
  const { width } = mask.raster;
  const scale = 1 / fullScale(data);
  const out = new Float32Array(width * rows);
  const green = channels >= 3 ? 1 : 0;
  for (let y = 0, o = 0; y < rows; y++) {
    let at = ((mask.rect.y + top + y - rect.y) * rect.width + mask.rect.x - rect.x) * channels + green;
    for (let x = 0; x < width; x++, o++, at += channels) out[o] = data[at]! * scale;
  }
  return out;
}

/** True where a pixel and its neighbours three away all lie inside the mask. */
function isDeepInside(mask: Uint8Array, i: number, width: number): boolean {
  return (
    mask[i]! >= MASK_THRESHOLD &&
    mask[i - 3]! >= MASK_THRESHOLD &&
    mask[i + 3]! >= MASK_THRESHOLD &&
    mask[i - 3 * width]! >= MASK_THRESHOLD &&
    mask[i + 3 * width]! >= MASK_THRESHOLD
  );
}

/** How much an object must be blurred to be as soft as the photo, px; 0 where it is soft enough. */
export function missingBlur(photo: number | null, object: number | null): number {
  if (photo === null || object === null || photo <= object) return 0;
  return Math.min(MOST_BLUR, Math.sqrt(photo * photo - object * object));
}

/**
 * Blurs an object with its edge by a Gaussian, in linear light with premultiplied alpha.
 * @param object straight sRGB RGBA, u8 or u16
 * @param sigma px; below 0.2 the object is returned as it is
 */
export function softenObject(object: Frame['raster'], sigma: number): Frame['raster'] {
  if (sigma < 0.2) return object;
  const { width, height, data } = object;
  const depth = data instanceof Uint8Array ? 8 : 16;
  const linear = linearTable(depth);
  const table = depth === 8 ? srgbTable(8) : srgbTable(16);
  const full = depth === 8 ? 255 : 65535;
  const taps = gaussian(sigma);
  const alpha = new Float32Array(width * height);
  for (let p = 0; p < alpha.length; p++) alpha[p] = data[p * 4 + 3]! / full;
  const cover = convolve(alpha, width, height, taps);
  const out = data.slice() as Uint8Array | Uint16Array;
  const plane = new Float32Array(alpha.length);
  for (let c = 0; c < 3; c++) {
    for (let p = 0; p < plane.length; p++) plane[p] = alpha[p]! * linear[data[p * 4 + c]!]!;
    const light = convolve(plane, width, height, taps);
    for (let p = 0; p < plane.length; p++) {
      if (cover[p]! < 0.002) continue;
      const straight = Math.min(1, light[p]! / cover[p]!);
      out[p * 4 + c] = table[(Math.sqrt(straight) * SRGB_TABLE_STEPS + 0.5) | 0]!;
    }
  }
  for (let p = 0; p < alpha.length; p++) out[p * 4 + 3] = cover[p]! * full + 0.5;
  return { width, height, channels: 4, data: out } as Frame['raster'];
}

/** A sampled, normalised Gaussian. */
function gaussian(sigma: number): number[] {
  const radius = Math.max(1, Math.ceil(2.6 * sigma));
  const taps = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const sum = taps.reduce((a, b) => a + b);
  return taps.map((v) => v / sum);
}

/** Separable convolution; zero outside. */
function convolve(plane: Float32Array, width: number, height: number, taps: readonly number[]): Float32Array {
  const radius = taps.length >> 1;
  const across = new Float32Array(plane.length);
  const out = new Float32Array(plane.length);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let k = -radius; k <= radius; k++) {
      const weight = taps[k + radius]!;
      const x1 = Math.min(width, width - k);
      for (let x = Math.max(0, -k); x < x1; x++) across[row + x]! += weight * plane[row + x + k]!;
    }
  }
  for (let y = 0; y < height; y++) {
    const to = y * width;
    const last = Math.min(radius, height - 1 - y);
    for (let k = Math.max(-radius, -y); k <= last; k++) {
      const weight = taps[k + radius]!;
      const from = (y + k) * width;
      for (let x = 0; x < width; x++) out[to + x]! += weight * across[from + x]!;
    }
  }
  return out;
}
