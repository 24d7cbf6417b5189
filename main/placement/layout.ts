import type { Raster } from '../imaging/raster.ts';
import { resampleFloat } from '../imaging/resample.ts';

/**
 * Layout logits (object, floor, wall, ceiling; f32 [h,w,4]) as probabilities at another size: softmax of the
 * bilinearly scaled logits.
 */
export function layoutProbabilities(logits: Raster, width: number, height: number): Raster<Float32Array> {
  const scaled = scaleMap(logits, width, height);
  const { data } = scaled;
  for (let i = 0; i < data.length; i += 4) {
    const top = Math.max(data[i]!, data[i + 1]!, data[i + 2]!, data[i + 3]!);
    let sum = 0;
    for (let c = 0; c < 4; c++) sum += data[i + c] = Math.exp(data[i + c]! - top);
    for (let c = 0; c < 4; c++) data[i + c]! /= sum;
  }
  return scaled;
}

/** Scales any raster bilinearly to another size, as f32. */
export function scaleMap(raster: Raster, width: number, height: number): Raster<Float32Array> {
  const { data } = raster;
  const float = data instanceof Float32Array ? data : Float32Array.from(data);
  return resampleFloat({ ...raster, data: float }, { width, height }, 'linear');
}
