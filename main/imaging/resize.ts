import type { Raster } from './raster.ts';
import { type FloatKernel, resampleFloat } from './resample.ts';
import { sharp } from './vips.ts';
import type { Size } from './window.ts';

export type ResizeKernel = 'lanczos3' | 'cubic' | 'linear' | 'nearest';

/**
 * Scales a u8 or u16 raster of 1–4 channels, antialiased when it shrinks (libvips). 2 and 4 channels count as straight
 * alpha and are weighted by it. Its weights have 12 bits, so that shrunken 16-bit samples are off by up to 0.2 %; where
 * that matters resampleFloat has none of it. Enlarging, it moves everything by half a target pixel: use scaleTo there.
 * Returns the same object where the size already fits.
 */
export function resizeRaster(
  raster: Raster<Uint8Array>,
  width: number,
  height: number,
  kernel?: ResizeKernel,
): Promise<Raster<Uint8Array>>;
export function resizeRaster(
  raster: Raster<Uint16Array>,
  width: number,
  height: number,
  kernel?: ResizeKernel,
): Promise<Raster<Uint16Array>>;
export function resizeRaster(
  raster: Raster<Uint8Array> | Raster<Uint16Array>,
  width: number,
  height: number,
  kernel?: ResizeKernel,
): Promise<Raster<Uint8Array> | Raster<Uint16Array>>;
export async function resizeRaster(
  raster: Raster<Uint8Array> | Raster<Uint16Array>,
  width: number,
  height: number,
  kernel: ResizeKernel = 'lanczos3',
): Promise<Raster<Uint8Array> | Raster<Uint16Array>> {
  if (raster.width === width && raster.height === height) return raster;
  const { channels, data } = raster;
  const deep = data instanceof Uint16Array;
  // libvips drops the alpha of 8-bit grey on raw output, so that pair passes as 16-bit grey, whose codes it keeps.
  if (channels === 2 && !deep) {
    const wide = await resizeRaster(
      { ...raster, data: Uint16Array.from(data, (v) => v * 257) },
      width,
      height,
      kernel,
    );
    return { width, height, channels, data: Uint8Array.from(wide.data, (v) => (v * 255 + 32895) >>> 16) };
  }
  const space = channels <= 2 ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb';
  const out = await sharp(data, {
    raw: { width: raster.width, height: raster.height, channels: channels as 1 | 2 | 3 | 4 },
    limitInputPixels: false,
  })
    .resize(width, height, { fit: 'fill', kernel })
    .toColourspace(space)
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer();
  if (deep)
    return { width, height, channels, data: new Uint16Array(out.buffer, out.byteOffset, out.length / 2) };
  return { width, height, channels, data: new Uint8Array(out.buffer, out.byteOffset, out.length) };
}

/** Rows that are worked on at once, so that floating point needs little memory. */
const BAND = 256;

/**
 * Scales a raster of 8 or 16 bits so that pixel centres stay where they are: where it shrinks by {@link resizeRaster},
 * which is quicker, otherwise in floating point, since libvips shifts what it enlarges.
 */
export async function scaleTo<S extends Uint8Array | Uint16Array>(
  raster: Raster<S>,
  size: Size,
  kernel: FloatKernel = 'lanczos3',
): Promise<Raster<S>> {
  const { width, height } = size;
  if (width > raster.width || height > raster.height) return scaleInFloat(raster, size, kernel);
  const given = raster as Raster<Uint8Array> | Raster<Uint16Array>;
  return (await resizeRaster(given, width, height, kernel)) as Raster<S>;
}

/**
 * The same in floating point throughout: libvips' weights of 12 bits darken 16-bit samples by up to 0.2 %, which the
 * color stage would take for drift. The same object where the size already fits.
 */
export function scaleInFloat<S extends Uint8Array | Uint16Array>(
  raster: Raster<S>,
  { width, height }: Size,
  kernel: FloatKernel = 'lanczos3',
): Raster<S> {
  if (raster.width === width && raster.height === height) return raster;
  const { channels } = raster;
  const source = { ...raster, data: new Float32Array(raster.data) };
  const out = new (raster.data.constructor as new (length: number) => S)(width * height * channels);
  const top = out instanceof Uint8Array ? 255 : 65535;
  for (let y = 0, i = 0; y < height; y += BAND) {
    const part = { x: 0, y, width, height: Math.min(BAND, height - y) };
    for (const value of resampleFloat(source, { width, height }, kernel, part).data) {
      const v = value + 0.5;
      out[i++] = v < 0 ? 0 : v > top ? top : v;
    }
  }
  return { width, height, channels, data: out };
}
