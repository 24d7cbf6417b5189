import { randomBytes } from 'node:crypto';
import { open, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DavenportError, isNoSpace, MachineError, NoSpaceError, RequestError } from '../errors.ts';

/** Bytes that go back over earlier ones: headers whose values are known last. */
export interface Patch {
  /** Offset in the file. */
  readonly at: number;
  readonly data: Uint8Array;
}

/**
 * Writes a file whole or not at all: into a temporary file beside it, flushed to disk, then renamed over `path`.
 * Parts are written one after the other as they come; what their source throws leaves no file behind.
 * Throws MachineError for a full disk or a failing one, RequestError for a target that cannot be written.
 */
export async function writeFileAtomic(
  path: string,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array | Patch>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.part`);
  try {
    const isFolder = await stat(path).then(
      (s) => s.isDirectory(),
      () => false,
    );
    if (isFolder) throw new RequestError(`${path} is a folder`, 'Name a file to write');
    const file = await open(temporary, 'wx');
    try {
      for await (const part of parts) {
        if (part instanceof Uint8Array) await file.writeFile(part);
        else await file.write(part.data, 0, part.data.length, part.at);
      }
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
    return new NoSpaceError(
      `The disk is full: ${path} was not written`,
      'Free some space and run it again; nothing was half-written',
      { cause: error },
    );
  }
  const code = (error as NodeJS.ErrnoException | null)?.code;
  // Not the file system's: the source of the parts failed.
  if (code === undefined && error instanceof Error) return error;
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
