import type { Rect } from '../../../imaging/geometry.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { sampleGrid } from './scene-grid.ts';

/** Labels 1 and 0 as 1 and −1, to be sampled between pixels. */
export function signed(labels: Uint8Array, width: number, height: number): Raster<Float32Array> {
  const data = new Float32Array(labels.length);
  for (let i = 0; i < data.length; i++) data[i] = 2 * labels[i]! - 1;
  return { width, height, channels: 1, data };
}

export function labelsOf({ data }: Raster<Float32Array>): Uint8Array {
  const labels = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) labels[i] = data[i]! > 0 ? 1 : 0;
  return labels;
}

/**
 * A mask with what a correction changed in a part of it; all else keeps its own finer border.
 * @param width of the mask; `area` lies on it, `before` and `after` over `area`
 */
export function pasteChange(
  mask: Uint8Array,
  width: number,
  area: Rect,
  before: Raster<Float32Array>,
  after: Raster<Float32Array>,
): Uint8Array {
  const whole = { x: 0, y: 0, width: after.width, height: after.height };
  const had = sampleGrid(before, whole, area.width, area.height).data;
  const has = sampleGrid(after, whole, area.width, area.height).data;
  const output = mask.slice();
  for (let y = 0, i = 0; y < area.height; y++) {
    for (let x = 0, to = (area.y + y) * width + area.x; x < area.width; x++, i++, to++) {
      if (had[i]! > 0 !== has[i]! > 0) output[to] = has[i]! > 0 ? 1 : 0;
    }
  }
  return output;
}
