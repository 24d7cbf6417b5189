import { RequestError } from '../../../errors.ts';
import { decodeFrame } from '../../../imaging/decode.ts';
import type { Frame } from '../../../imaging/frame.ts';
import { growMask, maskArea, trimMask } from '../../../imaging/mask-ops.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { scaleTo } from '../../../imaging/resize.ts';
import { type MaskWindow, wholeWindow } from '../../../imaging/window.ts';
import type { NodeContext, StageNodes } from '../../node.ts';
import { encodeScene, encoderSide } from './encode.ts';
import { type MaskedObject, maskObject } from './mask-object.ts';
import { embedPhoto } from './packs/embed.ts';
import { maskByPack } from './packs/mask.ts';
import { paint } from './paint.ts';
import type { SegmentParams } from './params.ts';
import { cropToFit, toRaster } from './scene-grid.ts';
import { searchScene } from './search-scene.ts';

/** What the photo looks like to the nets, once per photo (see Scene grids). */
async function encode(context: NodeContext<Record<string, never>>): Promise<void> {
  const frame = await context.frame();
  const { width, height } = frame.raster;
  const side = await encoderSide(context.models);
  const scene = await encodeScene(context.models, frame, { x: 0, y: 0, width, height }, side);
  await context.progress(0.9);
  // The head attends to all cells, also to those beyond the photo, so features are kept whole.
  await context.outputs.raster('features', toRaster(scene.features));
  await context.outputs.raster('features_low', toRaster(scene.featuresLow));
  await context.outputs.raster('disparity', cropToFit(toRaster(scene.disparity), scene.fit));
  await context.outputs.raster('layout', cropToFit(toRaster(scene.layout), scene.fit));
}

type MaskParams = Pick<SegmentParams, 'clicks' | 'box' | 'edges' | 'proposal' | 'pack'>;

/** Clicks → logits and the selection at photo resolution. */
async function mask(context: NodeContext<MaskParams>): Promise<void> {
  const frame = await context.frame();
  const { width, height } = frame.raster;
  const found = context.inputs.has('embedding')
    ? await maskByPack(context)
    : await maskByStarter(context, frame);
  await context.outputs.raster('logits', found.logits);
  await writeMask(context, 'selection', found.selection, width, height);
  context.metric('predictedIou', round(found.predictedIou));
  context.metric('proposal', found.proposal);
  context.metric('stability', round(found.stability));
  context.metric('area', round(maskArea(found.selection) / (width * height)));
}

async function maskByStarter(context: NodeContext<MaskParams>, frame: Frame): Promise<MaskedObject> {
  const features = await context.inputs.raster('features');
  const featuresLow = await context.inputs.raster('featuresLow');
  const layout = await context.inputs.raster('layout');
  const search = await searchScene(context.models, frame, { features, featuresLow, layout });
  return maskObject(context, frame, search, context.params);
}

/** An imported mask, scaled to the photo: white is the object; a picture with alpha and no grey counts by its alpha. */
async function importMask(context: NodeContext<{ readonly mask: string }>): Promise<void> {
  const { width, height } = (await context.frame()).raster;
  const picture = await decodeFrame(await context.blob(context.params.mask), 'The mask');
  if (Math.abs(picture.info.width / picture.info.height / (width / height) - 1) > 0.02) {
    throw new RequestError(
      `The mask is ${picture.info.width}×${picture.info.height} and the photo ${width}×${height}: their shapes differ`,
      'Export the mask in the size of the upright photo',
    );
  }
  const raster = await scaleTo(toMaskSamples(picture.raster), { width, height }, 'linear');
  const selection = trimMask(wholeWindow(raster));
  if (maskArea(selection) === 0) {
    throw new RequestError(
      'The mask is empty: no pixel of it is lighter than middle grey',
      'Paint the object white',
    );
  }
  await writeMask(context, 'selection', selection, width, height);
  context.metric('area', round(maskArea(selection) / (width * height)));
}

/** The selection grown by photo pixels. */
async function grow(context: NodeContext<Pick<SegmentParams, 'grow'>>): Promise<void> {
  const { raster, window } = await context.inputs.window('selection');
  const { width, height } = window;
  const { grow } = context.params;
  const radius = grow === 'auto' ? Math.round(0.003 * Math.hypot(width, height)) : grow;
  const selection: MaskWindow = { raster: raster as Raster<Uint8Array>, rect: window.rect };
  const grown = growMask(selection, radius, { width, height });
  await writeMask(context, 'mask', grown, width, height);
  context.metric('radius', radius);
  context.metric('area', round(maskArea(grown) / (width * height)));
}

async function writeMask(
  context: Pick<NodeContext, 'outputs'>,
  name: string,
  { raster, rect }: MaskWindow,
  width: number,
  height: number,
): Promise<void> {
  await context.outputs.raster(name, raster, { width, height, rect, background: 'zero' });
}

/** One u8 channel: luma (Rec. 601), or alpha where the colours are all alike and alpha is not. */
function toMaskSamples({ width, height, channels, data }: Raster): Raster<Uint8Array> {
  const scale = data instanceof Uint16Array ? 1 / 257 : 1;
  const grey = new Uint8Array(width * height);
  const alpha = new Uint8Array(width * height);
  for (let i = 0, from = 0; i < grey.length; i++, from += channels) {
    const red = data[from]!;
    const luma = channels >= 3 ? 0.299 * red + 0.587 * data[from + 1]! + 0.114 * data[from + 2]! : red;
    alpha[i] = channels % 2 === 0 ? data[from + channels - 1]! * scale : 255;
    grey[i] = luma * scale + 0.5;
  }
  const chosen = isEven(grey) && !isEven(alpha) ? alpha : grey;
  if (chosen === grey) for (let i = 0; i < grey.length; i++) grey[i] = (grey[i]! * alpha[i]! + 127) / 255;
  return { width, height, channels: 1, data: chosen };
}

function isEven(samples: Uint8Array): boolean {
  return samples.every((v) => v === samples[0]);
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

export { previewObject } from './preview.ts';
export { searchScene } from './search-scene.ts';

export const segmentNodes: StageNodes = {
  'segment.encode': encode,
  'segment.embed': embedPhoto,
  'segment.mask': mask,
  'segment.import': importMask,
  'segment.paint': paint,
  'segment.grow': grow,
};
