import { sharp } from './vips.ts';

const QUALITY = 82;

/**
 * A small upright JPEG in sRGB of a picture file, its long side at most `side` pixels; transparency over middle grey.
 * Throws what libvips says of a file that it cannot read.
 */
export async function thumbnailOf(file: string | Uint8Array, side: number): Promise<Uint8Array> {
  return sharp(file, { autoOrient: true, limitInputPixels: false, failOn: 'none' })
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#808080' })
    .toColourspace('srgb')
    .jpeg({ quality: QUALITY })
    .toBuffer();
}
