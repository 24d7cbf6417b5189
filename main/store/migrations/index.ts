import { basename } from 'node:path';
import { RequestError } from '../../errors.ts';
import { type ReadHandle, transact, type WriteHandle } from '../database.ts';
import { NewerProjectError } from '../errors.ts';
import { firstFormat } from './0001-first-format.ts';

/** One step from a format to the next; `sql` runs in the transaction that also sets `user_version`. */
export interface Migration {
  /** The format it leads to: `user_version` afterwards. */
  readonly version: number;
  readonly sql: string;
}

/** Every format's step, oldest first; a released one is never changed. */
export const migrations: readonly Migration[] = [{ version: 1, sql: firstFormat }];

/** The format this program writes. */
export const LATEST_VERSION = migrations.length;

/** The file's format number. */
export function readVersion(db: ReadHandle): number {
  return db.pragma('user_version', { simple: true }) as number;
}

/** Brings a file up to `target`, one transaction per step. */
export function migrate(db: WriteHandle, target = LATEST_VERSION): void {
  for (const { version, sql } of migrations) {
    if (version > target) return;
    transact(db, () => {
      // Read inside the transaction: the other process may have just done this step.
      if (readVersion(db) >= version) return;
      db.exec(sql);
      db.pragma(`user_version = ${version}`);
    });
  }
}

/**
 * Refuses a file this handle cannot use as it is.
 *
 * @throws NewerProjectError for a format this program does not know
 * @throws RequestError for an older one that would have to be written to be read
 */
export function requireReadableVersion(db: ReadHandle, path: string, willMigrate: boolean): void {
  const version = readVersion(db);
  if (version > LATEST_VERSION) throw new NewerProjectError(path, version, LATEST_VERSION);
  if (version < LATEST_VERSION && !willMigrate) {
    throw new RequestError(
      `${basename(path)} is in an older format (${version})`,
      'Open it once for editing to bring it up to date',
    );
  }
}
