import { createRaster, type Raster } from '../../../../imaging/raster.ts';
import { floatTensor, type Tensor } from '../../../../inference/tensor.ts';

/** What a photo's embedding consists of, in the order in which the samples follow each other. */
export interface EmbeddingParts {
  readonly parts: readonly { readonly role: string; readonly dims: readonly number[] }[];
}

/** Samples of a row of the raster that keeps an embedding; it has no meaning. */
const ROW = 1024;

/** Lays f32 tensors end to end into one raster, which is how an embedding is kept as an artifact. */
export function packTensors(tensors: Readonly<Record<string, Tensor>>): {
  readonly raster: Raster<Float32Array>;
  readonly layout: EmbeddingParts;
} {
  const entries = Object.entries(tensors);
  const samples = entries.reduce((sum, [, { data }]) => sum + data.length, 0);
  const raster = createRaster('f32', ROW, Math.max(1, Math.ceil(samples / ROW)));
  let at = 0;
  for (const [, { data }] of entries) {
    raster.data.set(data as Float32Array, at);
    at += data.length;
  }
  return { raster, layout: { parts: entries.map(([role, { dims }]) => ({ role, dims })) } };
}

/** The tensors of {@link packTensors}, as views of the raster's samples. */
export function unpackTensors(raster: Raster, { parts }: EmbeddingParts): Record<string, Tensor> {
  const samples = raster.data as Float32Array;
  const tensors: Record<string, Tensor> = {};
  let at = 0;
  for (const { role, dims } of parts) {
    const length = dims.reduce((product, d) => product * d, 1);
    tensors[role] = floatTensor(samples.subarray(at, at + length), dims);
    at += length;
  }
  return tensors;
}
