import { createHash } from 'node:crypto';
import { RequestError } from '../errors.ts';
import { type ReadHandle, transact, type WriteHandle } from './database.ts';
import { uuidOf, writeSetting } from './settings.ts';

const CHUNK_BYTES = 4 << 20;

/** What the project knows of the photo file it was made from. */
export interface SourceInfo {
  /** File name without its folder. */
  readonly name: string;
  readonly mediaType: string;
  /** Lower-case hex SHA-256 of the file. */
  readonly sha256: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly importedAt: number;
}

interface SourceRow {
  readonly name: string;
  readonly media_type: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly imported_at: number;
}

/** The photo's description; null before one is imported. */
export function readSourceInfo(db: ReadHandle): SourceInfo | null {
  const row = db
    .prepare<[], SourceRow>('SELECT name, media_type, sha256, bytes, imported_at FROM source')
    .get();
  if (!row) return null;
  return {
    name: row.name,
    mediaType: row.media_type,
    sha256: row.sha256,
    bytes: row.bytes,
    importedAt: row.imported_at,
  };
}

/** The photo file, byte for byte; null before one is imported. */
export function readSource(db: ReadHandle): Uint8Array | null {
  const info = readSourceInfo(db);
  if (!info) return null;
  const bytes = new Uint8Array(info.bytes);
  let at = 0;
  for (const chunk of db
    .prepare<[], Buffer>('SELECT data FROM source_chunk ORDER BY position')
    .pluck()
    .iterate()) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/**
 * Keeps the photo file verbatim, in one transaction. Importing the same bytes again changes nothing.
 *
 * @throws RequestError where the project already holds another photo
 * @throws TypeError where `sha256` is not the bytes' own
 */
export function importSource(
  db: WriteHandle,
  bytes: Uint8Array,
  name: string,
  sha256: string,
  mediaType: string,
): void {
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== sha256)
    throw new TypeError(`Expected the SHA-256 ${actual} for ${name} but received ${sha256}`);
  transact(db, () => {
    const present = readSourceInfo(db);
    if (present && present.sha256 === sha256) return;
    if (present) {
      throw new RequestError(
        `The project holds another photo, ${present.name}`,
        'Choose another project file for this photo, or leave --project out',
      );
    }
    db.prepare(
      'INSERT INTO source (id, name, media_type, sha256, bytes, imported_at) VALUES (1, ?, ?, ?, ?, ?)',
    ).run(name, mediaType, sha256, bytes.length, Date.now());
    const insert = db.prepare('INSERT INTO source_chunk (position, data) VALUES (?, ?)');
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      insert.run(at / CHUNK_BYTES, bytes.subarray(at, at + CHUNK_BYTES));
    }
    writeSetting(db, 'uuid', uuidOf(sha256));
  });
}
