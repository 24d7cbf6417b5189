import { crc32, deflateSync } from 'node:zlib';

/** What is added to a PNG; every part is optional. */
export interface PngMetadata {
  readonly icc?: Uint8Array | null;
  /** TIFF-structured EXIF without the `Exif\0\0` prefix. */
  readonly exif?: Uint8Array | null;
  readonly xmp?: Uint8Array | null;
  /** Pixels per inch. */
  readonly dpi?: number;
}

const AFTER_HEADER = 8 + 25;
const SINGLE = new Set(['iCCP', 'sRGB', 'gAMA', 'cHRM', 'pHYs', 'eXIf']);

/**
 * Adds metadata chunks to a PNG right behind IHDR (PNG 3rd edition, 11.3): iCCP, pHYs, eXIf, iTXt. Chunks of the same
 * meaning that the encoder wrote are left out. Returns the parts to write one after the other; samples are untouched.
 */
export function addPngMetadata(png: Uint8Array, metadata: PngMetadata): Uint8Array[] {
  const parts: Uint8Array[] = [png.subarray(0, AFTER_HEADER)];
  const { icc, exif, xmp, dpi } = metadata;
  if (icc) parts.push(pngChunk('iCCP', concat([latin1('ICC profile\0\0'), deflateSync(icc)])));
  if (dpi) parts.push(pngChunk('pHYs', physicalSize(dpi)));
  if (exif) parts.push(pngChunk('eXIf', exif));
  if (xmp) parts.push(pngChunk('iTXt', concat([latin1('XML:com.adobe.xmp\0\0\0\0\0'), xmp])));
  parts.push(...withoutHeaderChunks(png.subarray(AFTER_HEADER)));
  return parts;
}

/** The chunks from behind IHDR on, without those this module writes itself. */
function withoutHeaderChunks(rest: Uint8Array): Uint8Array[] {
  const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
  const kept: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...rest.subarray(at + 4, at + 8));
    if (type === 'IDAT' || at + 12 + length >= rest.length) break;
    if (!SINGLE.has(type)) kept.push(rest.subarray(at, at + 12 + length));
    at += 12 + length;
  }
  kept.push(rest.subarray(at));
  return kept;
}

/** One chunk with its length and CRC. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

function physicalSize(dpi: number): Uint8Array {
  const out = Buffer.alloc(9);
  const perMetre = Math.round(dpi / 0.0254);
  out.writeUInt32BE(perMetre, 0);
  out.writeUInt32BE(perMetre, 4);
  out[8] = 1;
  return out;
}

function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
