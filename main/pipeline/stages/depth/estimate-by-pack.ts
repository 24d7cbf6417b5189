import { adapterOf } from '../../../inference/adapters/adapter-of.ts';
import { bindGraph, boundName } from '../../../inference/adapters/bind.ts';
import { imageNetMean, imageNetStd } from '../../../inference/adapters/schema.ts';
import { floatData, type ModelId } from '../../../inference/tensor.ts';
import type { Size } from '../../../imaging/window.ts';
import type { NodeContext } from '../../node.ts';
import { scaleForNet, toPlanes } from '../net-picture.ts';
import type { DepthParams } from './params.ts';

/** Depth Anything V2: net pixels of the shorter side, and of a patch. */
const SIDE = 518;
const PATCH = 14;
/** A panorama's longer side is not followed further than this, in shorter sides. */
const LONGEST = 3;

/** A pack's own disparity of the photo: f32 [h,w], affine-invariant inverse depth, larger is nearer. */
export async function estimateByPack(context: NodeContext<Pick<DepthParams, 'pack'>>): Promise<void> {
  const { models, packs, params } = context;
  const adapter = adapterOf(packs.manifest(params.pack), 'depth');
  const model: ModelId = `${params.pack}/depth`;
  const { inputs, outputs } = bindGraph(adapter.kind, model, await models.describe(model));
  const frame = await context.frame();
  const [height = -1, width = -1] = inputs['image']?.dims.slice(-2) ?? [];
  const free = netSize(frame.raster, adapter.size ?? SIDE, adapter.multiple ?? PATCH);
  const size = { width: width > 0 ? width : free.width, height: height > 0 ? height : free.height };
  const { mean = imageNetMean, std = imageNetStd } = adapter;
  const image = toPlanes(await scaleForNet(frame, size), { mean, std });
  const answer = await models.run(model, { [boundName(inputs, 'image')]: image });
  const name = boundName(outputs, 'depth');
  const data = floatData(answer[name], name);
  const [rows, columns] = answer[name]!.dims.slice(-2) as [number, number];
  await context.outputs.raster('disparity', { width: columns, height: rows, channels: 1, data });
}

/**
 * The size a photo is scaled to: its shorter side as the net was trained on, its aspect kept, both sides whole patches
 * (transformers' DPTImageProcessor with keep_aspect_ratio).
 */
export function netSize(photo: Size, shortSide: number, multiple: number): Size {
  const scale = shortSide / Math.min(photo.width, photo.height);
  const side = (length: number) =>
    multiple *
    Math.max(
      1,
      Math.min(Math.floor((LONGEST * shortSide) / multiple), Math.round((length * scale) / multiple)),
    );
  return { width: side(photo.width), height: side(photo.height) };
}
