import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ReadHandle, transact, type WriteHandle } from './database.ts';
import { dropRun } from './runs.ts';

/** Free pages given back to the file system at a time: 16 MB in pages of 8 KB. */
const VACUUM_PAGES = 2000;

/** How large a project is, bytes. */
export interface ProjectSize {
  /** The file, without its log. */
  readonly file: number;
  /** Artifacts as stored. */
  readonly artifacts: number;
  /** Inside the file and unused. */
  readonly free: number;
}

/** What an eviction took away. */
export interface Eviction {
  readonly runs: number;
  readonly artifactBytes: number;
}

/** Sizes from the file's own counters; costs no scan of the chunks. */
export function measureSize(db: ReadHandle): ProjectSize {
  const page = db.pragma('page_size', { simple: true }) as number;
  return {
    file: page * (db.pragma('page_count', { simple: true }) as number),
    artifacts: artifactBytes(db),
    free: page * (db.pragma('freelist_count', { simple: true }) as number),
  };
}

/**
 * Drops the least recently used runs and their artifacts until the artifacts fit the budget, and gives the space back
 * to the file system. What `keep` names stays, even past the budget; so does what no run links yet.
 *
 * @param keep fingerprints of runs that a recipe in sight needs
 * @param budgetBytes most bytes of stored artifacts to keep
 */
export async function evictArtifacts(
  db: WriteHandle,
  keep: Iterable<string>,
  budgetBytes: number,
): Promise<Eviction> {
  const kept = new Set(keep);
  const before = artifactBytes(db);
  let over = before - budgetBytes;
  let runs = 0;
  const oldest =
    over > 0 ? db.prepare<[], string>('SELECT fingerprint FROM node_run ORDER BY used').pluck().all() : [];
  for (const fingerprint of oldest) {
    if (over <= 0) break;
    if (kept.has(fingerprint)) continue;
    // Artifacts another run links stay, so the gain is only known afterwards.
    transact(db, () => dropRun(db, fingerprint));
    over = artifactBytes(db) - budgetBytes;
    runs++;
    await nextTurn();
  }
  await shrinkFile(db);
  return { runs, artifactBytes: before - artifactBytes(db) };
}

/** Moves free pages to the end and cuts them off, a little at a time, so that the other process gets its turns. */
export async function shrinkFile(db: WriteHandle): Promise<void> {
  for (;;) {
    const free = db.pragma('freelist_count', { simple: true }) as number;
    if (free === 0) return;
    db.pragma(`incremental_vacuum(${VACUUM_PAGES})`);
    if ((db.pragma('freelist_count', { simple: true }) as number) >= free) return;
    await nextTurn();
  }
}

function artifactBytes(db: ReadHandle): number {
  return db.prepare<[], number>('SELECT coalesce(sum(stored_bytes), 0) FROM artifact').pluck().get() ?? 0;
}
