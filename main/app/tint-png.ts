import { crc32 } from 'node:zlib';

/** Length of PNG's signature, and where the header's color type stands after it. */
const SIGNATURE = 8;
const DEPTH_AT = SIGNATURE + 8 + 8;
const HEADER_END = SIGNATURE + 12 + 13;
const GREY = 0;
const PALETTE = 3;

/**
 * An 8-bit grey PNG as one color with its samples as alpha, without decoding it: the same samples are read as indices
 * into a palette of 256 times that color, with the alphas 0–255 (PNG 3rd edition, 11.2.2 and 11.3.1.1).
 * @param tint `rrggbb`
 * @throws TypeError for another kind of PNG
 */
export function tintGreyPng(png: Uint8Array, tint: string): Uint8Array {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (bytes[DEPTH_AT] !== 8 || bytes[DEPTH_AT + 1] !== GREY)
    throw new TypeError('Expected an 8-bit grey PNG');
  const header = Buffer.from(bytes.subarray(SIGNATURE + 8, HEADER_END - 4));
  header[9] = PALETTE;
  const color = Buffer.from(tint, 'hex');
  const alphas = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
  return Buffer.concat([
    bytes.subarray(0, SIGNATURE),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.concat(Array.from({ length: 256 }, () => color))),
    chunk('tRNS', alphas),
    bytes.subarray(HEADER_END),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}
