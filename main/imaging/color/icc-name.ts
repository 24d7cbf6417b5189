/** A version 4 description names languages; this one is preferred. */
const ENGLISH = 'en';

/**
 * What a profile calls itself (its `desc` tag: ICC.1:2022 10.15 for version 4, ICC.1:2001 6.5.17 for version 2), e.g.
 * `Adobe RGB (1998)`; null where it does not say.
 */
export function nameProfile(icc: Uint8Array): string | null {
  if (icc.length < 132) return null;
  const view = new DataView(icc.buffer, icc.byteOffset, icc.byteLength);
  const count = Math.min(view.getUint32(128), Math.floor((icc.length - 132) / 12));
  for (let i = 0; i < count; i++) {
    const entry = 132 + i * 12;
    if (tagAt(view, entry) !== 'desc') continue;
    const at = view.getUint32(entry + 4);
    const length = view.getUint32(entry + 8);
    if (length < 12 || at + length > icc.length) return null;
    const name = readText(new DataView(icc.buffer, icc.byteOffset + at, length));
    return name.replace(/\0.*$/s, '').trim() || null;
  }
  return null;
}

function readText(tag: DataView): string {
  return tagAt(tag, 0) === 'mluc' ? readLocalized(tag) : readAscii(tag);
}

function readAscii(tag: DataView): string {
  const length = Math.min(tag.getUint32(8), tag.byteLength - 12);
  return String.fromCharCode(...bytesOf(tag, 12, length));
}

/** UTF-16, big-endian, one record per language. */
function readLocalized(tag: DataView): string {
  if (tag.byteLength < 28) return '';
  const count = Math.min(tag.getUint32(8), Math.floor((tag.byteLength - 16) / 12));
  const records = Array.from({ length: count }, (_, i) => 16 + i * 12);
  const record = records.find((at) => String.fromCharCode(...bytesOf(tag, at, 2)) === ENGLISH) ?? records[0];
  if (record === undefined) return '';
  const length = tag.getUint32(record + 4);
  const from = tag.getUint32(record + 8);
  if (from + length > tag.byteLength) return '';
  return new TextDecoder('utf-16be').decode(bytesOf(tag, from, length));
}

function tagAt(view: DataView, at: number): string {
  return String.fromCharCode(...bytesOf(view, at, 4));
}

function bytesOf({ buffer, byteOffset }: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + at, length);
}
