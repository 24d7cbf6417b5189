import type { Raster } from './raster.ts';
import { sharp } from './vips.ts';

export type ResizeKernel = 'lanczos3' | 'cubic' | 'linear' | 'nearest';

/**
 * Scales a u8 or u16 raster of 1–4 channels, antialiased when it shrinks (libvips). 2 and 4 channels count as straight
 * alpha and are weighted by it. Its weights have 12 bits, so that shrunken 16-bit samples are off by up to 0.2 %; where
 * that matters resampleFloat has none of it. Returns the same object where the size already fits.
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
