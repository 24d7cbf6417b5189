import { sharp } from '../vips.ts';

/** Metadata of a source photo that may be carried into a picture made from it. */
export interface CarriedMetadata {
  /** TIFF-structured EXIF without the `Exif\0\0` prefix; upright and without its thumbnail. */
  readonly exif: Uint8Array | null;
  readonly xmp: Uint8Array | null;
  /** Pixels per inch, where the source says. */
  readonly dpi: number | null;
}

const ORIENTATION = 0x0112;
const EXIF_DIRECTORY = 0x8769;
const PIXEL_WIDTH = 0xa002;
const PIXEL_HEIGHT = 0xa003;
const SHORT = 3;
const LONG = 4;

/**
 * Reads EXIF, XMP and resolution of a photo for carrying over: orientation is set to 1, since frames are upright, the
 * thumbnail is cut off, since it shows the old picture, and the recorded size becomes `size` where given.
 * Metadata that cannot be read are left out; never throws for them.
 */
export async function readCarriedMetadata(
  bytes: Uint8Array,
  size?: { readonly width: number; readonly height: number },
): Promise<CarriedMetadata> {
  const header = await sharp(bytes, { limitInputPixels: false, failOn: 'none' })
    .metadata()
    .catch(() => null);
  if (!header) return { exif: null, xmp: null, dpi: null };
  return {
    exif: header.exif ? uprightExif(header.exif, size) : null,
    xmp: header.xmp ? uprightXmp(header.xmp) : null,
    dpi: header.density ?? null,
  };
}

/**
 * A copy of an EXIF block with orientation 1, no thumbnail directory and, where given, the new pixel size.
 * Accepts the block with or without `Exif\0\0`; null where it is not well-formed (TIFF 6.0, EXIF 2.32).
 */
export function uprightExif(
  block: Uint8Array,
  size?: { readonly width: number; readonly height: number },
): Uint8Array | null {
  const prefixed = block[0] === 0x45 && block[1] === 0x78 && block[4] === 0;
  const exif = new Uint8Array(prefixed ? block.subarray(6) : block);
  if (exif.length < 14) return null;
  const view = new DataView(exif.buffer);
  const little = exif[0] === 0x49 && exif[1] === 0x49;
  if (!little && !(exif[0] === 0x4d && exif[1] === 0x4d)) return null;
  try {
    const first = view.getUint32(4, little);
    const end = walkDirectory(view, first, little, (tag, at) => {
      if (tag === ORIENTATION) view.setUint16(at + 8, 1, little);
      if (tag === EXIF_DIRECTORY && size) setSize(view, view.getUint32(at + 8, little), little, size);
    });
    const thumbnail = view.getUint32(end, little);
    if (thumbnail === 0) return exif;
    view.setUint32(end, 0, little);
    return exif;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function setSize(
  view: DataView,
  directory: number,
  little: boolean,
  size: { width: number; height: number },
): void {
  walkDirectory(view, directory, little, (tag, at) => {
    if (tag !== PIXEL_WIDTH && tag !== PIXEL_HEIGHT) return;
    const value = tag === PIXEL_WIDTH ? size.width : size.height;
    const type = view.getUint16(at + 2, little);
    if (type === LONG) view.setUint32(at + 8, value, little);
    if (type === SHORT) view.setUint16(at + 8, Math.min(value, 65535), little);
  });
}

/** Visits the entries of one directory; returns where its next-directory offset lies. */
function walkDirectory(
  view: DataView,
  start: number,
  little: boolean,
  visit: (tag: number, at: number) => void,
): number {
  const count = view.getUint16(start, little);
  for (let i = 0; i < count; i++) visit(view.getUint16(start + 2 + 12 * i, little), start + 2 + 12 * i);
  return start + 2 + 12 * count;
}

/** The XMP packet with `tiff:Orientation` 1, in attribute or element form. */
export function uprightXmp(xmp: Uint8Array): Uint8Array {
  const text = Buffer.from(xmp).toString('utf8');
  const upright = text
    .replace(/(tiff:Orientation\s*=\s*["'])[2-8](["'])/g, '$11$2')
    .replace(/(<tiff:Orientation>)[2-8](<\/tiff:Orientation>)/g, '$11$2');
  return upright === text ? xmp : Buffer.from(upright, 'utf8');
}
