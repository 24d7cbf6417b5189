import type { Raster } from './raster.ts';

/** Rounds 16-bit samples to 8 bits: v · 255 / 65535 to the nearest, in integers. */
export function narrowSamples(data: Uint16Array): Uint8Array {
  const out = new Uint8Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = (data[i]! * 255 + 32895) >>> 16;
  return out;
}

/** Widens 8-bit samples to 16 bits: v · 257, which narrowSamples takes back exactly. */
export function widenSamples(data: Uint8Array): Uint16Array {
  const out = new Uint16Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = data[i]! * 257;
  return out;
}

/** The raster in the wanted depth; the same object where it already is. */
export function toDepth(raster: Raster<Uint8Array> | Raster<Uint16Array>, depth: 8): Raster<Uint8Array>;
export function toDepth(raster: Raster<Uint8Array> | Raster<Uint16Array>, depth: 16): Raster<Uint16Array>;
export function toDepth(
  raster: Raster<Uint8Array> | Raster<Uint16Array>,
  depth: 8 | 16,
): Raster<Uint8Array> | Raster<Uint16Array>;
export function toDepth(
  raster: Raster<Uint8Array> | Raster<Uint16Array>,
  depth: 8 | 16,
): Raster<Uint8Array> | Raster<Uint16Array> {
  const { width, height, channels, data } = raster;
  if (data instanceof Uint16Array) {
    return depth === 16
      ? { width, height, channels, data }
      : { width, height, channels, data: narrowSamples(data) };
  }
  return depth === 8
    ? { width, height, channels, data }
    : { width, height, channels, data: widenSamples(data) };
}

/** True where the last channel is alpha: 2 or 4 channels. */
export function hasAlpha(raster: { readonly channels: number }): boolean {
  return raster.channels === 2 || raster.channels === 4;
}
