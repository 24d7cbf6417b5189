/** What is added to a WebP; every part is optional. */
export interface WebpMetadata {
  readonly icc?: Uint8Array | null;
  /** TIFF-structured EXIF without the `Exif\0\0` prefix. */
  readonly exif?: Uint8Array | null;
  readonly xmp?: Uint8Array | null;
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

const ICC_FLAG = 0x20;
const ALPHA_FLAG = 0x10;
const EXIF_FLAG = 0x08;
const XMP_FLAG = 0x04;

/**
 * Adds ICCP, EXIF and XMP chunks to a still WebP, giving it the extended header they need (RFC 9649, 2.7).
 * `width` and `height` are the picture's. Returns the parts to write one after the other.
 */
export function addWebpMetadata(
  webp: Uint8Array,
  metadata: WebpMetadata,
  width: number,
  height: number,
): Uint8Array[] {
  const { icc, exif, xmp } = metadata;
  if (!icc && !exif && !xmp) return [webp];
  const chunks = readChunks(webp).filter((c) => !['ICCP', 'EXIF', 'XMP '].includes(c.type));
  const old = chunks.find((c) => c.type === 'VP8X')?.data[0] ?? 0;
  const lossless = chunks.find((c) => c.type === 'VP8L')?.data;
  // VP8L keeps its alpha hint in bit 28 of the header behind the signature byte.
  const alpha = (old & ALPHA_FLAG) !== 0 || (lossless !== undefined && (lossless[4]! & 0x10) !== 0);
  const header = new Uint8Array(10);
  header[0] = (alpha ? ALPHA_FLAG : 0) | (icc ? ICC_FLAG : 0) | (exif ? EXIF_FLAG : 0) | (xmp ? XMP_FLAG : 0);
  writeUint24(header, 4, width - 1);
  writeUint24(header, 7, height - 1);
  const ordered: Chunk[] = [{ type: 'VP8X', data: header }];
  if (icc) ordered.push({ type: 'ICCP', data: icc });
  ordered.push(...chunks.filter((c) => c.type !== 'VP8X'));
  if (exif) ordered.push({ type: 'EXIF', data: exif });
  if (xmp) ordered.push({ type: 'XMP ', data: xmp });
  const parts = ordered.flatMap(layOutChunk);
  const size = parts.reduce((sum, part) => sum + part.length, 4);
  const riff = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  riff.writeUInt32LE(size, 4);
  return [riff, ...parts];
}

function readChunks(webp: Uint8Array): Chunk[] {
  const view = new DataView(webp.buffer, webp.byteOffset, webp.byteLength);
  const chunks: Chunk[] = [];
  for (let at = 12; at + 8 <= webp.length; ) {
    const size = view.getUint32(at + 4, true);
    chunks.push({
      type: String.fromCharCode(...webp.subarray(at, at + 4)),
      data: webp.subarray(at + 8, at + 8 + size),
    });
    at += 8 + size + (size & 1);
  }
  return chunks;
}

function layOutChunk({ type, data }: Chunk): Uint8Array[] {
  const head = Buffer.alloc(8);
  head.write(type, 0, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return data.length & 1 ? [head, data, new Uint8Array(1)] : [head, data];
}

function writeUint24(out: Uint8Array, at: number, value: number): void {
  out[at] = value & 0xff;
  out[at + 1] = (value >> 8) & 0xff;
  out[at + 2] = (value >> 16) & 0xff;
}
