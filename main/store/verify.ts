import { createHash } from 'node:crypto';
import { readArtifact } from './artifacts.ts';
import { openReadHandle, type ReadHandle } from './database.ts';
import { DamagedProjectError, withStoreErrorsAsync } from './errors.ts';
import { inspectHeader } from './header.ts';
import { requireReadableVersion } from './migrations/index.ts';
import { readSource, readSourceInfo } from './source.ts';

/**
 * Reads the whole project and says what is wrong with it, one line per finding; none where all is well.
 *
 * @throws NotAProjectError, NewerProjectError, or another RequestError where it cannot be opened at all
 */
export async function verifyProject(path: string): Promise<string[]> {
  try {
    return await withStoreErrorsAsync(path, async () => {
      if (inspectHeader(path) === 'empty') return [];
      const db = openReadHandle(path);
      try {
        requireReadableVersion(db, path, false);
        return [...findBrokenPages(db), ...(await findBrokenContent(db))];
      } finally {
        db.close();
      }
    });
  } catch (error) {
    if (error instanceof DamagedProjectError) return [error.message];
    throw error;
  }
}

function findBrokenPages(db: ReadHandle): string[] {
  const lines = db.pragma('integrity_check(20)') as { integrity_check: string }[];
  const links = db.pragma('foreign_key_check') as { table: string; rowid: number }[];
  return [
    ...lines.map((line) => line.integrity_check).filter((line) => line !== 'ok'),
    ...links.slice(0, 20).map((link) => `row ${link.rowid} of ${link.table} refers to nothing`),
  ];
}

async function findBrokenContent(db: ReadHandle): Promise<string[]> {
  const findings = isSourceWhole(db) ? [] : ['the photo does not fit its hash'];
  for (const id of await listBrokenArtifacts(db)) findings.push(`artifact ${id} cannot be read`);
  for (const fingerprint of listBrokenRuns(db)) findings.push(`run ${fingerprint} lacks artifacts`);
  return findings;
}

/** True where the photo is absent, or present with its own hash. */
export function isSourceWhole(db: ReadHandle): boolean {
  const info = readSourceInfo(db);
  if (!info) return true;
  try {
    return createHash('sha256').update(readSource(db)!).digest('hex') === info.sha256;
  } catch {
    return false;
  }
}

/** Ids of finished artifacts that do not decompress, or not to their full length. */
export async function listBrokenArtifacts(db: ReadHandle): Promise<number[]> {
  const broken: number[] = [];
  for (const id of db
    .prepare<[], number>('SELECT id FROM artifact WHERE complete = 1 ORDER BY id')
    .pluck()
    .all()) {
    try {
      await readArtifact(db, id);
    } catch {
      broken.push(id);
    }
  }
  return broken;
}

/** Fingerprints of runs that do not have as many whole artifacts as they were committed with. */
export function listBrokenRuns(db: ReadHandle): string[] {
  return db
    .prepare<[], string>(
      `SELECT fingerprint FROM node_run r WHERE artifacts <> (
         SELECT count(*) FROM run_artifact l JOIN artifact a ON a.id = l.artifact
         WHERE l.fingerprint = r.fingerprint AND a.complete = 1)`,
    )
    .pluck()
    .all();
}
