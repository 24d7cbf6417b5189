import { cropRaster } from '../../../imaging/window.ts';
import type { Frame } from '../../../imaging/frame.ts';
import type { Rect } from '../../../imaging/geometry.ts';
import { scaleTo } from '../../../imaging/resize.ts';
import { toSrgb8 } from '../../../imaging/srgb.ts';
import type { ModelRunner, Tensor, TensorInfo } from '../../../inference/tensor.ts';
import { fitScene, type SceneFit, toImageTensor } from './scene-grid.ts';

export const ENCODER = 'starter/scene-encoder';

/** What the encoder says of a rectangle of the photo; tensors as the graph gave them (see Scene grids). */
export interface SceneEncoding {
  readonly fit: SceneFit;
  readonly features: Tensor;
  readonly featuresLow: Tensor;
  /** [1,1,S/2,S/2], affine-invariant inverse depth, larger is nearer. */
  readonly disparity: Tensor;
  /** [1,4,S/4,S/4] logits: object, floor, wall, ceiling. */
  readonly layout: Tensor;
}

/** The side of the encoder's square input, from the graph itself. */
export async function encoderSide(models: ModelRunner): Promise<number> {
  const { inputs } = await models.describe(ENCODER);
  return sideOf(inputs, 'image', 1);
}

/** Side of a square input whose cells are `step` net pixels wide; throws TypeError where it is not fixed. */
export function sideOf(inputs: readonly TensorInfo[], name: string, step: number): number {
  const side = inputs.find((input) => input.name === name)?.dims.at(-1);
  if (side === undefined || side <= 0)
    throw new TypeError(`Expected a fixed size for ${name} but received ${side}`);
  return side * step;
}

/** Shows a rectangle of the frame to the encoder. */
export async function encodeScene(
  models: ModelRunner,
  frame: Frame,
  rect: Rect,
  side: number,
): Promise<SceneEncoding> {
  const fit = fitScene(rect, side);
  const small = await toSrgb8(cropFrame(frame, rect), { longSide: side });
  const rgb = await scaleTo(small, fit, 'cubic');
  const outputs = await models.run(ENCODER, { image: toImageTensor(rgb, side) });
  return {
    fit,
    features: required(outputs, 'features'),
    featuresLow: required(outputs, 'features_low'),
    disparity: required(outputs, 'disparity'),
    layout: required(outputs, 'layout'),
  };
}

/** A part of a frame, in the frame's own samples; the frame itself where the part is all of it. */
export function cropFrame(frame: Frame, rect: Rect): Frame {
  const { width, height } = frame.raster;
  if (rect.width === width && rect.height === height) return frame;
  const raster = cropRaster(frame.raster as Frame['raster'] & { data: Uint8Array }, rect) as Frame['raster'];
  return { ...frame, raster, info: { ...frame.info, width: rect.width, height: rect.height } };
}

function required(outputs: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = outputs[name];
  if (!tensor)
    throw new TypeError(
      `Expected ${ENCODER} to give ${name} but received ${Object.keys(outputs).join(', ')}`,
    );
  return tensor;
}
