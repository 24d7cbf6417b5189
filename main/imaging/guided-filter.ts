import { createRaster, fullScale, type Raster } from './raster.ts';

/** Row means between the two passes of boxMean, kept because a filter makes eighteen of them in a row. */
let scratch = new Float32Array(0);

/**
 * Mean of one plane over a (2·radius+1)² window that shrinks at the borders; running sums, so that the radius costs
 * nothing. `into` may be `plane` itself.
 */
export function boxMean(
  plane: Float32Array,
  width: number,
  height: number,
  radius: number,
  into: Float32Array = new Float32Array(plane.length),
): Float32Array {
  if (radius < 1) {
    if (into !== plane) into.set(plane);
    return into;
  }
  if (scratch.length < plane.length) scratch = new Float32Array(plane.length);
  const rows = scratch;
  for (let y = 0; y < height; y++) meanOfRow(plane, rows, y * width, width, radius);
  meanOfColumns(rows, into, width, height, radius);
  return into;
}

function meanOfRow(from: Float32Array, to: Float32Array, start: number, width: number, radius: number): void {
  const window = 2 * radius + 1;
  let sum = 0;
  for (let x = 0; x < Math.min(radius, width); x++) sum += from[start + x]!;
  // Three stretches, so that the long middle one has neither a branch nor a division.
  const growing = Math.min(width, Math.max(0, width - radius), radius + 1);
  for (let x = 0; x < growing; x++) {
    sum += from[start + x + radius]!;
    to[start + x] = sum / (x + radius + 1);
  }
  const full = Math.max(growing, width - radius);
  const scale = 1 / window;
  let entering = start + growing + radius;
  let leaving = start + growing - radius - 1;
  for (let i = start + growing; i < start + full; i++) {
    sum += from[entering++]! - from[leaving++]!;
    to[i] = sum * scale;
  }
  for (let x = full; x < width; x++) {
    const gone = x - radius - 1;
    if (gone >= 0) sum -= from[start + gone]!;
    to[start + x] = sum / (width - Math.max(0, x - radius));
  }
}

function meanOfColumns(
  from: Float32Array,
  to: Float32Array,
  width: number,
  height: number,
  radius: number,
): void {
  const sums = new Float64Array(width);
  let count = 0;
  const add = (y: number) => {
    for (let x = 0, i = y * width; x < width; x++, i++) sums[x]! += from[i]!;
    count++;
  };
  for (let y = 0; y < Math.min(radius, height); y++) add(y);
  for (let y = 0; y < height; y++) {
    if (y + radius < height) add(y + radius);
    const leaves = y - radius - 1;
    if (leaves >= 0) {
      for (let x = 0, i = leaves * width; x < width; x++, i++) sums[x]! -= from[i]!;
      count--;
    }
    const scale = 1 / count;
    for (let x = 0, i = y * width; x < width; x++, i++) to[i] = sums[x]! * scale;
  }
}

/** Linear models of the filtered value: value = r·red + g·green + b·blue + offset at every pixel. */
export interface GuidedModel {
  readonly width: number;
  readonly height: number;
  readonly red: Float32Array;
  readonly green: Float32Array;
  readonly blue: Float32Array;
  readonly offset: Float32Array;
}

/**
 * Fits the guided filter's local linear models (He, Sun, Tang: Guided Image Filtering, 2013, eq. 19–21, colour guide).
 * @param guide f32 RGB, 0–1, interleaved
 * @param input f32, one value per pixel of the guide
 * @param radius window radius in the guide's pixels
 * @param epsilon regularisation, in squared guide units: edges weaker than √epsilon are smoothed over
 * @param weight how much each pixel's `input` is to be believed, ≥ 0; all alike where left out
 */
export function fitGuidedModel(
  guide: Raster<Float32Array>,
  input: Float32Array,
  radius: number,
  epsilon: number,
  weight?: Float32Array,
): GuidedModel {
  const { width, height } = guide;
  const moments = collectMoments(guide, input, weight);
  for (const plane of moments) boxMean(plane, width, height, radius, plane);
  const model = solveModels(moments, width, height, epsilon, weight !== undefined);
  for (const plane of [model.red, model.green, model.blue, model.offset])
    boxMean(plane, width, height, radius, plane);
  return model;
}

/** Applies a model to a guide of its own size; f32. */
export function applyGuidedModel(model: GuidedModel, guide: Raster<Float32Array>): Float32Array {
  const { red, green, blue, offset } = model;
  const output = new Float32Array(offset.length);
  const g = guide.data;
  for (let i = 0, j = 0; i < output.length; i++, j += 3) {
    output[i] = red[i]! * g[j]! + green[i]! * g[j + 1]! + blue[i]! * g[j + 2]! + offset[i]!;
  }
  return output;
}

/** The whole filter: `input` smoothed so that its edges follow the guide's. Parameters as in `fitGuidedModel`. */
export function guidedFilter(
  guide: Raster<Float32Array>,
  input: Float32Array,
  radius: number,
  epsilon: number,
  weight?: Float32Array,
): Float32Array {
  return applyGuidedModel(fitGuidedModel(guide, input, radius, epsilon, weight), guide);
}

/** Planes w, wI (3), wp, wIp (3), wII (rr, rg, rb, gg, gb, bb). */
function collectMoments(
  guide: Raster<Float32Array>,
  input: Float32Array,
  weight?: Float32Array,
): Float32Array[] {
  const planes = Array.from({ length: 14 }, () => new Float32Array(input.length));
  const [w, ir, ig, ib, p, pr, pg, pb, rr, rg, rb, gg, gb, bb] = planes as [Float32Array, ...Float32Array[]];
  const g = guide.data;
  for (let i = 0, j = 0; i < input.length; i++, j += 3) {
    const k = weight ? weight[i]! : 1;
    const red = g[j]!;
    const green = g[j + 1]!;
    const blue = g[j + 2]!;
    const value = k * input[i]!;
    w[i] = k;
    ir![i] = k * red;
    ig![i] = k * green;
    ib![i] = k * blue;
    p![i] = value;
    pr![i] = value * red;
    pg![i] = value * green;
    pb![i] = value * blue;
    rr![i] = k * red * red;
    rg![i] = k * red * green;
    rb![i] = k * red * blue;
    gg![i] = k * green * green;
    gb![i] = k * green * blue;
    bb![i] = k * blue * blue;
  }
  return planes;
}

/** Solves (Σ + εU) a = cov(I, p) in closed form at every pixel; writes over the moments' planes. */
function solveModels(
  m: Float32Array[],
  width: number,
  height: number,
  epsilon: number,
  weighted: boolean,
): GuidedModel {
  const [w, ir, ig, ib, p, pr, pg, pb, rr, rg, rb, gg, gb, bb] = m as [Float32Array, ...Float32Array[]];
  for (let i = 0; i < w.length; i++) {
    const scale = weighted ? 1 / Math.max(w[i]!, 1e-6) : 1;
    const mr = ir![i]! * scale;
    const mg = ig![i]! * scale;
    const mb = ib![i]! * scale;
    const mp = p![i]! * scale;
    const cr = pr![i]! * scale - mr * mp;
    const cg = pg![i]! * scale - mg * mp;
    const cb = pb![i]! * scale - mb * mp;
    const s11 = rr![i]! * scale - mr * mr + epsilon;
    const s12 = rg![i]! * scale - mr * mg;
    const s13 = rb![i]! * scale - mr * mb;
    const s22 = gg![i]! * scale - mg * mg + epsilon;
    const s23 = gb![i]! * scale - mg * mb;
    const s33 = bb![i]! * scale - mb * mb + epsilon;
    const c11 = s22 * s33 - s23 * s23;
    const c12 = s13 * s23 - s12 * s33;
    const c13 = s12 * s23 - s13 * s22;
    const inverse = 1 / (s11 * c11 + s12 * c12 + s13 * c13);
    const c22 = s11 * s33 - s13 * s13;
    const c23 = s12 * s13 - s11 * s23;
    const c33 = s11 * s22 - s12 * s12;
    const ar = (c11 * cr + c12 * cg + c13 * cb) * inverse;
    const ag = (c12 * cr + c22 * cg + c23 * cb) * inverse;
    const ab = (c13 * cr + c23 * cg + c33 * cb) * inverse;
    ir![i] = ar;
    ig![i] = ag;
    ib![i] = ab;
    p![i] = mp - ar * mr - ag * mg - ab * mb;
  }
  return { width, height, red: ir!, green: ig!, blue: ib!, offset: p! };
}

/** Grey or RGB samples, with or without alpha, as the f32 RGB, 0–1, that the filter wants; full scale becomes 1. */
export function toGuide(raster: Raster): Raster<Float32Array> {
  const { width, height, channels, data } = raster;
  const scale = 1 / fullScale(data);
  const guide = createRaster('f32', width, height, 3);
  const [g1, g2] = channels >= 3 ? [1, 2] : [0, 0];
  for (let i = 0, j = 0; j < guide.data.length; i += channels, j += 3) {
    guide.data[j] = data[i]! * scale;
    guide.data[j + 1] = data[i + g1]! * scale;
    guide.data[j + 2] = data[i + g2]! * scale;
  }
  return guide;
}
