import { link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { RequestError } from '../errors.ts';
import { hashFile } from '../inference/pack-files.ts';

/** A file that stands where it was to be delivered. */
export interface Delivered {
  readonly sha256: string;
  readonly bytes: number;
  /** False where the same file was there already: somebody had delivered it before. */
  readonly written: boolean;
}

/**
 * Delivers a file at most once: it is written beside its place, and takes it atomically where nothing stands there. A
 * file with the same content counts as delivered; one with other content is replaced only where it is an earlier
 * delivery of the same item.
 * @param write writes the whole file at the path it is given
 * @param previous SHA-256 of this item's earlier delivery, null where there is none
 * @throws RequestError where something else stands at `out`, and what `write` throws
 */
export async function deliverOnce(
  out: string,
  previous: string | null,
  write: (path: string) => Promise<void>,
): Promise<Delivered> {
  const folder = dirname(out);
  await mkdir(folder, { recursive: true });
  const ending = extname(out);
  const staged = join(folder, `.${basename(out, ending)}-${randomUUID().slice(0, 8)}.part${ending}`);
  try {
    await write(staged);
    const sha256 = await hashFile(staged);
    const { size } = await stat(staged);
    const written = await takePlace(staged, out, sha256, previous);
    return { sha256, bytes: size, written };
  } finally {
    await rm(staged, { force: true });
  }
}

async function takePlace(
  staged: string,
  out: string,
  sha256: string,
  previous: string | null,
): Promise<boolean> {
  try {
    await link(staged, out); // fails where the name is taken, whoever was faster
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return replace(staged, out, sha256, previous);
    // A file system without links (FAT, some shares): a rename is as atomic, though it does not see a rival.
    const there = await stat(out).catch(() => null);
    if (there) return replace(staged, out, sha256, previous);
    await rename(staged, out);
    return true;
  }
}

async function replace(
  staged: string,
  out: string,
  sha256: string,
  previous: string | null,
): Promise<boolean> {
  const there = await hashFile(out);
  if (there === sha256) return false;
  if (there !== previous) {
    throw new RequestError(
      `${basename(out)} is there already and is not this batch’s`,
      'Move it away, or choose another name in the recipe’s delivery',
    );
  }
  await rename(staged, out);
  return true;
}
