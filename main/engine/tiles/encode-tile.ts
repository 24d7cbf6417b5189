import { encodeFrame } from '../../imaging/encode.ts';
import type { Picture } from '../../imaging/pyramid.ts';
import { createRaster } from '../../imaging/raster.ts';
import { resizeRaster } from '../../imaging/resize.ts';
import { hasAlpha, toDepth } from '../../imaging/samples.ts';
import type { EncodedPicture } from './protocol.ts';

const SHRUNK_QUALITY = 90;
const THUMBNAIL_QUALITY = 82;

/**
 * A tile as a file that a browser shows in its right colours: the photo's own profile goes with it. Full size is
 * exact, because there pixels are looked at; shrunken levels are JPEG.
 */
export async function encodeTile(
  picture: Picture,
  icc: Uint8Array | null,
  level: number,
  tint: string | undefined,
): Promise<EncodedPicture> {
  const shown = toDepth(picture, 8);
  if (tint !== undefined && shown.channels === 1) return png(tintMask(shown.data, shown, tint), null);
  if (level === 0 || hasAlpha(shown)) return png(shown, icc);
  return jpeg(shown, icc, SHRUNK_QUALITY);
}

/** A small picture whose long side is at most `side`. */
export async function encodeThumbnail(
  picture: Picture,
  icc: Uint8Array | null,
  side: number,
): Promise<EncodedPicture> {
  const shown = toDepth(picture, 8);
  const scale = Math.min(1, side / Math.max(shown.width, shown.height));
  const width = Math.max(1, Math.round(shown.width * scale));
  const height = Math.max(1, Math.round(shown.height * scale));
  const small = await resizeRaster(shown, width, height);
  return hasAlpha(small) ? png(small, icc) : jpeg(small, icc, THUMBNAIL_QUALITY);
}

async function png(picture: Picture, icc: Uint8Array | null): Promise<EncodedPicture> {
  return { bytes: await encodeFrame(picture, { format: 'png', icc }), type: 'image/png' };
}

async function jpeg(picture: Picture, icc: Uint8Array | null, quality: number): Promise<EncodedPicture> {
  return { bytes: await encodeFrame(picture, { format: 'jpeg', icc, quality }), type: 'image/jpeg' };
}

function tintMask(mask: Uint8Array, { width, height }: Picture, tint: string): Picture {
  const colour = Number.parseInt(tint, 16);
  const rgba = createRaster('u8', width, height, 4);
  for (let i = 0; i < mask.length; i++) {
    rgba.data[4 * i] = colour >> 16;
    rgba.data[4 * i + 1] = (colour >> 8) & 255;
    rgba.data[4 * i + 2] = colour & 255;
    rgba.data[4 * i + 3] = mask[i]!;
  }
  return rgba;
}
