import type { Metadata } from 'sharp';
import { DavenportError, RequestError } from '../errors.ts';
import type { Frame, FrameInfo } from './frame.ts';
import { isCameraRawName, sniffFormat } from './image-format.ts';
import { readTiffDirectory } from './metadata/tiff.ts';
import type { Raster } from './raster.ts';
import { MAX_PIXELS, sharp } from './vips.ts';

type Vips = 'srgb' | 'rgb16' | 'b-w' | 'grey16';

/** How the samples of a file become those of a frame. */
interface Reading {
  /** libvips' name of the space that leaves the samples as they are (or the target of a conversion). */
  readonly space: Vips;
  readonly depth: 8 | 16;
  /** True where the samples pass through a colour conversion: CMYK, Lab, float. */
  readonly convert: boolean;
  readonly note?: string;
}

/**
 * Decodes a photo upright (EXIF orientation applied), in its own depth, channels and profile: the samples of an
 * 8- or 16-bit grey or RGB file, with or without alpha, are exactly the stored ones and `icc` is the embedded profile
 * verbatim. CMYK (through its own profile), Lab and float files are converted to sRGB once and say so in the notes.
 * Throws RequestError, naming the file, for an empty, foreign, truncated, damaged, oversized or unsupported file.
 */
export async function decodeFrame(bytes: Uint8Array, name: string): Promise<Frame> {
  const header = await readHeader(bytes, name);
  const reading = chooseReading(header, name);
  const notes = reading.note ? [reading.note] : [];
  if ((header.pages ?? 1) > 1) notes.push(`the first of ${header.pages} pages was taken`);
  const { raster, damaged } = await readSamples(bytes, header, reading, name);
  if (damaged) notes.push(`the file has damage that the decoder could pass: ${damaged}`);
  const info: FrameInfo = {
    width: raster.width,
    height: raster.height,
    channels: raster.channels as FrameInfo['channels'],
    depth: reading.depth,
    format: header.format,
    convertedFromCmyk: header.space === 'cmyk',
    notes,
  };
  return { info, raster, icc: reading.convert || !header.icc ? null : new Uint8Array(header.icc) };
}

/** Reads size and format without decoding a sample; throws RequestError as decodeFrame does. */
export async function readHeader(bytes: Uint8Array, name: string): Promise<Metadata> {
  if (bytes.length === 0) {
    throw new RequestError(
      `${name} is empty`,
      'Copy or export the photo again and check that it opens elsewhere',
    );
  }
  if (isCameraRawName(name)) throw cameraRaw(name);
  const format = sniffFormat(bytes);
  if (!format) {
    throw new RequestError(
      `${name} is not a photo: its content is neither JPEG, PNG, TIFF, WebP nor AVIF`,
      'Choose the photo itself or export it as JPEG, PNG or TIFF',
    );
  }
  if (format === 'tiff') checkTiff(bytes, name);
  let header: Metadata;
  try {
    header = await sharp(bytes, { limitInputPixels: false, failOn: 'error' }).metadata();
  } catch (error) {
    throw explainFailure(error, name, format);
  }
  if (header.width * header.height > MAX_PIXELS) {
    throw new RequestError(
      `${name} is ${header.width} × ${header.height} pixels, more than the ${Math.round(MAX_PIXELS / 1e6)} megapixels that fit`,
      'Scale it down or cut it into parts first',
    );
  }
  return header;
}

/** Decides how to read a file's samples; throws RequestError for sample types that no photo uses. */
function chooseReading(header: Metadata, name: string): Reading {
  const { space, depth } = header;
  if (space === 'cmyk') {
    const by = header.hasProfile ? 'its embedded profile' : 'a standard press profile (it has none)';
    return { space: 'srgb', depth: 8, convert: true, note: `CMYK converted to sRGB with ${by}` };
  }
  if (space === 'lab' || space === 'labs') {
    const deep = depth !== 'uchar' && header.bitsPerSample !== 8;
    const note = `Lab converted to ${deep ? 16 : 8}-bit sRGB`;
    return { space: deep ? 'rgb16' : 'srgb', depth: deep ? 16 : 8, convert: true, note };
  }
  if (space === 'scrgb') {
    return { space: 'rgb16', depth: 16, convert: true, note: 'floating-point RGB converted to 16-bit sRGB' };
  }
  if (space === 'srgb' && depth === 'uchar') return { space: 'srgb', depth: 8, convert: false };
  if (space === 'rgb16' && depth === 'ushort') return { space: 'rgb16', depth: 16, convert: false };
  // libvips drops the alpha of 8-bit grey on raw output: such a file is read as RGB and packed again.
  if (space === 'b-w' && depth === 'uchar') {
    return { space: header.hasAlpha ? 'srgb' : 'b-w', depth: 8, convert: false };
  }
  if (space === 'grey16' && depth === 'ushort') return { space: 'grey16', depth: 16, convert: false };
  throw new RequestError(
    `${name} holds ${header.channels}-channel ${depth} samples (${space}), which photos do not use`,
    'Save it as 8- or 16-bit RGB or greyscale',
  );
}

/** Decodes strictly; where only a warning stood in the way, decodes once more and reports it as `damaged`. */
async function readSamples(bytes: Uint8Array, header: Metadata, reading: Reading, name: string) {
  const decode = (failOn: 'warning' | 'error') =>
    sharp(bytes, { failOn, autoOrient: true, ignoreIcc: !reading.convert, limitInputPixels: false })
      .toColourspace(reading.space)
      .raw({ depth: reading.depth === 16 ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
  let damaged: string | null = null;
  let decoded: Awaited<ReturnType<typeof decode>>;
  try {
    decoded = await decode('warning');
  } catch (warning) {
    try {
      decoded = await decode('error');
      damaged = firstLine(warning);
    } catch (error) {
      throw explainFailure(error, name, header.format);
    }
  }
  const { data, info } = decoded;
  const whole = toRaster(data, info.width, info.height, info.channels, reading.depth);
  return { raster: header.space === 'b-w' && header.hasAlpha ? packGreyAlpha(whole) : whole, damaged };
}

/** Views libvips' output as samples without a copy where its alignment allows. */
function toRaster(
  data: Buffer,
  width: number,
  height: number,
  channels: number,
  depth: 8 | 16,
): Frame['raster'] {
  if (depth === 8) {
    return { width, height, channels, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  }
  const aligned = data.byteOffset % 2 === 0 ? data : Buffer.from(new Uint8Array(data).buffer);
  return {
    width,
    height,
    channels,
    data: new Uint16Array(aligned.buffer, aligned.byteOffset, data.length / 2),
  };
}

/** Grey + alpha from RGBA whose R, G and B are equal. */
function packGreyAlpha(rgba: Raster): Raster<Uint8Array> {
  const pixels = rgba.width * rgba.height;
  const data = new Uint8Array(pixels * 2);
  for (let i = 0; i < pixels; i++) {
    data[2 * i] = rgba.data[4 * i]!;
    data[2 * i + 1] = rgba.data[4 * i + 3]!;
  }
  return { width: rgba.width, height: rgba.height, channels: 2, data };
}

const PHOTOMETRIC = 262;
const COMPRESSION = 259;
const DNG_VERSION = 50706;
const YCBCR = 6;
const TIFF_JPEG = [6, 7];

/** Refuses TIFFs that libvips would read wrongly or not at all, before it does. */
function checkTiff(bytes: Uint8Array, name: string): void {
  const tags = readTiffDirectory(bytes);
  if (!tags) throw truncated(name);
  if (tags.has(DNG_VERSION)) throw cameraRaw(name);
  if (tags.get(PHOTOMETRIC) === YCBCR && !TIFF_JPEG.includes(tags.get(COMPRESSION) ?? 1)) {
    throw new RequestError(`${name} holds YCbCr samples, which cannot be read from a TIFF`, 'Save it as RGB');
  }
}

function cameraRaw(name: string): RequestError {
  return new RequestError(`${name} is a camera raw file`, 'Develop it to a 16-bit TIFF or a JPEG first');
}

function truncated(name: string, cause?: unknown): RequestError {
  return new RequestError(
    `${name} is truncated: its end is missing`,
    'Copy, download or export the photo again',
    cause === undefined ? undefined : { cause },
  );
}

// What libjpeg, libpng, libtiff, libwebp and libheif say of files that end early.
const TRUNCATED =
  /premature end of JPEG|libpng read error|not enough|unexpected end|bad seek|read error|got \d+ bytes, expected|unable to parse image|no EOI|short/i;

function explainFailure(error: unknown, name: string, format: string): DavenportError {
  if (error instanceof DavenportError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (TRUNCATED.test(message)) return truncated(name, error);
  if (format === 'heif') {
    return new RequestError(
      `${name} is a HEIC or HEIF photo whose coding cannot be read`,
      'Export it as JPEG or TIFF',
      { cause: error },
    );
  }
  return new RequestError(
    `${name} is damaged or not a plain ${format.toUpperCase()}: ${firstLine(error)}`,
    'Export the photo again as JPEG, PNG or TIFF',
    { cause: error },
  );
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace('Input buffer has corrupt header: ', '').split('\n')[0]!.trim();
}
