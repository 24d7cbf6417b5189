import { hasAlpha } from '../samples.ts';
import type { Raster } from '../raster.ts';

/** A tag to add to a TIFF directory: TIFF 6.0 field type 1 (BYTE) or 7 (UNDEFINED). */
export interface TiffTag {
  readonly tag: number;
  readonly type: 1 | 7;
  readonly data: Uint8Array;
}

/** InterColorProfile, XMP packet. */
export const TIFF_ICC = 34675;
export const TIFF_XMP = 700;

/**
 * Wraps samples as an uncompressed little-endian TIFF with an embedded profile: the one container in which libvips
 * takes raw samples together with their profile. Uses one copy of the samples.
 */
export function wrapTiff(
  raster: Raster<Uint8Array> | Raster<Uint16Array>,
  icc: Uint8Array | null,
): Uint8Array {
  const { width, height, channels, data } = raster;
  const bits = data.BYTES_PER_ELEMENT * 8;
  const rowsPerStrip = Math.max(
    1,
    Math.min(height, Math.floor((1 << 20) / (width * channels * data.BYTES_PER_ELEMENT))),
  );
  const strips = Math.ceil(height / rowsPerStrip);
  const stripBytes = rowsPerStrip * width * channels * data.BYTES_PER_ELEMENT;
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const entries: [tag: number, type: 3 | 4 | 7, values: readonly number[] | Uint8Array][] = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, Array.from({ length: channels }, () => bits)],
    [259, 3, [1]],
    [262, 3, [channels >= 3 ? 2 : 1]],
    [273, 4, Array.from({ length: strips }, (_, i) => 8 + i * stripBytes)],
    [277, 3, [channels]],
    [278, 4, [rowsPerStrip]],
    [279, 4, Array.from({ length: strips }, (_, i) => Math.min(stripBytes, pixels.length - i * stripBytes))],
    [284, 3, [1]],
  ];
  if (hasAlpha(raster)) entries.push([338, 3, [2]]);
  if (icc) entries.push([TIFF_ICC, 7, icc]);
  const directory = evenUp(8 + pixels.length);
  const values = directory + 2 + 12 * entries.length + 4;
  const out = Buffer.alloc(
    values + entries.reduce((sum, [, type, v]) => sum + evenUp(v.length * fieldSize(type)), 0),
  );
  out.write('II*\0', 0, 'latin1');
  out.writeUInt32LE(directory, 4);
  out.set(pixels, 8);
  out.writeUInt16LE(entries.length, directory);
  let free = values;
  entries.forEach(([tag, type, v], i) => {
    const at = directory + 2 + 12 * i;
    const size = v.length * fieldSize(type);
    out.writeUInt16LE(tag, at);
    out.writeUInt16LE(type, at + 2);
    out.writeUInt32LE(v.length, at + 4);
    const target = size <= 4 ? at + 8 : free;
    if (size > 4) {
      out.writeUInt32LE(free, at + 8);
      free += evenUp(size);
    }
    writeValues(out, target, type, v);
  });
  return out;
}

function writeValues(out: Buffer, at: number, type: 3 | 4 | 7, values: readonly number[] | Uint8Array): void {
  if (values instanceof Uint8Array) out.set(values, at);
  else if (type === 3) values.forEach((value, i) => out.writeUInt16LE(value, at + 2 * i));
  else values.forEach((value, i) => out.writeUInt32LE(value, at + 4 * i));
}

function fieldSize(type: 3 | 4 | 7): number {
  if (type === 3) return 2;
  return type === 4 ? 4 : 1;
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
  const entries: { tag: number; bytes: Uint8Array; data?: Uint8Array }[] = [];
  for (let i = 0; i < count; i++) {
    const at = old + 2 + 12 * i;
    const tag = view.getUint16(at, little);
    if (!added.has(tag)) entries.push({ tag, bytes: tiff.slice(at, at + 12) });
  }
  for (const { tag, type, data } of tags) {
    const bytes = new Uint8Array(12);
    const entry = new DataView(bytes.buffer);
    entry.setUint16(0, tag, little);
    entry.setUint16(2, type, little);
    entry.setUint32(4, data.length, little);
    if (data.length <= 4) bytes.set(data, 8);
    entries.push(data.length <= 4 ? { tag, bytes } : { tag, bytes, data });
  }
  entries.sort((a, b) => a.tag - b.tag);
  const start = evenUp(tiff.length);
  const next = view.getUint32(old + 2 + 12 * count, little);
  const tail = layOutDirectory(entries, start, next, little);
  const head = new Uint8Array(tiff.subarray(0, 8));
  new DataView(head.buffer).setUint32(4, start, little);
  return [head, tiff.subarray(8), new Uint8Array(start - tiff.length), tail];
}

function layOutDirectory(
  entries: readonly { bytes: Uint8Array; data?: Uint8Array }[],
  start: number,
  next: number,
  little: boolean,
) {
  const size = 2 + 12 * entries.length + 4;
  const out = new Uint8Array(size + entries.reduce((sum, e) => sum + evenUp(e.data?.length ?? 0), 0));
  const view = new DataView(out.buffer);
  view.setUint16(0, entries.length, little);
  let free = size;
  entries.forEach(({ bytes, data }, i) => {
    out.set(bytes, 2 + 12 * i);
    if (!data) return;
    view.setUint32(2 + 12 * i + 8, start + free, little);
    out.set(data, free);
    free += evenUp(data.length);
  });
  view.setUint32(size - 4, next, little);
  return out;
}

function evenUp(n: number): number {
  return n + (n & 1);
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
    const isShort = view.getUint16(at + 2, little) === 3;
    tags.set(
      view.getUint16(at, little),
      isShort ? view.getUint16(at + 8, little) : view.getUint32(at + 8, little),
    );
  }
  return tags;
}
