import type { Raster } from '../imaging/raster.ts';
import { floatData, floatTensor } from '../inference/tensor.ts';
import { bindGraph, type Checkpoint } from './checkpoint.ts';
import type { IpAdapterSpec } from './pack.ts';
import type { Planes } from './planes.ts';

/** Image tokens of a reference picture and of "no picture", [1,T,D] each. */
export interface ReferenceTokens {
  readonly wanted: Planes;
  readonly none: Planes;
}

/**
 * Embeds a reference picture for the pack's IP-Adapter. `picture` is RGB u8 of the image encoder's own size.
 * "No picture" is the projection of zero embeddings, or, for adapters that read hidden states, of a black picture's.
 * Source: `encode_image` and `prepare_ip_adapter_image_embeds` of diffusers. Throws TypeError for another size.
 */
export async function embedReference(
  checkpoint: Checkpoint,
  spec: IpAdapterSpec,
  picture: Raster<Uint8Array>,
): Promise<ReferenceTokens> {
  const { imageSize: side, output } = spec;
  if (picture.width !== side || picture.height !== side || picture.channels !== 3)
    throw new TypeError(
      `Expected an RGB picture of ${side}×${side} but received ${picture.width}×${picture.height}`,
    );
  const encoder = await bindGraph(checkpoint, spec.imageEncoder, ['pixel_values'], [output]);
  const embed = async (pixels: Float32Array) => {
    const result = (await encoder.run({ pixel_values: floatTensor(pixels, [1, 3, side, side]) }))[output]!;
    return { data: floatData(result, output), dims: [1, ...result.dims] };
  };
  const wanted = await embed(normalizePixels(picture, spec));
  const none =
    output === 'image_embeds'
      ? { ...wanted, data: new Float32Array(wanted.data.length) }
      : await embed(new Float32Array(3 * side * side));
  const projection = await bindGraph(checkpoint, spec.projection, ['image_embeds'], ['ip_hidden_states']);
  const project = async ({ data, dims }: { data: Float32Array; dims: number[] }): Promise<Planes> => {
    const { ip_hidden_states } = await projection.run({ image_embeds: floatTensor(data, dims) });
    const [tokens, width] = ip_hidden_states!.dims.slice(-2) as [number, number];
    return { data: floatData(ip_hidden_states, 'ip_hidden_states'), channels: 1, width, height: tokens };
  };
  return { wanted: await project(wanted), none: await project(none) };
}

/** RGB u8 → [3,h,w], (v/255 − mean)/std. */
export function normalizePixels(
  { data, width, height }: Raster<Uint8Array>,
  { mean, std }: Pick<IpAdapterSpec, 'mean' | 'std'>,
): Float32Array {
  const plane = width * height;
  const out = new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    const scale = 1 / (255 * std[c]!);
    const shift = mean[c]! / std[c]!;
    for (let i = 0, from = c; i < plane; i++, from += 3) out[c * plane + i] = data[from]! * scale - shift;
  }
  return out;
}
