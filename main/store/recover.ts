import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { RequestError } from '../errors.ts';
import { createProjectFile } from './create.ts';
import { openWriteHandle, type ReadHandle, transact, type WriteHandle } from './database.ts';
import { withStoreErrorsAsync } from './errors.ts';
import { inspectMagic } from './header.ts';
import { requireReadableVersion } from './migrations/index.ts';
import { dropRun } from './runs.ts';
import { readSourceInfo } from './source.ts';
import { isSourceWhole, listBrokenArtifacts, listBrokenRuns } from './verify.ts';

/** What a recovery saved. */
export interface Recovery {
  /** True where the photo is whole. */
  readonly source: boolean;
  readonly revisions: number;
  readonly runs: number;
  /** Rows that could not be read, or had to be dropped because something they need is gone. */
  readonly lost: number;
}

/** Every table with the column its rows are read in order of; parents before children. */
const TABLES = [
  ['setting', 'key'],
  ['source', 'rowid'],
  ['source_chunk', 'rowid'],
  ['kept_file', 'sha256'],
  ['kept_file_chunk', 'rowid'],
  ['recipe_revision', 'rowid'],
  ['recipe_head', 'rowid'],
  ['artifact', 'rowid'],
  ['artifact_chunk', 'rowid'],
  ['node_run', 'rowid'],
  ['run_artifact', 'fingerprint'],
] as const;

type Row = Readonly<Record<string, unknown>>;

/**
 * Copies what can be read of a damaged project into a new one. The damaged file is not changed. Runs whose artifacts
 * are not whole are left out: they are computed again when needed.
 *
 * @param to path of the new project; nothing may be there
 * @throws RequestError where `path` is no project or nothing of it can be read, or `to` exists
 */
export function recoverProject(path: string, to: string): Promise<Recovery> {
  return withStoreErrorsAsync(path, async () => {
    inspectMagic(path);
    if (existsSync(to)) throw new RequestError(`${basename(to)} already exists`, 'Choose another name');
    const from = openDamaged(path);
    try {
      requireReadableVersion(from, path, false);
      createProjectFile(to);
      const db = openWriteHandle(to);
      try {
        return await copyInto(db, from);
      } finally {
        db.close();
      }
    } finally {
      from.close();
    }
  });
}

function openDamaged(path: string): ReadHandle {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  // Otherwise SQLite refuses a file that is shorter than its header says.
  db.unsafeMode(true);
  db.pragma('writable_schema = ON');
  return db as unknown as ReadHandle;
}

async function copyInto(db: WriteHandle, from: ReadHandle): Promise<Recovery> {
  db.pragma('foreign_keys = OFF');
  let lost = 0;
  transact(db, () => {
    for (const [table, order] of TABLES) lost += copyTable(db, from, table, order);
  });
  db.pragma('foreign_keys = ON');
  const broken = await listBrokenArtifacts(db);
  transact(db, () => {
    // What refers to a row that is lost may be removed before or after what it refers to.
    db.pragma('defer_foreign_keys = ON');
    lost += dropUnusable(db, broken);
    mendHistory(db);
  });
  const count = (table: string): number =>
    db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
  return {
    source: readSourceInfo(db) !== null,
    revisions: count('recipe_revision'),
    runs: count('node_run'),
    lost,
  };
}

/** Copies the rows of a table that can be read; returns how many are known to be lost. */
function copyTable(db: WriteHandle, from: ReadHandle, table: string, order: string): number {
  let lost = 0;
  let insert: Database.Statement<[Row]> | null = null;
  const store = (row: Row): void => {
    const { rowid: _, ...columns } = row;
    const names = Object.keys(columns);
    insert ??= db.prepare<[Row]>(
      `INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`,
    );
    try {
      insert.run(columns);
    } catch {
      // Garbage that no longer fits the column's type.
      lost++;
    }
  };
  const upTo = readUntilDamage(from, table, order, 'ASC', store);
  if (upTo === 'all') return lost;
  const downTo = readUntilDamage(from, table, order, 'DESC', store);
  if (order !== 'rowid' || downTo === 'all') return lost + 1;
  const select = from.prepare<[number], Row>(`SELECT rowid, * FROM ${table} WHERE rowid = ?`);
  for (let id = (upTo ?? 0) + 1; id < (downTo ?? 0); id++) {
    try {
      const row = select.get(id);
      if (row) store(row);
    } catch {
      lost++;
    }
  }
  return lost + (downTo === null ? 1 : 0);
}

/** Reads rows in one direction as far as it goes: `all`, or the last row id that could be read (null for none). */
function readUntilDamage(
  from: ReadHandle,
  table: string,
  order: string,
  direction: 'ASC' | 'DESC',
  store: (row: Row) => void,
): 'all' | number | null {
  let last: number | null = null;
  try {
    const columns = order === 'rowid' ? 'rowid, *' : '*';
    const rows = from
      .prepare<[], Row>(`SELECT ${columns} FROM ${table} ORDER BY ${order} ${direction}`)
      .iterate();
    for (const row of rows) {
      store(row);
      if (typeof row['rowid'] === 'number') last = row['rowid'];
    }
    return 'all';
  } catch {
    return last;
  }
}

/** Removes what cannot be used without what was lost. */
function dropUnusable(db: WriteHandle, brokenArtifacts: readonly number[]): number {
  let dropped = 0;
  const mark = db.prepare('UPDATE artifact SET complete = 0 WHERE id = ?');
  for (const id of brokenArtifacts) mark.run(id);
  for (const fingerprint of listBrokenRuns(db)) {
    dropRun(db, fingerprint);
    dropped++;
  }
  const remove = (sql: string): number => db.prepare(sql).run().changes;
  remove('DELETE FROM run_artifact WHERE fingerprint NOT IN (SELECT fingerprint FROM node_run)');
  dropped += remove(
    'DELETE FROM artifact WHERE complete = 0 OR id NOT IN (SELECT artifact FROM run_artifact)',
  );
  remove('DELETE FROM artifact_chunk WHERE artifact NOT IN (SELECT id FROM artifact)');
  dropped += remove(
    `DELETE FROM kept_file WHERE bytes <>
       (SELECT coalesce(sum(length(data)), 0) FROM kept_file_chunk c WHERE c.sha256 = kept_file.sha256)`,
  );
  remove('DELETE FROM kept_file_chunk WHERE sha256 NOT IN (SELECT sha256 FROM kept_file)');
  if (!isSourceWhole(db)) {
    remove('DELETE FROM source');
    dropped++;
  }
  remove('DELETE FROM source_chunk WHERE NOT EXISTS (SELECT 1 FROM source)');
  return dropped;
}

/** Joins the history again where revisions are missing; without a head, the newest one is it. */
function mendHistory(db: WriteHandle): void {
  db.prepare('DELETE FROM recipe_revision WHERE NOT json_valid(recipe)').run();
  for (const column of ['parent', 'redo']) {
    db.prepare(
      `UPDATE recipe_revision SET ${column} = NULL WHERE ${column} NOT IN (SELECT id FROM recipe_revision)`,
    ).run();
  }
  db.prepare('DELETE FROM recipe_head WHERE revision NOT IN (SELECT id FROM recipe_revision)').run();
  db.prepare(
    `INSERT OR IGNORE INTO recipe_head (id, revision)
     SELECT 1, max(id) FROM recipe_revision HAVING max(id) IS NOT NULL`,
  ).run();
}
