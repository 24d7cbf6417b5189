import Database from 'better-sqlite3';
import { statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

declare const access: unique symbol;

/** A connection that may be queried. */
export type ReadHandle = Database.Database & { readonly [access]: 'read' | 'write' };
/** A connection that may change the file; only functions that take one write. */
export type WriteHandle = Database.Database & { readonly [access]: 'write' };

/** How long a connection waits for the other process's lock, ms. */
const BUSY_MS = 5000;
/** Log size at which SQLite copies the log back into the file: 16 MB in pages of 8 KB. */
const CHECKPOINT_PAGES = 2000;
/** What the log is cut to after a checkpoint, so that one large write does not keep its size on disk. */
const JOURNAL_LIMIT_BYTES = 64 << 20;
/** Larger than SQLite's 4 KB because almost all content is chunks of a few megabytes. */
const PAGE_BYTES = 8192;

/**
 * Opens a connection that can only read. The file must exist. Where a killed process left it in write-ahead mode, its
 * folder must be writable (SQLite makes the log's shared memory there).
 */
export function openReadHandle(path: string): ReadHandle {
  const db = new Database(resolve(path), { readonly: true, fileMustExist: true, timeout: BUSY_MS });
  try {
    // The first query is what opens the file in earnest.
    db.pragma('schema_version');
    return db as ReadHandle;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens a connection that can write, still in whichever journal mode the file is in. The file must exist. */
export function openWriteHandle(path: string): WriteHandle {
  const db = new Database(resolve(path), { fileMustExist: true, timeout: BUSY_MS }) as WriteHandle;
  db.pragma('foreign_keys = ON');
  return db;
}

/** Makes the empty database file for a new project: what must be set before the first table. */
export function createDatabaseFile(path: string): WriteHandle {
  const db = new Database(resolve(path), { timeout: BUSY_MS }) as WriteHandle;
  db.pragma(`page_size = ${PAGE_BYTES}`);
  db.pragma('auto_vacuum = INCREMENTAL');
  db.pragma('foreign_keys = ON');
  return db;
}

/**
 * Runs `action` while no other connection has the file open, and says whether it could: false at once, and nothing
 * done, where another process is there. Leaves the file with a rollback journal.
 */
export function whileAlone(db: WriteHandle, action: () => void): boolean {
  db.pragma('busy_timeout = 0');
  try {
    // Leaving the write-ahead log needs the file for oneself …
    db.pragma('journal_mode = DELETE');
    db.exec('BEGIN EXCLUSIVE');
    // … and another process may have come and entered it between these two lines.
    const alone = journalMode(db) === 'delete';
    if (alone) action();
    db.exec('COMMIT');
    return alone;
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    if (isBusy(error)) return false;
    throw error;
  } finally {
    db.pragma(`busy_timeout = ${BUSY_MS}`);
  }
}

/**
 * Puts the file into write-ahead logging, so that one process reads while the other writes; where that cannot work
 * (a network share has no shared memory between machines) it keeps a rollback journal.
 *
 * In the log `synchronous = NORMAL` is enough: a killed process loses nothing that was committed, a power cut at
 * most the last moments, and neither harms the file (https://www.sqlite.org/wal.html#performance_considerations).
 */
export function enterWriteMode(db: WriteHandle, path: string): void {
  const mode = isOnNetwork(path) ? journalMode(db) : db.pragma('journal_mode = WAL', { simple: true });
  db.pragma(`synchronous = ${mode === 'wal' ? 'NORMAL' : 'FULL'}`);
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.pragma(`journal_size_limit = ${JOURNAL_LIMIT_BYTES}`);
}

/** Closes a writing connection; the last one to close leaves a single file. */
export function closeWriteHandle(db: WriteHandle): void {
  if (!db.open) return;
  try {
    db.pragma('busy_timeout = 100');
    if (journalMode(db) === 'wal') db.pragma('journal_mode = DELETE');
  } catch (error) {
    // Another process still has it open: that one tidies up.
    if (!isBusy(error)) throw error;
  } finally {
    db.close();
  }
}

/** Runs `action` as one write transaction; it must not await. */
export function transact<T>(db: WriteHandle, action: () => T): T {
  return db.transaction(action).immediate();
}

function journalMode(db: ReadHandle): unknown {
  return db.pragma('journal_mode', { simple: true });
}

function isBusy(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith('SQLITE_BUSY');
}

/** Magic numbers of statfs(2) on Linux: NFS, SMB, CIFS, SMB2, 9P, AFS, Ceph. */
const NETWORK_FILE_SYSTEMS = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x5346414f, 0x00c36400,
]);

/** True where the file is known to lie on another machine's disk. */
function isOnNetwork(path: string): boolean {
  const full = resolve(path);
  if (full.startsWith('\\\\')) return true;
  if (process.platform !== 'linux') return false;
  try {
    return NETWORK_FILE_SYSTEMS.has(statfsSync(dirname(full)).type);
  } catch {
    return false;
  }
}
