import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { RequestError } from '../errors.ts';
import { isCameraRawName } from '../imaging/image-format.ts';
import type { FoundPhoto } from '../imaging/inspect-photo.ts';

export type { FoundPhoto } from '../imaging/inspect-photo.ts';

/** Reads a photo's header: `inspectPhoto`, here or in another process. */
export type Inspect = (path: string, name: string) => Promise<FoundPhoto>;

/** Endings that say a file is meant to be a photo; others are passed over. */
const PHOTO_ENDINGS = new Set(['.jpg', '.jpeg', '.png', '.tif', '.tiff', '.webp', '.avif', '.heic', '.heif']);
/** Folders deeper than this, and more photos than that, are not walked into: somebody dropped a whole disk. */
const MAX_DEPTH = 8;
const MAX_PHOTOS = 10_000;

/**
 * Finds the photos of a folder and the folders in it, by name in natural order (2 before 10), and reads each one's
 * header. What is meant to be a photo and cannot be used is listed with its problem. Hidden files and folders, links
 * and other kinds of files are passed over.
 * @throws RequestError where the folder cannot be read
 */
export async function* findPhotos(
  folder: string,
  signal?: AbortSignal,
  inspect: Inspect = inspectHere,
): AsyncGenerator<FoundPhoto> {
  let count = 0;
  for await (const name of walk(folder, '', 0)) {
    signal?.throwIfAborted();
    count += 1;
    if (count > MAX_PHOTOS) return;
    yield await inspect(join(folder, name), name);
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

/** libvips is loaded when it is needed: where another process reads the headers it is not. */
async function inspectHere(path: string, name: string): Promise<FoundPhoto> {
  const { inspectPhoto } = await import('../imaging/inspect-photo.ts');
  return inspectPhoto(path, name);
}
