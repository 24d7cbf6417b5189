import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the engine's sockets are: a folder that only this user may enter; named pipes on Windows need none. */
export interface PrivateFolder {
  /** A new address to listen at, never used before. */
  endpoint(name: string): string;
  /** Removes the folder and what is left in it. */
  remove(): void;
}

/** A folder that is made when the first endpoint is asked for, and removed with the process at the latest. */
export function privateFolder(): PrivateFolder {
  let folder: string | undefined;
  let count = 0;
  const remove = () => {
    if (folder) rmSync(folder, { recursive: true, force: true });
    folder = undefined;
    process.removeListener('exit', remove);
  };
  return {
    endpoint(name) {
      if (process.platform === 'win32')
        return `\\\\.\\pipe\\davenport-${name}-${randomBytes(16).toString('hex')}`;
      if (!folder) {
        folder = mkdtempSync(join(tmpdir(), 'davenport-')); // mode 0700
        process.once('exit', remove);
      }
      return join(folder, `${name}-${++count}.sock`);
    },
    remove,
  };
}
