import type { Rect } from './geometry.ts';
import { type Raster, createRaster } from './raster.ts';
import type { Size } from './window.ts';

export type FloatKernel = 'linear' | 'cubic' | 'lanczos3';

interface Kernel {
  readonly radius: number;
  readonly weight: (distance: number) => number;
}

const KERNELS: Readonly<Record<FloatKernel, Kernel>> = {
  linear: { radius: 1, weight: (d) => 1 - d },
  // Catmull–Rom (Keys, 1981, a = −½): keeps edges of logits and depths in place without much ringing.
  cubic: {
    radius: 2,
    weight: (d) => (d < 1 ? (1.5 * d - 2.5) * d * d + 1 : ((-0.5 * d + 2.5) * d - 4) * d + 2),
  },
  lanczos3: {
    radius: 3,
    weight: (d) =>
      d === 0 ? 1 : (3 * Math.sin(Math.PI * d) * Math.sin((Math.PI * d) / 3)) / (Math.PI * d) ** 2,
  },
};

/**
 * Scales an f32 raster of any channel count, separably; when it shrinks the kernel is stretched over the source, so
 * that nothing aliases. Pixel centres map to pixel centres; the border is repeated. `part` asks for a rectangle of
 * the scaled raster alone (in its pixels): upsampling logits for one object need not touch the rest of the photo.
 */
export function resampleFloat(
  source: Raster<Float32Array>,
  size: Size,
  kernel: FloatKernel = 'cubic',
  part: Rect = { x: 0, y: 0, width: size.width, height: size.height },
): Raster<Float32Array> {
  const { channels } = source;
  const across = planTaps(source.width, size.width, part.x, part.width, kernel);
  const down = planTaps(source.height, size.height, part.y, part.height, kernel);
  const top = down.first[0] ?? 0;
  const bottom = (down.first[part.height - 1] ?? 0) + down.count;
  const middle = createRaster('f32', part.width, bottom - top, channels);
  for (let y = top; y < bottom; y++) {
    const row = source.data.subarray(Math.min(y, source.height - 1) * source.width * channels);
    scaleRow(
      row,
      across,
      channels,
      middle.data.subarray((y - top) * part.width * channels, (y - top + 1) * part.width * channels),
    );
  }
  const out = createRaster('f32', part.width, part.height, channels);
  const length = part.width * channels;
  for (let y = 0; y < part.height; y++) {
    const to = out.data.subarray(y * length, (y + 1) * length);
    for (let k = 0; k < down.count; k++) {
      const weight = down.weights[y * down.count + k]!;
      if (weight === 0) continue;
      const from = (down.first[y]! - top + k) * length;
      for (let i = 0; i < length; i++) to[i]! += weight * middle.data[from + i]!;
    }
  }
  return out;
}

/** For each target pixel the first source pixel and `count` weights that add up to 1; all taps lie inside. */
export interface Taps {
  readonly first: Int32Array;
  readonly count: number;
  readonly weights: Float32Array;
}

/** The taps of `length` target pixels from `start` on, for a side scaled from `from` to `to` pixels. */
export function planTaps(from: number, to: number, start: number, length: number, kernel: FloatKernel): Taps {
  const { radius, weight } = KERNELS[kernel];
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const count = Math.min(from, Math.ceil(2 * radius * stretch) + 1);
  const first = new Int32Array(length);
  const weights = new Float32Array(length * count);
  for (let i = 0; i < length; i++) {
    const centre = (start + i + 0.5) * scale - 0.5;
    const low = Math.ceil(centre - radius * stretch);
    first[i] = Math.min(Math.max(low, 0), from - count);
    let sum = 0;
    for (let at = low; at <= centre + radius * stretch; at++) {
      const distance = Math.abs(at - centre) / stretch;
      const w = distance < radius ? weight(distance) : 0;
      // The border is repeated: taps beyond it add to the outermost pixel.
      weights[i * count + Math.min(Math.max(at, 0), from - 1) - first[i]!]! += w;
      sum += w;
    }
    for (let k = 0; k < count; k++) weights[i * count + k]! /= sum;
  }
  return { first, count, weights };
}

/** Scales one row of interleaved samples into `out`. */
export function scaleRow(
  row: Float32Array,
  { first, count, weights }: Taps,
  channels: number,
  out: Float32Array,
): void {
  for (let x = 0; x < first.length; x++) {
    const start = first[x]! * channels;
    const taps = x * count;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let k = 0, at = start + c; k < count; k++, at += channels) sum += weights[taps + k]! * row[at]!;
      out[x * channels + c] = sum;
    }
  }
}
