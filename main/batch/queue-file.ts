import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { type ErrorRecord, RequestError } from '../errors.ts';
import type { GateVerdict } from './gates.ts';
import type { BatchItem, ItemResult } from './batch-item.ts';

/** The queue's file in the batch's output folder. */
export const QUEUE_FILE = 'davenport-batch.sqlite';

/** The folder of results that the window makes in a folder of photos. */
export const RESULTS = 'Davenport';

const APPLICATION_ID = 0x44617642; // "DavB"
const VERSION = 1;
/** How long another process's lock is waited for, ms. */
const BUSY_MS = 5000;

const SCHEMA = `
  CREATE TABLE item (
    id INTEGER PRIMARY KEY,
    position REAL NOT NULL,
    name TEXT NOT NULL UNIQUE,
    photo TEXT NOT NULL,
    project TEXT NOT NULL,
    out TEXT NOT NULL,
    state TEXT NOT NULL,
    accepted INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    begun INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    stage TEXT,
    error TEXT,
    verdict TEXT,
    result TEXT
  ) STRICT;
  CREATE INDEX item_order ON item (state, position);
  CREATE INDEX item_position ON item (position);
  CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`;

/** An item as its row holds it. */
export interface Row extends Omit<BatchItem, 'accepted' | 'error' | 'verdict' | 'result'> {
  readonly accepted: 0 | 1;
  readonly error: string | null;
  readonly verdict: string | null;
  readonly result: string | null;
}

export const COLUMNS =
  'id, name, photo, project, out, state, accepted, attempts, reason, stage, error, verdict, result';

/** Opens a queue, making it where there is none. @throws RequestError for a file that is something else or newer */
export function openQueueFile(path: string): Database.Database {
  const isNew = !existsSync(path);
  const db = new Database(path, { timeout: BUSY_MS });
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL'); // "done" must still be done after a power cut
    const id = db.pragma('application_id', { simple: true });
    const version = Number(db.pragma('user_version', { simple: true }));
    if (isNew || (id === 0 && version === 0)) {
      db.transaction(() => {
        db.exec(SCHEMA);
        db.pragma(`application_id = ${APPLICATION_ID}`);
        db.pragma(`user_version = ${VERSION}`);
      })();
    } else if (id !== APPLICATION_ID) {
      throw new RequestError(`${basename(path)} is no queue of Davenport`, 'Choose another output folder');
    } else if (version > VERSION) {
      throw new RequestError(`${basename(path)} was made by a newer Davenport`, 'Update Davenport');
    }
    return db;
  } catch (error) {
    db.close();
    if ((error as { code?: string }).code?.startsWith('SQLITE_NOTADB'))
      throw new RequestError(`${basename(path)} is no queue of Davenport`, 'Choose another output folder');
    throw error;
  }
}

export function toText(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

export function fromRow({ accepted, error, verdict, result, ...row }: Row): BatchItem {
  return {
    ...row,
    accepted: accepted === 1,
    error: parse<ErrorRecord>(error),
    verdict: parse<GateVerdict>(verdict),
    result: parse<ItemResult>(result),
  };
}

function parse<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T);
}
