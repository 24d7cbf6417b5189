import { open, stat } from 'node:fs/promises';
import { DavenportError, RequestError } from '../errors.ts';
import { type ImageFormat, isCameraRawName, sniffFormat } from './image-format.ts';
import { MAX_PIXELS, sharp } from './vips.ts';

/** A photo found in a folder; nothing of it but its header has been read. */
export interface FoundPhoto {
  /** Absolute. */
  readonly path: string;
  /** Path inside the folder, with forward slashes. */
  readonly name: string;
  readonly bytes: number;
  /** Pixels of the upright photo; null where they cannot be known. */
  readonly width: number | null;
  readonly height: number | null;
  /** Why it cannot be used, in one line; null where it can. */
  readonly problem: string | null;
}

/** One photo as a folder's list shows it; never throws. @param name as it is listed */
export async function inspectPhoto(path: string, name: string): Promise<FoundPhoto> {
  let bytes = 0;
  try {
    bytes = (await stat(path)).size;
    const size = await readSize(path, bytes);
    return { path, name, bytes, ...size, problem: null };
  } catch (error) {
    const problem = error instanceof DavenportError ? error.message : 'it cannot be read';
    return { path, name, bytes, width: null, height: null, problem };
  }
}

/** Bytes that tell a format. */
const SIGNATURE_BYTES = 32;
/** What the last bytes of a whole file hold, cameras' trailers behind it included: EOI, and the chunk IEND. */
const END_MARKS: Partial<Record<ImageFormat, Buffer>> = {
  jpeg: Buffer.from([0xff, 0xd9]),
  png: Buffer.from('IEND', 'latin1'),
};
const TAIL_BYTES = 64 << 10;
const CUT_OFF = 'the file is cut off: its end is missing';
/** EXIF orientations from here on stand on their side. */
const FIRST_TURNED = 5;

function refuse(message: string): RequestError {
  return new RequestError(message, 'Export it as JPEG, PNG or TIFF');
}

async function readSize(path: string, bytes: number): Promise<{ width: number; height: number }> {
  if (bytes === 0) throw refuse('the file is empty');
  if (isCameraRawName(path)) throw refuse('camera raw: export it as TIFF first');
  const format = sniffFormat(await readPart(path, 0, SIGNATURE_BYTES));
  if (!format) throw refuse('it is no photo, whatever its name says');
  const isCutOff = await lacksEnd(path, bytes, format);
  const header = await sharp(path, { limitInputPixels: false, failOn: 'error' })
    .metadata()
    .catch((error: unknown) => {
      if (isCutOff) throw refuse(CUT_OFF);
      throw new RequestError('the file is damaged', 'Copy or export it again', { cause: error });
    });
  if (header.compression === 'hevc' && !readsHeic())
    throw refuse('HEIC: this build’s libvips cannot decode it');
  // A header that claims more than fits is told first: a file made to exhaust memory seldom has an end.
  if (header.width * header.height > MAX_PIXELS)
    throw refuse(`too large: ${header.width} × ${header.height} pixels`);
  if (isCutOff) throw refuse(CUT_OFF);
  const isTurned = (header.orientation ?? 1) >= FIRST_TURNED;
  return isTurned
    ? { width: header.height, height: header.width }
    : { width: header.width, height: header.height };
}

/** The bundled libvips reads AVIF alone of the HEIF family; one of the system's may have the codec of HEIC too. */
function readsHeic(): boolean {
  return sharp.format.heif?.input.fileSuffix?.includes('.heic') ?? false;
}

async function lacksEnd(path: string, bytes: number, format: ImageFormat): Promise<boolean> {
  const end = END_MARKS[format];
  if (!end) return false;
  const tail = await readPart(path, Math.max(0, bytes - TAIL_BYTES), TAIL_BYTES);
  return !tail.includes(end);
}

async function readPart(path: string, from: number, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
