import type { Raster } from '../imaging/raster.ts';

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

/** Scales an f32 (or u8, u16) raster bilinearly, pixel centres to pixel centres; not antialiased. */
export function scaleMap(raster: Raster, width: number, height: number): Raster<Float32Array> {
  const { channels, data } = raster;
  const out = new Float32Array(width * height * channels);
  const [kx, ky] = [raster.width / width, raster.height / height];
  for (let y = 0, o = 0; y < height; y++) {
    const v = Math.min(Math.max((y + 0.5) * ky - 0.5, 0), raster.height - 1);
    const y0 = Math.floor(v);
    const y1 = Math.min(y0 + 1, raster.height - 1);
    for (let x = 0; x < width; x++) {
      const u = Math.min(Math.max((x + 0.5) * kx - 0.5, 0), raster.width - 1);
      const x0 = Math.floor(u);
      const x1 = Math.min(x0 + 1, raster.width - 1);
      for (let c = 0; c < channels; c++, o++) {
        const at = (xx: number, yy: number) => data[(yy * raster.width + xx) * channels + c]!;
        const top = at(x0, y0) + (at(x1, y0) - at(x0, y0)) * (u - x0);
        const low = at(x0, y1) + (at(x1, y1) - at(x0, y1)) * (u - x0);
        out[o] = top + (low - top) * (v - y0);
      }
    }
  }
  return { width, height, channels, data: out };
}
