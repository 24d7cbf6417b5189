/**
 * Draws the program's icons from icon.svg: `node assets/icons/make.mjs`.
 * PNG for Linux, ICO for Windows and ICNS for macOS; both containers hold the same PNGs.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const here = import.meta.dirname;
const drawing = readFileSync(join(here, 'icon.svg'));
const draw = (size) =>
  sharp(drawing, { density: Math.max(72, (72 * size) / 1024) })
    .resize(size, size)
    .png({ compressionLevel: 9 })
    .toBuffer();

/** Directory entries of 16 bytes, then the pictures. */
function ico(pictures) {
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(pictures.length, 4);
  let offset = head.length;
  for (const [i, { size, png }] of pictures.entries()) {
    const at = 6 + 16 * i;
    head.writeUInt8(size % 256, at); // 0 means 256
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(png.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png.length;
  }
  return Buffer.concat([head, ...pictures.map(({ png }) => png)]);
}

function chunk(type, data) {
  const head = Buffer.alloc(8);
  head.write(type, 0, 'ascii');
  head.writeUInt32BE(data.length + 8, 4);
  return Buffer.concat([head, data]);
}

/** Chunks of a four-letter type, their length and a picture. */
function icns(pictures) {
  const types = { 32: 'ic11', 64: 'ic12', 128: 'ic07', 256: 'ic08', 512: 'ic09', 1024: 'ic10' };
  const chunks = pictures.filter(({ size }) => types[size]).map(({ size, png }) => chunk(types[size], png));
  return chunk('icns', Buffer.concat(chunks));
}

const pictures = [];
for (const size of [16, 24, 32, 48, 64, 128, 256, 512, 1024]) pictures.push({ size, png: await draw(size) });
mkdirSync(join(here, 'png'), { recursive: true });
for (const { size, png } of pictures.filter(({ size }) => size !== 24))
  writeFileSync(join(here, `png/${size}x${size}.png`), png);
writeFileSync(join(here, 'icon.ico'), ico(pictures.filter(({ size }) => size <= 256)));
writeFileSync(join(here, 'icon.icns'), icns(pictures));
