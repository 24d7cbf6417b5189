import type { Raster } from '../imaging/raster.ts';
import type { MaskWindow, Size } from '../imaging/window.ts';

/**
 * A photo-sized mask at a smaller size: on each pixel the largest sample that falls on it, so that nothing thin is
 * lost.
 * @param photo size of the photo that the window belongs to
 */
export function reduceMask({ raster, rect }: MaskWindow, photo: Size, size: Size): Raster<Uint8Array> {
  const { width, height } = size;
  const data = new Uint8Array(width * height);
  const [sx, sy] = [width / photo.width, height / photo.height];
  for (let y = 0, i = 0; y < rect.height; y++) {
    const row = Math.min(height - 1, Math.floor((rect.y + y + 0.5) * sy)) * width;
    for (let x = 0; x < rect.width; x++, i++) {
      const value = raster.data[i]!;
      if (value === 0) continue;
      const o = row + Math.min(width - 1, Math.floor((rect.x + x + 0.5) * sx));
      if (value > data[o]!) data[o] = value;
    }
  }
  return { width, height, channels: 1, data };
}
