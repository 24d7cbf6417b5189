import { type Drift, fitKnownRimDrift, invertDrift } from '../../../imaging/color/drift.ts';
import { matchMeanStd, matchTransport } from '../../../imaging/color/match.ts';
import type { Frame } from '../../../imaging/frame.ts';
import type { Rect } from '../../../imaging/geometry.ts';
import { addGrain, estimateGrain } from '../../../imaging/grain.ts';
import type { Mask, Raster } from '../../../imaging/raster.ts';
import {
  cropRaster,
  cropWindow,
  type MaskWindow,
  type RasterWindow,
  wholeWindow,
} from '../../../imaging/window.ts';
import type { NodeContext } from '../../node.ts';
import { scaleTo } from '../../../imaging/resize.ts';
import { readMask, readWindow } from '../window-inputs.ts';
import type { ColorParams } from './params.ts';

type DriftParams = Pick<ColorParams, 'method' | 'strength' | 'grain'>;

const GRAIN_SEED = 1;
/** Grain above this share of full scale is the texture of things taken for grain. */
const MOST_GRAIN = 0.01;
/** The level at which the drift is shown as a gain. */
const MIDDLE = 0.5;

/**
 * Fits a painted crop to the photo. Its rim should have come back unchanged; what changed there is the drift, and it is
 * taken out of all of it (see [Note: Known-pixel drift]). Then the new pixels get the photo's grain. Writes `field`
 * (the correction at middle grey, as gains) and `matched`.
 */
export async function runDriftMatch(ctx: NodeContext<DriftParams>): Promise<void> {
  const frame = await ctx.frame();
  const { width, height } = frame.info;
  const { method, strength, grain } = ctx.params;
  const region = await readMask(ctx.inputs, 'region');
  const patch = (await readWindow(ctx.inputs, 'patch')) as RasterWindow<Uint8Array | Uint16Array>;
  const { rect } = patch;
  const photo = cropRaster<Uint8Array | Uint16Array>(frame.raster, rect);
  const drift = fitKnownRimDrift(photo, patch.raster, await knownRim(ctx, rect));
  await ctx.progress(0.4, 'Taking out the drift');
  describe(ctx, drift);
  const corrected = { raster: invertDrift(patch.raster, drift, method === 'known-rim' ? strength : 0), rect };
  const matched =
    method === 'known-rim' ? corrected : await likeOldObject(ctx, frame, corrected, region, method, strength);
  await ctx.outputs.raster('field', showDrift(drift, method === 'known-rim' ? strength : 0));
  await ctx.progress(0.7, 'Matching grain');
  const grained = grain === 0 ? matched : grainLike(ctx, photo, matched, region, grain);
  const part = cropWindow(grained, region.rect);
  await ctx.outputs.raster('matched', part.raster, { width, height, rect: region.rect, background: 'frame' });
}

/** 255 on the crop's pixels that the model was given and should have left as they were. */
async function knownRim({ inputs }: NodeContext<DriftParams>, rect: Rect): Promise<Mask> {
  const hole = (await inputs.raster('hole')) as Mask;
  const wide = await scaleTo(hole, rect, 'linear');
  return { ...wide, data: wide.data.map((v) => (v === 0 ? 255 : 0)) };
}

async function likeOldObject(
  { inputs }: NodeContext<DriftParams>,
  frame: Frame,
  patch: RasterWindow<Uint8Array | Uint16Array>,
  region: MaskWindow,
  method: 'mean-std' | 'transport',
  strength: number,
): Promise<RasterWindow<Uint8Array | Uint16Array>> {
  const mask = await readMask(inputs, 'mask');
  const photo = wholeWindow<Uint8Array | Uint16Array>(frame.raster);
  const cover = cropWindow(region, patch.rect);
  return method === 'mean-std'
    ? matchMeanStd(patch, photo, cover, strength, mask)
    : matchTransport(patch, cover, photo, mask, strength);
}

/** The patch inside the region as grainy as the photo around it. */
function grainLike(
  ctx: NodeContext<DriftParams>,
  photo: Raster<Uint8Array | Uint16Array>,
  patch: RasterWindow<Uint8Array | Uint16Array>,
  region: MaskWindow,
  strength: number,
): RasterWindow<Uint8Array | Uint16Array> {
  const cover = cropWindow(region, patch.rect);
  const around = { ...cover, raster: { ...cover.raster, data: cover.raster.data.map((v) => (v ? 0 : 255)) } };
  const measured = estimateGrain({ raster: photo, rect: patch.rect }, around);
  const wanted = { ...measured, sigma: Math.min(MOST_GRAIN, measured.sigma) };
  ctx.metric('grain', round(wanted.sigma));
  const own = estimateGrain(patch, cover);
  return addGrain<Uint8Array | Uint16Array>(patch, cover, wanted, own, { seed: GRAIN_SEED, strength });
}

/** What the correction does to middle grey, as gains per cell. */
function showDrift({ gain, offset, field }: Drift, strength: number): Raster<Float32Array> {
  const { width, height, data } = field;
  const colors = field.channels;
  const gains = new Float32Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      const k = Math.min(c, colors - 1);
      const corrected = (MIDDLE - offset[k]! - data[i * colors + k]!) / gain[k]!;
      gains[3 * i + c] = Math.max(1e-3, 1 + strength * (corrected / MIDDLE - 1));
    }
  }
  return { width, height, channels: 3, data: gains };
}

const round = (value: number) => Math.round(value * 1e5) / 1e5;

function describe(
  ctx: NodeContext<DriftParams>,
  { gain, offset, rimBefore, rimAfter, samples }: Drift,
): void {
  ctx.metric('driftGain', gain.map(round).join(' '));
  ctx.metric('driftOffset', offset.map(round).join(' '));
  ctx.metric('rimBefore', round(rimBefore));
  ctx.metric('rimAfter', round(rimAfter));
  ctx.metric('rimSamples', samples);
}
