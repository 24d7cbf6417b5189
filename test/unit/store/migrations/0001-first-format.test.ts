import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import type { WriteHandle } from '../../../../main/store/database.ts';
import { migrate, readVersion } from '../../../../main/store/migrations/index.ts';

it('makes every table, strict, from an empty file', () => {
  const db = new Database(':memory:') as WriteHandle;
  migrate(db, 1);
  expect(readVersion(db)).toBe(1);
  const tables = (db.pragma('table_list') as { name: string; strict: number; schema: string }[])
    .filter((table) => !table.name.startsWith('sqlite_'))
    .map((table) => [table.name, table.strict]);
  expect(tables.sort()).toEqual([
    ['artifact', 1],
    ['artifact_chunk', 1],
    ['kept_file', 1],
    ['kept_file_chunk', 1],
    ['node_run', 1],
    ['recipe_head', 1],
    ['recipe_revision', 1],
    ['run_artifact', 1],
    ['setting', 1],
    ['source', 1],
    ['source_chunk', 1],
  ]);
  expect(() => db.prepare("INSERT INTO source_chunk (position, data) VALUES (0, 'text')").run()).toThrow();
  migrate(db, 1);
  expect(readVersion(db)).toBe(1);
});
