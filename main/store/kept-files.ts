import { createHash } from 'node:crypto';
import { type ReadHandle, transact, type WriteHandle } from './database.ts';

const CHUNK_BYTES = 4 << 20;

/** A file besides the photo that a recipe names by its hash: an imported mask, a product picture. */
export interface KeptFile {
  /** File name without its folder, as it was first kept. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The file of a hash, byte for byte; null where the project has none. */
export function readKeptFile(db: ReadHandle, sha256: string): KeptFile | null {
  const row = db
    .prepare<[string], { name: string; bytes: number }>('SELECT name, bytes FROM kept_file WHERE sha256 = ?')
    .get(sha256);
  if (!row) return null;
  const bytes = new Uint8Array(row.bytes);
  let at = 0;
  const chunks = db.prepare<[string], Buffer>(
    'SELECT data FROM kept_file_chunk WHERE sha256 = ? ORDER BY position',
  );
  for (const chunk of chunks.pluck().iterate(sha256)) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { name: row.name, bytes };
}

/**
 * Keeps a file verbatim, in one transaction; keeping it again changes nothing. Recipes of the history may name it,
 * so it is never dropped.
 *
 * @throws TypeError where `sha256` is not the bytes' own
 */
export function keepFile(db: WriteHandle, bytes: Uint8Array, name: string, sha256: string): void {
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== sha256)
    throw new TypeError(`Expected the SHA-256 ${actual} for ${name} but received ${sha256}`);
  transact(db, () => {
    const { changes } = db
      .prepare('INSERT OR IGNORE INTO kept_file (sha256, name, bytes) VALUES (?, ?, ?)')
      .run(sha256, name, bytes.length);
    if (changes === 0) return;
    const insert = db.prepare('INSERT INTO kept_file_chunk (sha256, position, data) VALUES (?, ?, ?)');
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      insert.run(sha256, at / CHUNK_BYTES, bytes.subarray(at, at + CHUNK_BYTES));
    }
  });
}
