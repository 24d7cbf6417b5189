import { MASK_THRESHOLD } from '../mask-ops.ts';
import { type Mask, type Raster, type Samples, fullScale } from '../raster.ts';
import { type RimSample, sampleRim } from './rim-samples.ts';
import { type Grid, solveField } from './smooth-field.ts';
import { solveLinear } from '../matrix.ts';
import { colorChannels } from './statistics.ts';

/*
 * [Note: Known-pixel drift]
 * A crop that went through a model and back contains a rim of photo that should have come back unchanged. What changed
 * there is the drift, known exactly; inside the mask it can only be continued. So the drift is modelled as
 * patch = gain · photo + offset + field(x, y), fitted on the rim and inverted everywhere. A single gain and offset
 * would match the border and still leave a step where the drift varies over the crop: the field takes that part.
 */

/** How a patch differs from the photo it should equal. Values are shares of full scale, 0–1. */
export interface Drift {
  /** Per colour channel (1 or 3): patch = gain · photo + offset + field. */
  readonly gain: readonly number[];
  readonly offset: readonly number[];
  /** [h,w,colours] f32, its cells' centres spread evenly over the crop; continued smoothly where no rim was. */
  readonly field: Raster<Float32Array>;
  /** Root mean square of patch − photo over the rim (block means), before and after the correction. */
  readonly rimBefore: number;
  readonly rimAfter: number;
  /** Blocks of rim pixels that took part; 0 means that the drift is the identity. */
  readonly samples: number;
}

const ROUNDS = 2;
/** Variance that stands for the belief that gains are 1: a flat rim cannot tell gain from offset. */
const GAIN_PRIOR = 0.004 ** 2;
/** The same for slopes across the crop, against a variance of about 0.1 of the coordinates. */
const SLOPE_PRIOR = 1e-4;

/**
 * Fits the drift of `patch` against `photo` on the rim (mask samples ≥ 128). All three are the same crop, same size;
 * dtypes may differ. Clipped samples take no part; outliers are weighed down (Huber), so that a few invented details
 * on the rim do no harm. Throws TypeError where the sizes differ.
 */
export function fitKnownRimDrift(photo: Raster, patch: Raster, rim: Mask): Drift {
  if (
    photo.width !== patch.width ||
    photo.height !== patch.height ||
    rim.width !== photo.width ||
    rim.height !== photo.height
  ) {
    throw new TypeError('Expected photo, patch and rim of one size');
  }
  const colors = colorChannels(patch.channels);
  const samples = sampleRim(photo, patch, rim, MASK_THRESHOLD);
  const grid = chooseGrid(patch.width, patch.height);
  const field = {
    width: grid.width,
    height: grid.height,
    channels: colors,
    data: new Float32Array(grid.width * grid.height * colors),
  };
  const gain: number[] = [];
  const offset: number[] = [];
  let before = 0;
  let after = 0;
  for (let c = 0; c < colors; c++) {
    const fit = fitChannel(samples, c, grid);
    gain.push(fit.gain);
    offset.push(fit.offset);
    fit.field.forEach((v, i) => {
      field.data[i * colors + c] = v;
    });
    before += fit.before;
    after += fit.after;
  }
  const mean = (sum: number) => Math.sqrt(sum / Math.max(1, samples.length * colors));
  return { gain, offset, field, rimBefore: mean(before), rimAfter: mean(after), samples: samples.length };
}

/** Cells of about 1/24 of the crop's long side: drift is smooth, detail is not drift. */
function chooseGrid(width: number, height: number): Grid {
  const cell = Math.max(8, Math.max(width, height) / 24);
  return {
    width: Math.max(2, Math.round(width / cell)),
    height: Math.max(2, Math.round(height / cell)),
    spanX: width,
    spanY: height,
  };
}

/** Per channel: patch = gain · photo + offset + slopeX · x + slopeY · y, x and y in −½…½ across the crop. */
interface Plane {
  readonly gain: number;
  readonly offset: number;
  readonly slopeX: number;
  readonly slopeY: number;
}

/**
 * Alternates between a plane with gain and the membrane; each sees what the other leaves. The slopes are fitted
 * together with the gain: rooms are brighter above than below, and a drift that slopes too would pass for gain.
 */
function fitChannel(samples: readonly RimSample[], c: number, grid: Grid) {
  let plane: Plane = { gain: 1, offset: 0, slopeX: 0, slopeY: 0 };
  let bend: Float32Array = new Float32Array(grid.width * grid.height);
  let atSamples: Float32Array = new Float32Array(samples.length);
  const residuals = new Float32Array(samples.length);
  const weights = new Float32Array(samples.length);
  for (let round = 0; round < ROUNDS && samples.length > 0; round++) {
    plane = fitPlane(samples, c, atSamples, grid);
    measureResiduals(samples, c, plane, grid, residuals);
    huberWeights(residuals, atSamples, samples, weights);
    ({ field: bend, atSamples } = solveField(grid, samples, residuals, weights));
  }
  const { gain, offset } = plane;
  let before = 0;
  let after = 0;
  samples.forEach((s, i) => {
    before += (s.patch[c]! - s.photo[c]!) ** 2;
    after += ((s.patch[c]! - predict(s, c, plane, grid) - atSamples[i]!) / gain) ** 2;
  });
  const field = bend.map((v, i) => {
    const x = ((i % grid.width) + 0.5) / grid.width - 0.5;
    const y = (Math.floor(i / grid.width) + 0.5) / grid.height - 0.5;
    return v + plane.slopeX * x + plane.slopeY * y;
  });
  return { gain, offset, field, before, after };
}

function predict(s: RimSample, c: number, plane: Plane, grid: Grid): number {
  const { gain, offset, slopeX, slopeY } = plane;
  return gain * s.photo[c]! + offset + slopeX * (s.x / grid.spanX - 0.5) + slopeY * (s.y / grid.spanY - 0.5);
}

function measureResiduals(
  samples: readonly RimSample[],
  c: number,
  plane: Plane,
  grid: Grid,
  out: Float32Array,
): void {
  for (let i = 0; i < out.length; i++) out[i] = samples[i]!.patch[c]! - predict(samples[i]!, c, plane, grid);
}

/** Robust least squares of patch − bend by reweighting, drawn towards gain 1 and slopes 0. */
function fitPlane(samples: readonly RimSample[], c: number, bend: Float32Array, grid: Grid): Plane {
  const residuals = new Float32Array(samples.length);
  const weights = Float32Array.from(samples, (s) => s.weight);
  let plane: Plane = { gain: 1, offset: 0, slopeX: 0, slopeY: 0 };
  for (let pass = 0; pass < 6; pass++) {
    const sums = new Float64Array(20);
    const columns = new Float64Array(5).fill(1);
    samples.forEach((s, i) => {
      columns[0] = s.photo[c]!;
      columns[2] = s.x / grid.spanX - 0.5;
      columns[3] = s.y / grid.spanY - 0.5;
      columns[4] = s.patch[c]! - bend[i]!;
      for (let row = 0; row < 4; row++) {
        for (let k = 0; k < 5; k++) sums[5 * row + k]! += weights[i]! * columns[row]! * columns[k]!;
      }
    });
    const total = sums[6]!;
    sums[0]! += GAIN_PRIOR * total;
    sums[4]! += GAIN_PRIOR * total;
    sums[12]! += SLOPE_PRIOR * total;
    sums[18]! += SLOPE_PRIOR * total;
    const [gain, offset, slopeX, slopeY] = solveLinear(sums, 4) as [number, number, number, number];
    plane = { gain: Math.min(2, Math.max(0.5, gain)), offset, slopeX, slopeY };
    measureResiduals(samples, c, plane, grid, residuals);
    huberWeights(residuals, bend, samples, weights);
  }
  return plane;
}

/** Huber's weights of residuals − fitted, tuned to 1.345 robust deviations, times the samples' own. */
function huberWeights(
  residuals: Float32Array,
  fitted: Float32Array,
  samples: readonly RimSample[],
  weights: Float32Array,
): void {
  const errors = residuals.map((r, i) => Math.abs(r - fitted[i]!));
  const median = errors.slice().sort()[errors.length >> 1]!;
  const bound = Math.max(1.345 * 1.4826 * median, 1e-4);
  for (let i = 0; i < weights.length; i++)
    weights[i] = samples[i]!.weight * (errors[i]! <= bound ? 1 : bound / errors[i]!);
}

/**
 * Takes the drift out of a patch: `(v − offset − field) / gain`, blended by `strength` 0–1. Same size, dtype and alpha;
 * integer samples are rounded and clipped. The patch may be larger or smaller than the crop it was fitted on, as long
 * as it shows the same part of the photo.
 */
export function invertDrift<S extends Samples>(patch: Raster<S>, drift: Drift, strength = 1): Raster<S> {
  const { width, height, channels } = patch;
  const colors = colorChannels(channels);
  const data = patch.data.slice() as S;
  const scale = fullScale(data);
  const isFloat = data instanceof Float32Array;
  const row = new Float32Array(width * colors);
  const scales = drift.gain.map((gain) => 1 + strength * (1 / gain - 1));
  const shifts = drift.gain.map(
    (gain, c) => (-strength * drift.offset[c]! * scale) / gain + (isFloat ? 0 : 0.5),
  );
  const fieldScales = drift.gain.map((gain) => (-strength * scale) / gain);
  for (let y = 0; y < height; y++) {
    interpolateFieldRow(drift.field, y, width, height, row);
    for (let c = 0; c < colors; c++) {
      const gain = scales[c]!;
      const shift = shifts[c]!;
      const fieldScale = fieldScales[c]!;
      for (let x = 0, at = y * width * channels + c, f = c; x < width; x++, at += channels, f += colors) {
        const v = data[at]! * gain + shift + row[f]! * fieldScale;
        data[at] = isFloat ? v : v < 0 ? 0 : v > scale ? scale : v;
      }
    }
  }
  return { width, height, channels, data };
}

/** One row of a field stretched over width × height pixels, bilinear between cell centres, constant beyond them. */
export function interpolateFieldRow(
  field: Raster<Float32Array>,
  y: number,
  width: number,
  height: number,
  out: Float32Array,
): void {
  const { width: cells, height: rows, channels } = field;
  const v = Math.min(rows - 1, Math.max(0, ((y + 0.5) * rows) / height - 0.5));
  const top = Math.min(rows - 1, Math.floor(v));
  const down = Math.min(rows - 1, top + 1) * cells * channels;
  const share = v - top;
  const mixed = new Float32Array(cells * channels);
  for (let i = 0; i < mixed.length; i++) {
    const a = field.data[top * cells * channels + i]!;
    mixed[i] = a + (field.data[down + i]! - a) * share;
  }
  for (let x = 0, at = 0; x < width; x++) {
    const u = Math.min(cells - 1, Math.max(0, ((x + 0.5) * cells) / width - 0.5));
    const left = u | 0;
    const part = u - left;
    const from = left * channels;
    const next = left + 1 < cells ? from + channels : from;
    for (let c = 0; c < channels; c++)
      out[at++] = mixed[from + c]! + (mixed[next + c]! - mixed[from + c]!) * part;
  }
}
