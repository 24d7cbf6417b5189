/** TIFF 6.0 field types that Davenport writes. */
export const TIFF_TYPES = { byte: 1, short: 3, long: 4, rational: 5, undefined: 7 } as const;
export type TiffType = (typeof TIFF_TYPES)[keyof typeof TIFF_TYPES];

/** One directory entry: its 12 bytes and, where the value does not fit into them, the value. */
export interface TiffEntry {
  readonly tag: number;
  readonly bytes: Uint8Array;
  readonly data?: Uint8Array;
}

/** An entry of whole numbers (a rational takes two) or, for bytes, of raw data. */
export function tiffEntry(
  tag: number,
  type: TiffType,
  values: readonly number[] | Uint8Array,
  little = true,
): TiffEntry {
  const data = values instanceof Uint8Array ? values : packNumbers(type, values, little);
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, tag, little);
  view.setUint16(2, type, little);
  view.setUint32(4, type === TIFF_TYPES.rational ? values.length / 2 : values.length, little);
  if (data.length > 4) return { tag, bytes, data };
  bytes.set(data, 8);
  return { tag, bytes };
}

function packNumbers(type: TiffType, values: readonly number[], little: boolean): Uint8Array {
  const size = type === TIFF_TYPES.short ? 2 : 4;
  const data = new Uint8Array(values.length * size);
  const view = new DataView(data.buffer);
  values.forEach((value, i) =>
    size === 2 ? view.setUint16(2 * i, value, little) : view.setUint32(4 * i, value, little),
  );
  return data;
}

/** The bytes of a directory that starts at file offset `start`, entries sorted by tag, their values behind it. */
export function layOutDirectory(
  entries: readonly TiffEntry[],
  start: number,
  next = 0,
  little = true,
): Uint8Array {
  const sorted = [...entries].sort((a, b) => a.tag - b.tag);
  const size = 2 + 12 * sorted.length + 4;
  const out = new Uint8Array(size + sorted.reduce((sum, e) => sum + evenUp(e.data?.length ?? 0), 0));
  const view = new DataView(out.buffer);
  view.setUint16(0, sorted.length, little);
  let free = size;
  sorted.forEach(({ bytes, data }, i) => {
    out.set(bytes, 2 + 12 * i);
    if (!data) return;
    view.setUint32(2 + 12 * i + 8, start + free, little);
    out.set(data, free);
    free += evenUp(data.length);
  });
  view.setUint32(size - 4, next, little);
  return out;
}

/** The 8 bytes at the start of a little-endian classic TIFF. */
export function tiffHeader(directory: number): Uint8Array {
  const head = new Uint8Array([0x49, 0x49, 42, 0, 0, 0, 0, 0]);
  new DataView(head.buffer).setUint32(4, directory, true);
  return head;
}

/** TIFF offsets are even. */
export function evenUp(n: number): number {
  return n + (n & 1);
}
