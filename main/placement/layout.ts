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

/** Share of floor that the lower third of a room photo shows at least, and the part above the horizon at most. */
const LEAST_FLOOR = 0.15;
const MOST_FLOATING = 0.1;

/**
 * The probabilities themselves where they agree with the floor plane: floor in the lower third, hardly any above the
 * horizon. Null where they do not: a layout that is wrong is worse than none.
 * @param horizon row of the horizon, px of the layout
 */
export function trustLayout(layout: Raster<Float32Array>, horizon: number): Raster<Float32Array> | null {
  const { width, height } = layout;
  const low = meanFloor(layout, Math.max(horizon, (height * 2) / 3), height);
  const floating = meanFloor(layout, 0, Math.min(height, horizon));
  return width > 0 && low >= LEAST_FLOOR && floating <= MOST_FLOATING ? layout : null;
}

/** Mean probability of floor over some rows; 0 where there are none. */
function meanFloor({ width, height, data }: Raster<Float32Array>, from: number, to: number): number {
  const first = Math.max(0, Math.round(from));
  const end = Math.min(height, Math.round(to));
  let sum = 0;
  for (let i = first * width; i < end * width; i++) sum += data[i * 4 + 1]!;
  return end > first ? sum / ((end - first) * width) : 0;
}

/** Scales any raster bilinearly to another size, as f32. */
export function scaleMap(raster: Raster, width: number, height: number): Raster<Float32Array> {
  const { data } = raster;
  const float = data instanceof Float32Array ? data : Float32Array.from(data);
  return resampleFloat({ ...raster, data: float }, { width, height }, 'linear');
}
