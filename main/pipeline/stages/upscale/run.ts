import { dtypeOf, type Raster } from '../../../imaging/raster.ts';
import type { NodeContext, StageNodes } from '../../node.ts';
import { chooseModel } from './choose-model.ts';
import type { UpscaleParams } from './params.ts';
import { resizeBands } from './resize-bands.ts';
import { superResolve } from './super-resolve.ts';
import { planEnlargement, type Enlargement } from './target-size.ts';

/** The last stage: the whole composite at the size that is delivered. */
export const upscaleNodes: StageNodes = { 'upscale.frame': upscaleFrame };

/** Rows of a band of the composite where it passes through as it is. */
const PASS_ROWS = 512;

async function upscaleFrame(context: NodeContext<UpscaleParams>): Promise<void> {
  const { inputs, outputs, params, metric } = context;
  const composite = await inputs.raster('composite');
  const dtype = dtypeOf(composite.data);
  if (dtype === 'f32') throw new TypeError('Expected a composite of u8 or u16 but received f32');
  const plan = planEnlargement(params, composite);
  metric('factor', plan.factor);
  metric('megapixels', Math.round((plan.target.width * plan.target.height) / 1e4) / 100);
  const shape = { ...plan.target, channels: composite.channels, dtype };
  await outputs.bands('upscaled', shape, deliveredBands(context, composite, plan));
}

function deliveredBands(
  context: NodeContext<UpscaleParams>,
  composite: Raster,
  { factor, target }: Enlargement,
): AsyncIterable<Raster> {
  const enlarged = factor === 1 ? passThrough(context, composite) : enlarge(context, composite, factor);
  const from = { width: composite.width * factor, height: composite.height * factor };
  const fits = from.width === target.width && from.height === target.height;
  return fits ? enlarged : resizeBands(enlarged, from, target);
}

function enlarge(
  { params, models, metric, progress }: NodeContext<UpscaleParams>,
  composite: Raster,
  factor: 2 | 4,
): AsyncIterable<Raster> {
  const model = chooseModel(params.model, factor, composite);
  metric('model', model);
  const report = (done: number) => progress(done, `enlarging ×${factor}`);
  return superResolve(composite, { models, model, factor, progress: report });
}

async function* passThrough(
  { progress }: NodeContext<UpscaleParams>,
  { width, height, channels, data }: Raster,
): AsyncGenerator<Raster> {
  const row = width * channels;
  for (let y = 0; y < height; y += PASS_ROWS) {
    await progress(y / height, 'copying');
    const end = Math.min(height, y + PASS_ROWS);
    yield { width, height: end - y, channels, data: data.subarray(y * row, end * row) };
  }
}
