/** Formats recognised by their first bytes; `heif` covers AVIF and HEIC. */
export type ImageFormat = 'jpeg' | 'png' | 'tiff' | 'webp' | 'heif';

/**
 * Recognises an image by its signature, whatever the file is called; null where it is none of ours.
 * Sources: JPEG SOI, PNG signature, TIFF 6.0 and BigTIFF headers, RIFF container, ISO base media `ftyp`.
 */
export function sniffFormat(bytes: Uint8Array): ImageFormat | null {
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (/^(II[*+]\0|MM\0[*+])/.test(text(0, 4))) return 'tiff';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp';
  if (text(4, 8) === 'ftyp' && /^(avif|avis|heic|heix|hevc|hevx|heim|heis|mif1|msf1)/.test(text(8, 12)))
    return 'heif';
  return null;
}

const CAMERA_RAW = /\.(3fr|arw|cr2|cr3|dng|erf|iiq|nef|nrw|orf|pef|raf|rw2|srw)$/i;

/** True for the names of camera raw files: many are TIFFs whose first page is a thumbnail. */
export function isCameraRawName(name: string): boolean {
  return CAMERA_RAW.test(name);
}

/** Formats that can be written, by file ending. */
const WRITTEN: Readonly<Record<string, 'jpeg' | 'png' | 'tiff' | 'webp'>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.png': 'png',
  '.tif': 'tiff',
  '.tiff': 'tiff',
  '.webp': 'webp',
};
export const WRITTEN_ENDINGS: readonly string[] = Object.keys(WRITTEN);

/** The format that a path's ending asks for; null for one that cannot be written. */
export function writtenFormat(path: string): 'jpeg' | 'png' | 'tiff' | 'webp' | null {
  return WRITTEN[/\.[^./\\]*$/.exec(path)?.[0].toLowerCase() ?? ''] ?? null;
}
