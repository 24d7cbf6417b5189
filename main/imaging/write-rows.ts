import { Readable, pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { createDeflate, deflate } from 'node:zlib';
import { RequestError } from '../errors.ts';
import { type EncodeOptions, writeFrame } from './encode.ts';
import { addPngMetadata, pngChunk } from './metadata/png.ts';
import { evenUp, layOutDirectory, tiffEntry, tiffHeader } from './metadata/tiff-directory.ts';
import { type TiffShape, describeSamples, metadataTags } from './metadata/tiff.ts';
import { type Raster, createRaster, createSamples } from './raster.ts';
import { narrowSamples } from './samples.ts';
import { type Patch, writeFileAtomic } from './write-file.ts';

/** Bands of whole rows, top to bottom, of one dtype and channel count. */
export type Rows = AsyncIterable<Raster>;

const DEFLATE = { level: 3 };

/**
 * Writes a picture that arrives in bands of rows, whole or not at all. PNG and TIFF never hold more than a few bands;
 * JPEG and WebP are coded at once and hold the picture in 8 bits. Options and errors as for writeFrame; throws
 * TypeError where the bands do not add up to the shape.
 */
export async function writeRows(
  path: string,
  shape: TiffShape,
  rows: Rows,
  options: EncodeOptions,
): Promise<void> {
  if (options.format === 'png') return writeFileAtomic(path, encodePngRows(shape, rows, options));
  if (options.format === 'tiff') return writeFileAtomic(path, encodeTiffRows(shape, rows, options));
  return writeFrame(path, await collect8(shape, rows), options);
}

/** All bands as one 8-bit raster. */
async function collect8(shape: TiffShape, rows: Rows): Promise<Raster<Uint8Array>> {
  const whole = createRaster('u8', shape.width, shape.height, shape.channels);
  let at = 0;
  for await (const { data } of checkRows(shape, rows)) {
    whole.data.set(data instanceof Uint16Array ? narrowSamples(data) : data, at);
    at += data.length;
  }
  return whole;
}

/** Passes bands through and throws TypeError where they do not fit the shape. */
async function* checkRows({ width, height, channels, dtype }: TiffShape, rows: Rows): AsyncGenerator<Raster> {
  let y = 0;
  for await (const band of rows) {
    const fits =
      band.width === width &&
      band.channels === channels &&
      band.data instanceof (dtype === 'u16' ? Uint16Array : Uint8Array);
    y += band.height;
    if (!fits || y > height)
      throw new TypeError(`Expected ${dtype} bands of ${width} × ${height} in ${channels} channels`);
    yield band;
  }
  if (y !== height) throw new TypeError(`Expected ${height} rows but received ${y}`);
}

async function* encodePngRows(
  shape: TiffShape,
  rows: Rows,
  options: EncodeOptions,
): AsyncGenerator<Uint8Array> {
  const { icc, exif = null, xmp = null, dpi } = options;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(shape.width, 0);
  header.writeUInt32BE(shape.height, 4);
  header[8] = shape.dtype === 'u16' ? 16 : 8;
  header[9] = [0, 4, 2, 6][shape.channels - 1]!;
  const start = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
  const parts = addPngMetadata(start, { icc, exif, xmp, ...(dpi ? { dpi } : {}) });
  const end = parts.pop()!;
  yield* parts;
  const packed = createDeflate({ ...DEFLATE, chunkSize: 1 << 18 });
  // An error in the source destroys the stream, which makes the loop below throw it.
  pipeline(Readable.from(filterRows(shape, checkRows(shape, rows))), packed, () => undefined);
  for await (const chunk of packed) yield pngChunk('IDAT', chunk as Buffer);
  yield end;
}

/** Rows as PNG wants them: big-endian, each behind its filter byte, all by Paeth's filter, which suits photos. */
async function* filterRows(
  { width, channels, dtype }: TiffShape,
  rows: AsyncIterable<Raster>,
): AsyncGenerator<Buffer> {
  const step = channels * (dtype === 'u16' ? 2 : 1);
  const length = width * step;
  let above: Uint8Array = new Uint8Array(length);
  for await (const { data, height } of rows) {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const big = dtype === 'u16' ? Buffer.from(bytes).swap16() : bytes;
    const out = Buffer.allocUnsafe((length + 1) * height);
    for (let y = 0; y < height; y++) {
      const row = big.subarray(y * length, (y + 1) * length);
      out[y * (length + 1)] = 4;
      filterPaeth(row, above, step, out, y * (length + 1) + 1);
      above = row;
    }
    above = Uint8Array.from(above);
    yield out;
  }
}

/** PNG 3rd edition, 9.4: each byte less the nearest of left, above and upper left to left + above − upper left. */
function filterPaeth(row: Uint8Array, above: Uint8Array, step: number, out: Uint8Array, at: number): void {
  for (let i = 0; i < step; i++) out[at + i] = row[i]! - above[i]!;
  for (let i = step; i < row.length; i++) {
    const a = row[i - step]!;
    const b = above[i]!;
    const c = above[i - step]!;
    const pa = Math.abs(b - c);
    const pb = Math.abs(a - c);
    const pc = Math.abs(a + b - c - c);
    const nearest = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    out[at + i] = row[i]! - nearest;
  }
}

const deflateAsync = promisify(deflate);
/** Strips packed at the same time: the thread pool's share. */
const IN_FLIGHT = 4;
const STRIP_BYTES = 1 << 20;
/** Offsets have 32 bits; some room is left for the directory. */
const MAX_TIFF = 2 ** 32 - 2 ** 24;

async function* encodeTiffRows(
  shape: TiffShape,
  rows: Rows,
  options: EncodeOptions,
): AsyncGenerator<Uint8Array | Patch> {
  const rowBytes = shape.width * shape.channels * (shape.dtype === 'u16' ? 2 : 1);
  const rowsPerStrip = Math.min(shape.height, Math.max(1, Math.floor(STRIP_BYTES / rowBytes)));
  const offsets: number[] = [];
  const lengths: number[] = [];
  let size = 8;
  yield tiffHeader(0);
  for await (const strip of deflateStrips(cutStrips(shape, checkRows(shape, rows), rowsPerStrip))) {
    offsets.push(size);
    lengths.push(strip.length);
    size += evenUp(strip.length);
    if (size > MAX_TIFF)
      throw new RequestError(
        'The picture does not fit into the 4 GB of a TIFF',
        'Deliver it as PNG or at a smaller factor',
      );
    yield strip;
    if (strip.length & 1) yield new Uint8Array(1);
  }
  const entries = describeSamples(
    shape,
    { rowsPerStrip, offsets, lengths, compression: 8 },
    options.dpi ?? undefined,
  );
  for (const { tag, type, data } of metadataTags(options)) entries.push(tiffEntry(tag, type, data));
  yield layOutDirectory(entries, size);
  yield { at: 0, data: tiffHeader(size) };
}

/** Packs strips on the thread pool, a few at a time, and yields them in order. */
async function* deflateStrips(strips: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pending: Promise<Uint8Array>[] = [];
  for await (const strip of strips) {
    pending.push(deflateAsync(strip, DEFLATE));
    if (pending.length >= IN_FLIGHT) yield await pending.shift()!;
  }
  for (const strip of pending) yield await strip;
}

/** Regroups bands into strips of a fixed number of rows, as differences to the left neighbour (predictor 2). */
async function* cutStrips(
  { width, channels, dtype }: TiffShape,
  rows: AsyncIterable<Raster>,
  rowsPerStrip: number,
): AsyncGenerator<Uint8Array> {
  const length = width * channels;
  let strip = createSamples(dtype, rowsPerStrip * length);
  let filled = 0;
  for await (const { data, height } of rows) {
    for (let y = 0; y < height; y++) {
      const from = y * length;
      strip.set(data.subarray(from, from + channels), filled);
      for (let i = channels; i < length; i++)
        strip[filled + i] = data[from + i]! - data[from + i - channels]!;
      filled += length;
      if (filled < strip.length) continue;
      yield new Uint8Array(strip.buffer);
      // The packer may still read the old one.
      strip = createSamples(dtype, rowsPerStrip * length);
      filled = 0;
    }
  }
  if (filled > 0) yield new Uint8Array(strip.buffer, 0, filled * strip.BYTES_PER_ELEMENT);
}
