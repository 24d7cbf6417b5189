import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { closeWriteHandle, openReadHandle, openWriteHandle } from './database.ts';
import { withStoreErrorsAsync } from './errors.ts';

/** Pages copied between two turns of the event loop: 512 KB in pages of 8 KB. */
const PAGES_A_TURN = 64;

/**
 * Copies a project as it stands, while it is open and written, into another file: whole or not at all. Other work of
 * this process goes on meanwhile.
 * @param to is replaced where it exists
 */
export function copyProject(path: string, to: string): Promise<void> {
  return withStoreErrorsAsync(to, async () => {
    const part = join(dirname(resolve(to)), `.${basename(to)}.${randomBytes(4).toString('hex')}.part`);
    const from = openReadHandle(path);
    try {
      await from.backup(part, { progress: () => PAGES_A_TURN });
      // The copy says of itself that it has a log, as the original has while it is open.
      const copy = openWriteHandle(part);
      copy.pragma('journal_mode = DELETE');
      closeWriteHandle(copy);
      const file = await open(part, 'r+');
      await file.sync().finally(() => file.close());
      await rename(part, to);
    } finally {
      from.close();
      await rm(part, { force: true });
    }
  });
}
