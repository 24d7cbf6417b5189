import { dtypeOf, type Raster } from '../raster.ts';
import {
  TIFF_TYPES,
  type TiffEntry,
  evenUp,
  layOutDirectory,
  tiffEntry,
  tiffHeader,
} from './tiff-directory.ts';

/** A tag to add to a TIFF directory. */
export interface TiffTag {
  readonly tag: number;
  readonly type: 1 | 7;
  readonly data: Uint8Array;
}

/** Interleaved samples of a TIFF. */
export interface TiffShape {
  readonly width: number;
  readonly height: number;
  /** 1–4, with alpha last in 2 and 4. */
  readonly channels: number;
  readonly dtype: 'u8' | 'u16';
}

/** Where the strips lie and how they are packed. */
export interface TiffStrips {
  readonly rowsPerStrip: number;
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  /** 1 none, 8 deflate (with the horizontal predictor). */
  readonly compression: 1 | 8;
}

const ICC = 34675;
const XMP = 700;

/** The tags for a profile and an XMP packet, where there are any. */
export function metadataTags({
  icc,
  xmp,
}: {
  readonly icc?: Uint8Array | null;
  readonly xmp?: Uint8Array | null;
}): TiffTag[] {
  const tags: TiffTag[] = [];
  if (icc) tags.push({ tag: ICC, type: TIFF_TYPES.undefined, data: icc });
  if (xmp) tags.push({ tag: XMP, type: TIFF_TYPES.byte, data: xmp });
  return tags;
}

/** The entries every baseline TIFF of these samples needs. */
export function describeSamples(shape: TiffShape, strips: TiffStrips, dpi?: number): TiffEntry[] {
  const { width, height, channels, dtype } = shape;
  const { long, short, rational } = TIFF_TYPES;
  const bits = dtype === 'u16' ? 16 : 8;
  const entries = [
    tiffEntry(256, long, [width]),
    tiffEntry(257, long, [height]),
    tiffEntry(
      258,
      short,
      Array.from({ length: channels }, () => bits),
    ),
    tiffEntry(259, short, [strips.compression]),
    tiffEntry(262, short, [channels >= 3 ? 2 : 1]),
    tiffEntry(273, long, strips.offsets),
    tiffEntry(277, short, [channels]),
    tiffEntry(278, long, [strips.rowsPerStrip]),
    tiffEntry(279, long, strips.lengths),
    tiffEntry(284, short, [1]),
  ];
  if (dpi) {
    const resolution = [Math.round(dpi * 1000), 1000];
    entries.push(
      tiffEntry(282, rational, resolution),
      tiffEntry(283, rational, resolution),
      tiffEntry(296, short, [2]),
    );
  }
  if (strips.compression === 8) entries.push(tiffEntry(317, short, [2]));
  // Straight (unassociated) alpha.
  if (channels === 2 || channels === 4) entries.push(tiffEntry(338, short, [2]));
  return entries;
}

/**
 * Wraps samples as an uncompressed little-endian TIFF with an embedded profile: the one container in which libvips
 * takes raw samples together with their profile. Uses one copy of the samples.
 */
export function wrapTiff(
  raster: Raster<Uint8Array> | Raster<Uint16Array>,
  icc: Uint8Array | null,
): Uint8Array {
  const { width, height, channels, data } = raster;
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const rowBytes = pixels.length / height;
  const rowsPerStrip = Math.min(height, Math.max(1, Math.floor((1 << 20) / rowBytes)));
  const stripBytes = rowsPerStrip * rowBytes;
  const count = Math.ceil(height / rowsPerStrip);
  const shape: TiffShape = { width, height, channels, dtype: dtypeOf(data) === 'u16' ? 'u16' : 'u8' };
  const entries = describeSamples(shape, {
    rowsPerStrip,
    compression: 1,
    offsets: Array.from({ length: count }, (_, i) => 8 + i * stripBytes),
    lengths: Array.from({ length: count }, (_, i) => Math.min(stripBytes, pixels.length - i * stripBytes)),
  });
  for (const { tag, type, data: value } of metadataTags({ icc })) entries.push(tiffEntry(tag, type, value));
  const start = evenUp(8 + pixels.length);
  return Buffer.concat([
    tiffHeader(start),
    pixels,
    new Uint8Array(start - 8 - pixels.length),
    layOutDirectory(entries, start),
  ]);
}

/**
 * Adds tags to the first directory of a classic TIFF by writing a new directory behind the file's end (TIFF 6.0,
 * section 2): the image data stay where they are. Returns the parts to write one after the other.
 * Throws TypeError for BigTIFF or bytes that are no TIFF.
 */
export function addTiffTags(tiff: Uint8Array, tags: readonly TiffTag[]): Uint8Array[] {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = tiff[0] === 0x49;
  if (view.getUint16(2, little) !== 42) throw new TypeError('Expected a classic TIFF');
  if (tags.length === 0) return [tiff];
  const old = view.getUint32(4, little);
  const count = view.getUint16(old, little);
  const added = new Set(tags.map((t) => t.tag));
  const entries: TiffEntry[] = tags.map(({ tag, type, data }) => tiffEntry(tag, type, data, little));
  for (let i = 0; i < count; i++) {
    const at = old + 2 + 12 * i;
    const tag = view.getUint16(at, little);
    if (!added.has(tag)) entries.push({ tag, bytes: tiff.slice(at, at + 12) });
  }
  const start = evenUp(tiff.length);
  const next = view.getUint32(old + 2 + 12 * count, little);
  const head = new Uint8Array(tiff.subarray(0, 8));
  new DataView(head.buffer).setUint32(4, start, little);
  return [
    head,
    tiff.subarray(8),
    new Uint8Array(start - tiff.length),
    layOutDirectory(entries, start, next, little),
  ];
}

/**
 * First values of the SHORT and LONG tags in a classic TIFF's first directory; null where that directory reaches
 * beyond the file's end, as it does in truncated files, since most writers put it last. BigTIFF gives an empty map.
 */
export function readTiffDirectory(tiff: Uint8Array): Map<number, number> | null {
  const tags = new Map<number, number>();
  if (tiff.length < 8) return null;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = tiff[0] === 0x49;
  if (view.getUint16(2, little) !== 42) return tags;
  const start = view.getUint32(4, little);
  if (start + 2 > tiff.length) return null;
  const count = view.getUint16(start, little);
  if (start + 2 + 12 * count + 4 > tiff.length) return null;
  for (let i = 0; i < count; i++) {
    const at = start + 2 + 12 * i;
    const isShort = view.getUint16(at + 2, little) === TIFF_TYPES.short;
    tags.set(
      view.getUint16(at, little),
      isShort ? view.getUint16(at + 8, little) : view.getUint32(at + 8, little),
    );
  }
  return tags;
}
