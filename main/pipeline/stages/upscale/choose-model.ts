import { estimateGrain } from '../../../imaging/grain.ts';
import type { Rect } from '../../../imaging/geometry.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { cropRaster } from '../../../imaging/window.ts';
import type { ModelId } from '../../../inference/tensor.ts';
import type { UpscaleParams } from './params.ts';

/** Noise is measured in a grid of this many probes a side, each at most so many pixels wide and high. */
const PROBES = 5;
const PROBE_SIDE = 256;
/** Noise is everywhere, texture is not: the probe below which this share of them lies counts. */
const PROBE_QUANTILE = 0.2;
/**
 * Luminance noise, as a share of full scale, from which `auto` takes the weights for noisy photos. They smooth weak
 * texture away, so grain that belongs to a good photo (up to about 2 of 255) and fine cloth all over it (the most
 * textured of our test photos measures 4.6) stay with the clean ones.
 */
const CAMERA_SIGMA = 5 / 255;

/** The super-resolution net for a delivery. There is one set of weights for ×4. */
export function chooseModel(wanted: UpscaleParams['model'], factor: 2 | 4, composite: Raster): ModelId {
  if (factor === 4) return 'starter/superres-x4';
  const camera = wanted === 'camera' || (wanted === 'auto' && measureNoise(composite) >= CAMERA_SIGMA);
  return camera ? 'starter/superres-x2-camera' : 'starter/superres-x2';
}

/** Standard deviation of the luminance noise that all of a photo has, as a share of full scale. */
export function measureNoise(photo: Raster): number {
  const sigmas: number[] = [];
  for (let i = 0; i < PROBES * PROBES; i++) {
    const grain = probe(photo, placeProbe(photo, i % PROBES, Math.floor(i / PROBES)));
    if (grain.blocks > 0) sigmas.push(grain.sigma);
  }
  sigmas.sort((a, b) => a - b);
  return sigmas[Math.floor(sigmas.length * PROBE_QUANTILE)] ?? 0;
}

function placeProbe({ width, height }: Raster, column: number, row: number): Rect {
  const w = Math.min(PROBE_SIDE, Math.ceil(width / PROBES));
  const h = Math.min(PROBE_SIDE, Math.ceil(height / PROBES));
  const x = Math.floor(((column + 0.5) * width) / PROBES - w / 2);
  const y = Math.floor(((row + 0.5) * height) / PROBES - h / 2);
  return { x: Math.max(0, x), y: Math.max(0, y), width: w, height: h };
}

function probe(photo: Raster, rect: Rect) {
  const { width, height } = rect;
  const everywhere = new Uint8Array(width * height).fill(255);
  return estimateGrain(
    { rect, raster: cropRaster(photo, rect) },
    { rect, raster: { width, height, channels: 1, data: everywhere } },
  );
}
