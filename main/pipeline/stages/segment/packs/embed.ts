import { adapterOf } from '../../../../inference/adapters/adapter-of.ts';
import { bindGraph, type Bound, boundName } from '../../../../inference/adapters/bind.ts';
import { type Adapter, imageNetMean, imageNetStd } from '../../../../inference/adapters/schema.ts';
import { floatData, floatTensor, type ModelId, type Tensor } from '../../../../inference/tensor.ts';
import type { Frame } from '../../../../imaging/frame.ts';
import type { NodeContext } from '../../../node.ts';
import { scaleForNet, toPlanes } from '../../net-picture.ts';
import type { SegmentParams } from '../params.ts';
import { fitScene, type SceneFit } from '../scene-grid.ts';
import { packTensors } from './embedding.ts';

/** Side of the square that Segment Anything sees. */
const SIDE = 1024;

/** What a pack's encoder sees in the photo, once per photo: every click after that costs the decoder alone. */
export async function embedPhoto(context: NodeContext<Pick<SegmentParams, 'pack'>>): Promise<void> {
  const { models, packs, params, outputs } = context;
  const adapter = adapterOf(packs.manifest(params.pack), 'segment');
  const model: ModelId = `${params.pack}/encoder`;
  const bound = bindGraph(adapter.kind, model, await models.describe(model));
  const frame = await context.frame();
  const image = await drawInput(adapter, bound, frame);
  const answer = await models.run(model, { [boundName(bound.inputs, 'image')]: image });
  const tensors: Record<string, Tensor> = {};
  for (const [role, info] of Object.entries(bound.outputs)) {
    if (!info) continue;
    floatData(answer[info.name], info.name);
    tensors[role] = answer[info.name]!;
  }
  const { raster, layout } = packTensors(tensors);
  await outputs.raster('embedding', raster);
  await outputs.json('embedding_parts', layout);
}

/** How the photo lies in the net's square: letterboxed top left (SAM), stretched (SAM 2). */
export function fitPhoto(
  adapter: Adapter,
  width: number,
  height: number,
  side = adapter.size ?? SIDE,
): SceneFit {
  const rect = { x: 0, y: 0, width, height };
  return adapter.kind === 'sam2' ? { rect, side, width: side, height: side } : fitScene(rect, side);
}

async function drawInput(adapter: Adapter, bound: Bound, frame: Frame): Promise<Tensor> {
  const fixed = adapter.kind === 'mobile-sam' ? -1 : bound.inputs['image']!.dims.at(-1)!;
  const { width, height } = frame.raster;
  const fit = fitPhoto(adapter, width, height, fixed > 0 ? fixed : undefined);
  const rgb = await scaleForNet(frame, fit);
  if (adapter.kind === 'mobile-sam') {
    // Its graph normalises and pads by itself.
    return floatTensor(Float32Array.from(rgb.data), [rgb.height, rgb.width, 3]);
  }
  const { mean = imageNetMean, std = imageNetStd } = adapter;
  return toPlanes(rgb, { mean, std }, { width: fit.side, height: fit.side });
}
