import { createRaster, type Mask, type Raster } from '../../../../main/imaging/raster.ts';

/** A u8 RGB picture from a function of the pixel. */
export function paint(
  width: number,
  height: number,
  color: (x: number, y: number) => readonly [number, number, number],
): Raster<Uint8Array> {
  const picture = createRaster('u8', width, height, 3);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p += 3) {
      const [red, green, blue] = color(x, y);
      picture.data[p] = red;
      picture.data[p + 1] = green;
      picture.data[p + 2] = blue;
    }
  }
  return picture;
}

/** A mask of 255 where `inside` says so. */
export function mark(width: number, height: number, inside: (x: number, y: number) => boolean): Mask {
  const mask = createRaster('u8', width, height);
  for (let i = 0; i < mask.data.length; i++) if (inside(i % width, Math.floor(i / width))) mask.data[i] = 255;
  return mask;
}

/** A rectangle of whole pixels as a mask. */
export function box(width: number, height: number, x0: number, y0: number, x1: number, y1: number): Mask {
  return mark(width, height, (x, y) => x >= x0 && x < x1 && y >= y0 && y < y1);
}

/** The same number from 0 to 1 for the same pixel, without pattern. */
export function speckle(x: number, y: number, seed = 0): number {
  let h = Math.imul(x + 374761393, 668265263) ^ Math.imul(y + seed * 7919 + 2246822519, 3266489917);
  h = Math.imul(h ^ (h >>> 15), 2246822519);
  h = Math.imul(h ^ (h >>> 13), 3266489917);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

/** The picture with its hole painted over, so that nothing of it can be peeked at. */
export function hide(picture: Raster<Uint8Array>, hole: Mask): Raster<Uint8Array> {
  const data = picture.data.slice();
  for (let i = 0; i < hole.data.length; i++) if (hole.data[i]) data.set([255, 0, 255], i * 3);
  return { ...picture, data };
}

/** Peak signal-to-noise ratio inside a mask, dB. */
export function psnrInside(a: Raster<Uint8Array>, b: Raster<Uint8Array>, mask: Mask): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < mask.data.length; i++) {
    if (!mask.data[i]) continue;
    for (let c = i * 3; c < i * 3 + 3; c++) sum += (a.data[c]! - b.data[c]!) ** 2;
    count += 3;
  }
  return 10 * Math.log10(255 ** 2 / Math.max(1e-9, sum / count));
}

/** Mean squared step between neighbours that both lie in a mask. */
export function gradientEnergy({ width, height, data }: Raster<Uint8Array>, mask: Mask): number {
  let sum = 0;
  let count = 0;
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0, i = y * width; x < width - 1; x++, i++) {
      if (!mask.data[i] || !mask.data[i + 1] || !mask.data[i + width]) continue;
      for (let c = i * 3; c < i * 3 + 3; c++) {
        sum += (data[c + 3]! - data[c]!) ** 2 + (data[c + 3 * width]! - data[c]!) ** 2;
      }
      count++;
    }
  }
  return sum / count;
}
