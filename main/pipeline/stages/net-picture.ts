import type { Frame } from '../../imaging/frame.ts';
import type { Raster } from '../../imaging/raster.ts';
import { scaleTo } from '../../imaging/resize.ts';
import { toSrgb8 } from '../../imaging/srgb.ts';
import type { Size } from '../../imaging/window.ts';
import { floatTensor, type Tensor } from '../../inference/tensor.ts';

/** A frame at a net's size, u8 sRGB: reduced antialiased in its own encoding, and stretched where the size asks for it. */
export async function scaleForNet(frame: Frame, { width, height }: Size): Promise<Raster<Uint8Array>> {
  const small = await toSrgb8(frame, { longSide: Math.max(width, height) });
  return scaleTo(small, { width, height }, 'cubic');
}

/** How samples 0–255 become a net's: (v / 255 − mean) / std per channel. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

export const unitRange: Normalization = { mean: [0, 0, 0], std: [1, 1, 1] };

/**
 * u8 RGB → f32 [1,3,H,W], normalised, top left in a picture of the given size; zeros beyond it (after normalisation, as
 * the published preprocessors pad).
 */
export function toPlanes(rgb: Raster<Uint8Array>, { mean, std }: Normalization, size: Size = rgb): Tensor {
  const plane = size.width * size.height;
  const data = new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    const gain = 1 / (255 * std[c]!);
    const offset = -mean[c]! / std[c]!;
    for (let y = 0; y < rgb.height; y++) {
      let from = y * rgb.width * 3 + c;
      let to = c * plane + y * size.width;
      for (let x = 0; x < rgb.width; x++, from += 3) data[to++] = rgb.data[from]! * gain + offset;
    }
  }
  return floatTensor(data, [1, 3, size.height, size.width]);
}
