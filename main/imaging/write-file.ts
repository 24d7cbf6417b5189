import { randomBytes } from 'node:crypto';
import { open, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DavenportError, MachineError, RequestError, isNoSpace } from '../errors.ts';

/**
 * Writes a file whole or not at all: into a temporary file beside it, flushed to disk, then renamed over `path`.
 * Throws MachineError for a full disk or a failing one, RequestError for a target that cannot be written.
 */
export async function writeFileAtomic(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.part`);
  try {
    const isFolder = await stat(path).then(
      (s) => s.isDirectory(),
      () => false,
    );
    if (isFolder) throw new RequestError(`${path} is a folder`, 'Name a file to write');
    const file = await open(temporary, 'wx');
    try {
      for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw explainWriteFailure(error, path);
  }
}

/** Makes the rename itself durable; file systems that cannot flush a folder (Windows) do without. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** Turns a file system error into one a person can act on. */
export function explainWriteFailure(error: unknown, path: string): Error {
  if (error instanceof DavenportError) return error;
  if (isNoSpace(error)) {
    return new MachineError(
      `The disk is full: ${path} was not written`,
      'Free some space and run it again; nothing was half-written',
      { cause: error },
    );
  }
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new RequestError(
      `${path} cannot be written: permission denied`,
      'Choose another folder or change its permissions',
      { cause: error },
    );
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new RequestError(
      `${path} cannot be written: its folder does not exist`,
      'Create the folder or choose another',
      { cause: error },
    );
  }
  if (code === 'ENAMETOOLONG')
    return new RequestError(`${path} is too long a name`, 'Choose a shorter name', { cause: error });
  return new MachineError(
    `${path} could not be written: ${String((error as Error).message)}`,
    'Check the disk and run it again',
    { cause: error },
  );
}
