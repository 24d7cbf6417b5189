import { existsSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { RequestError } from '../errors.ts';
import { WRITTEN_ENDINGS, writtenFormat } from '../imaging/image-format.ts';

/** The format a path's ending asks for; throws RequestError for one that cannot be written. */
export function formatOf(path: string): 'jpeg' | 'png' | 'tiff' | 'webp' {
  const format = writtenFormat(path);
  if (format) return format;
  throw new RequestError(
    `${basename(path)} has an ending that cannot be written`,
    `Use one of ${WRITTEN_ENDINGS.join(', ')}`,
  );
}

/** `<stem>.davenport` in `folder`, numbered where the name is taken. */
export function freeProjectPath(photo: string, folder: string): string {
  return freeName(folder, basename(photo, extname(photo)), '.davenport');
}

/** `<stem>-edited.<the source's ending>` in `folder`, numbered where the name is taken; PNG where the ending cannot be written. */
export function freeOutPath(photoName: string, folder: string): string {
  const ending = extname(photoName);
  return freeName(
    folder,
    `${basename(photoName, ending)}-edited`,
    writtenFormat(photoName) ? ending : '.png',
  );
}

function freeName(folder: string, stem: string, ending: string): string {
  for (let n = 1; ; n += 1) {
    const path = join(folder, `${stem}${n === 1 ? '' : `-${n}`}${ending}`);
    if (!existsSync(path)) return path;
  }
}

/** Refuses to write a delivery over the photo it came from or over a project. */
export function checkOut(out: string, taken: readonly string[]): string {
  const path = resolve(out);
  formatOf(path);
  if (taken.some((other) => resolve(other) === path) || path.endsWith('.davenport')) {
    throw new RequestError(
      `--out ${out} would overwrite the photo or a project`,
      'Choose another name; the source is never written over',
    );
  }
  return path;
}
