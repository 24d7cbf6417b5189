import { adapterOf } from '../../../inference/adapters/adapter-of.ts';
import { bindGraph, boundName } from '../../../inference/adapters/bind.ts';
import type { Adapter } from '../../../inference/adapters/schema.ts';
import { floatTensor, type ModelId, type Tensor } from '../../../inference/tensor.ts';
import { createRaster, type Mask, type Raster } from '../../../imaging/raster.ts';
import { resizeRaster } from '../../../imaging/resize.ts';
import type { Size } from '../../../imaging/window.ts';
import type { NodeContext } from '../../node.ts';
import { toPlanes, unitRange } from '../net-picture.ts';

/** Sides of graphs that take any size are made multiples of this. */
const MULTIPLE = 8;

/**
 * A removal pack's idea of the crop without the object: u8 sRGB of the whole crop, at the net's size. It guides the
 * fill, which copies the photo's own pixels; so it decides what is where and not how sharp it is.
 * @param crop u8 sRGB, the hole with its surroundings
 * @param hole of the same size, not 0 where unknown
 */
export async function imaginePlate(
  { models, packs }: Pick<NodeContext, 'models' | 'packs'>,
  pack: string,
  crop: Raster<Uint8Array>,
  hole: Mask,
): Promise<Raster<Uint8Array>> {
  const adapter = adapterOf(packs.manifest(pack), 'inpaint');
  const model: ModelId = `${pack}/fill`;
  const { inputs, outputs } = bindGraph(adapter.kind, model, await models.describe(model));
  const [rows = -1, columns = -1] = inputs['image']?.dims.slice(-2) ?? [];
  const net = {
    width: columns > 0 ? columns : toMultiple(crop.width, adapter),
    height: rows > 0 ? rows : toMultiple(crop.height, adapter),
  };
  const scale = Math.min(1, net.width / crop.width, net.height / crop.height);
  const width = Math.max(1, Math.round(crop.width * scale));
  const height = Math.max(1, Math.round(crop.height * scale));
  const picture = spread(await resizeRaster(crop, width, height), net);
  const unknown = spread(await resizeRaster(hole, width, height, 'linear'), net);
  const feeds = adapter.kind === 'migan' ? feedBytes(picture, unknown) : feedFloats(picture, unknown);
  const answer = await models.run(model, {
    [boundName(inputs, 'image')]: feeds.image,
    [boundName(inputs, 'mask')]: feeds.mask,
  });
  const name = boundName(outputs, 'result');
  return readPicture(answer[name], name, { width, height });
}

function toMultiple(side: number, { multiple = MULTIPLE }: Adapter): number {
  return multiple * Math.max(1, Math.ceil(side / multiple));
}

/** A picture in the top left of a larger one, its last row and column repeated beyond it. */
function spread(picture: Raster<Uint8Array>, { width, height }: Size): Raster<Uint8Array> {
  if (picture.width === width && picture.height === height) return picture;
  const { channels } = picture;
  const out = createRaster('u8', width, height, channels);
  for (let y = 0, to = 0; y < height; y++) {
    const row = Math.min(y, picture.height - 1) * picture.width;
    for (let x = 0; x < width; x++) {
      const from = (row + Math.min(x, picture.width - 1)) * channels;
      for (let c = 0; c < channels; c++) out.data[to++] = picture.data[from + c]!;
    }
  }
  return out;
}

interface Feeds {
  readonly image: Tensor;
  readonly mask: Tensor;
}

/** MI-GAN's pipeline: u8 [1,3,H,W] and [1,1,H,W], 255 keeps and 0 is filled. */
function feedBytes(picture: Raster<Uint8Array>, unknown: Mask): Feeds {
  const { width, height } = picture;
  const plane = width * height;
  const image = new Uint8Array(3 * plane);
  for (let i = 0, from = 0; i < plane; i++, from += 3)
    for (let c = 0; c < 3; c++) image[c * plane + i] = picture.data[from + c]!;
  const mask = unknown.data.map((v) => (v > 0 ? 0 : 255));
  return {
    image: { type: 'uint8', dims: [1, 3, height, width], data: image },
    mask: { type: 'uint8', dims: [1, 1, height, width], data: mask },
  };
}

/** LaMa: f32 0–1 and a mask in which 1 is filled. */
function feedFloats(picture: Raster<Uint8Array>, unknown: Mask): Feeds {
  const { width, height } = picture;
  const mask = Float32Array.from(unknown.data, (v) => (v > 0 ? 1 : 0));
  return { image: toPlanes(picture, unitRange), mask: floatTensor(mask, [1, 1, height, width]) };
}

/** The top left part of a net's picture, [1,3,H,W] in 0–255 of either type. */
function readPicture(tensor: Tensor | undefined, name: string, { width, height }: Size): Raster<Uint8Array> {
  if (!tensor || !(tensor.data instanceof Uint8Array || tensor.data instanceof Float32Array))
    throw new TypeError(`Expected a picture for ${name} but received ${tensor ? tensor.type : 'nothing'}`);
  const [rows, columns] = tensor.dims.slice(-2) as [number, number];
  const out = createRaster('u8', width, height, 3);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      let from = (c * rows + y) * columns;
      let to = y * width * 3 + c;
      for (let x = 0; x < width; x++, to += 3)
        out.data[to] = Math.min(255, Math.max(0, Number(tensor.data[from++]!) + 0.5));
    }
  }
  return out;
}
