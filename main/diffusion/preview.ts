import type { Raster } from '../imaging/raster.ts';
import { floatData, floatTensor } from '../inference/tensor.ts';
import { bindGraph, type Checkpoint } from './checkpoint.ts';
import type { DiffusionFamily } from './pack.ts';
import type { Planes } from './planes.ts';

/** Turns the model's idea of the clean latents into a small picture: RGB u8, one pixel per cell or larger. */
export type Previewer = (predicted: Planes) => Promise<Raster<Uint8Array>>;

/** The installed pack of a TAESD (`adapter.kind` is `taesd`) whose decoder reads a family's latents. */
export const previewPacks: Readonly<Record<DiffusionFamily, string>> = {
  sd15: 'taesd',
  'instruct-pix2pix': 'taesd',
  sdxl: 'taesdxl',
  'sdxl-refiner': 'taesdxl',
};

/**
 * The best way of previewing that there is: the checkpoint's own small decoder, that of an installed TAESD pack, or the
 * checkpoint's matrix from latents to colors; null where there is none.
 * @param installed looks whether a pack is there
 */
export async function openPreviewer(
  checkpoint: Checkpoint,
  installed: (pack: string) => boolean = () => false,
): Promise<Previewer | null> {
  const { preview, family } = checkpoint.spec;
  if (preview && 'model' in preview) return openDecoder(checkpoint, preview.model);
  const shared = previewPacks[family];
  if (installed(shared)) return openDecoder({ ...checkpoint, id: shared }, 'decoder');
  return preview ? async (predicted) => mixColors(predicted, preview.matrix, preview.bias) : null;
}

async function openDecoder(checkpoint: Checkpoint, model: string): Promise<Previewer> {
  const graph = await bindGraph(checkpoint, model, ['latent_sample'], ['sample']);
  return async ({ data, channels, width, height }) => {
    const outputs = await graph.run({ latent_sample: floatTensor(data, [1, channels, height, width]) });
    const [, , h, w] = outputs['sample']!.dims as [number, number, number, number];
    return toRgb8({ data: floatData(outputs['sample'], 'sample'), channels: 3, width: w, height: h });
  };
}

/** One pixel per latent cell: matrix · latents + bias, in −1..1. */
export function mixColors(
  { data, width, height }: Planes,
  matrix: readonly (readonly [number, number, number])[],
  bias: readonly [number, number, number],
): Raster<Uint8Array> {
  const plane = width * height;
  const mixed = new Float32Array(3 * plane);
  for (let color = 0; color < 3; color++) {
    const out = mixed.subarray(color * plane, (color + 1) * plane).fill(bias[color]!);
    for (const [c, row] of matrix.entries()) {
      const factor = row[color]!;
      for (let i = 0; i < plane; i++) out[i]! += factor * data[c * plane + i]!;
    }
  }
  return toRgb8({ data: mixed, channels: 3, width, height });
}

/** Planar −1..1 → interleaved u8, clipped. */
export function toRgb8({ data, width, height }: Planes): Raster<Uint8Array> {
  const plane = width * height;
  const out = new Uint8ClampedArray(3 * plane);
  for (let c = 0; c < 3; c++) {
    for (let i = 0, to = c; i < plane; i++, to += 3) out[to] = data[c * plane + i]! * 127.5 + 127.5;
  }
  return { width, height, channels: 3, data: new Uint8Array(out.buffer) };
}
