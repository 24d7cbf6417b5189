import { open, readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { DavenportError, RequestError } from '../errors.ts';
import { isCameraRawName, sniffFormat } from '../imaging/image-format.ts';
import { MAX_PIXELS, sharp } from '../imaging/vips.ts';

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

/** Endings that say a file is meant to be a photo; others are passed over. */
const PHOTO_ENDINGS = new Set(['.jpg', '.jpeg', '.png', '.tif', '.tiff', '.webp', '.avif']);
/** Folders deeper than this, and more photos than that, are not walked into: somebody dropped a whole disk. */
const MAX_DEPTH = 8;
const MAX_PHOTOS = 10_000;

/**
 * Finds the photos of a folder and the folders in it, by name in natural order (2 before 10), and reads each one's
 * header. What is meant to be a photo and cannot be used is listed with its problem. Hidden files and folders, links
 * and other kinds of files are passed over.
 * @throws RequestError where the folder cannot be read
 */
export async function* findPhotos(folder: string, signal?: AbortSignal): AsyncGenerator<FoundPhoto> {
  let count = 0;
  for await (const name of walk(folder, '', 0)) {
    signal?.throwIfAborted();
    count += 1;
    if (count > MAX_PHOTOS) return;
    yield await inspectPhoto(join(folder, name), name);
  }
}

const byName = new Intl.Collator('en', { numeric: true }).compare;

async function* walk(root: string, inner: string, depth: number): AsyncGenerator<string> {
  const entries = await readdir(join(root, inner), { withFileTypes: true }).catch((error: unknown) => {
    // A folder inside that may not be entered is no reason to refuse the rest.
    if (depth > 0) return [];
    throw new RequestError(`The folder ${basename(root)} cannot be read`, 'Check its permissions', {
      cause: error,
    });
  });
  entries.sort((a, b) => byName(a.name, b.name));
  const visible = entries.filter(({ name }) => !name.startsWith('.'));
  for (const entry of visible) {
    const ending = extname(entry.name).toLowerCase();
    const isPhoto = PHOTO_ENDINGS.has(ending) || isCameraRawName(entry.name);
    if (entry.isFile() && isPhoto) yield inner + entry.name;
  }
  if (depth >= MAX_DEPTH) return;
  for (const entry of visible)
    if (entry.isDirectory()) yield* walk(root, `${inner}${entry.name}/`, depth + 1);
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
/** EXIF orientations from here on stand on their side. */
const FIRST_TURNED = 5;

async function readSize(path: string, bytes: number): Promise<{ width: number; height: number }> {
  const refuse = (message: string) => new RequestError(message, 'Export it as JPEG, PNG or TIFF');
  if (bytes === 0) throw refuse('the file is empty');
  if (isCameraRawName(path)) throw refuse('camera raw: export it as TIFF first');
  if (!sniffFormat(await readStart(path))) throw refuse('it is no photo, whatever its name says');
  const header = await sharp(path, { limitInputPixels: false, failOn: 'error' })
    .metadata()
    .catch((error: unknown) => {
      throw new RequestError('the file is damaged', 'Copy or export it again', { cause: error });
    });
  if (header.width * header.height > MAX_PIXELS)
    throw refuse(`too large: ${header.width} × ${header.height} pixels`);
  const isTurned = (header.orientation ?? 1) >= FIRST_TURNED;
  return isTurned
    ? { width: header.height, height: header.width }
    : { width: header.width, height: header.height };
}

async function readStart(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SIGNATURE_BYTES), 0, SIGNATURE_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
