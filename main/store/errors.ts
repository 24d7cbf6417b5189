import { basename } from 'node:path';
import { DavenportError, MachineError, RequestError } from '../errors.ts';

/** The file is something else: another program's file, a photo, a text. */
export class NotAProjectError extends RequestError {
  constructor(path: string) {
    super(
      `${basename(path)} is not a Davenport project`,
      'Choose a .davenport file, or start a new project from the photo',
    );
  }
}

/** The file is a project, but parts of it cannot be read; {@link recoverProject} copies what can. */
export class DamagedProjectError extends RequestError {
  constructor(path: string, detail: string, options?: ErrorOptions) {
    super(
      `The project ${basename(path)} is damaged: ${detail}`,
      'Recover it into a new file (what can be read is copied), or restore it from a backup',
      options,
    );
  }
}

/** The file was written by a later version of the program. */
export class NewerProjectError extends RequestError {
  readonly fileVersion: number;

  constructor(path: string, fileVersion: number, programVersion: number) {
    super(
      `${basename(path)} was saved by a newer Davenport: its format is ${fileVersion}, this program reads up to ${programVersion}`,
      'Update Davenport and open it again',
    );
    this.fileVersion = fileVersion;
  }
}

/** Runs `action`; what SQLite or the file system throws comes out as an error a person can act on. */
export function withStoreErrors<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw translateStoreError(path, error);
  }
}

/** {@link withStoreErrors} for work that awaits. */
export async function withStoreErrorsAsync<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw translateStoreError(path, error);
  }
}

/** The error to throw for one that came from SQLite or the file system; other errors come back as they are. */
export function translateStoreError(path: string, error: unknown): unknown {
  if (error instanceof DavenportError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return error;
  const name = basename(path);
  const cause = { cause: error };
  if (code.startsWith('SQLITE_CORRUPT'))
    return new DamagedProjectError(path, 'its pages do not fit together', cause);
  if (code.startsWith('ZSTD_'))
    return new DamagedProjectError(path, 'a stored picture does not fit its checksum', cause);
  if (code === 'SQLITE_NOTADB') return new NotAProjectError(path);
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') {
    return new MachineError(
      `No space is left for the project ${name}`,
      'Free some space and run it again; every finished step is kept',
      cause,
    );
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new MachineError(
      `The project ${name} is held by another program`,
      'Close the other window that has it open and try again',
      cause,
    );
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new RequestError(`There is no file ${path}`, 'Check the path', cause);
  }
  if (code === 'EISDIR') return new RequestError(`${path} is a folder`, 'Choose a file', cause);
  if (code.startsWith('SQLITE_READONLY') || ['EACCES', 'EPERM', 'EROFS'].includes(code)) {
    return notWritable(path, cause);
  }
  if (code.startsWith('SQLITE_CANTOPEN')) {
    return new RequestError(
      `The project ${name} cannot be opened`,
      'Check that you may read and write its folder',
      cause,
    );
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return new MachineError(
      `Reading or writing the project ${name} failed`,
      'Check the drive, then open the project again; every finished step is kept',
      cause,
    );
  }
  return error;
}

/** The refusal for a file or folder that cannot be written. */
export function notWritable(path: string, options?: ErrorOptions): RequestError {
  return new RequestError(
    `The project ${basename(path)} cannot be written: the file or its folder is read-only`,
    'Move it to a folder that you may write to, or change the permissions',
    options,
  );
}
