import { dtypeOf, type Raster } from '../../../imaging/raster.ts';
import type { Size } from '../../../imaging/window.ts';
import { STARTER } from '../../../inference/packs.ts';
import type { NodeContext, StageNodes } from '../../node.ts';
import { chooseModel } from './choose-model.ts';
import type { UpscaleParams } from './params.ts';
import { resizeBands } from './resize-bands.ts';
import { packNet } from './pack-net.ts';
import { starterNet, superResolve } from './super-resolve.ts';
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
  await outputs.bands('upscaled', shape, await deliveredBands(context, composite, plan));
}

async function deliveredBands(
  context: NodeContext<UpscaleParams>,
  composite: Raster,
  { factor, target }: Enlargement,
): Promise<AsyncIterable<Raster>> {
  if (factor === 1) return toTarget(passThrough(context, composite), composite, target);
  const { params, models, packs, metric, progress } = context;
  const net =
    params.pack === STARTER
      ? starterNet(models, chooseModel(params.model, factor, composite), factor)
      : await packNet(models, packs.manifest(params.pack));
  metric('model', net.model);
  if (net.factor < factor)
    metric('upscaleNote', `${net.model} enlarges ×${net.factor}: the rest of ×${factor} is interpolated`);
  const report = (done: number) => progress(done, `enlarging ×${net.factor}`);
  const size = { width: composite.width * net.factor, height: composite.height * net.factor };
  return toTarget(superResolve(composite, net, report), size, target);
}

/** Bands at the size that is delivered. */
function toTarget(bands: AsyncIterable<Raster>, from: Size, target: Size): AsyncIterable<Raster> {
  const fits = from.width === target.width && from.height === target.height;
  return fits ? bands : resizeBands(bands, { width: from.width, height: from.height }, target);
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
