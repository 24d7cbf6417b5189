import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { createDatabaseFile } from './database.ts';
import { APPLICATION_ID } from './header.ts';
import { migrate } from './migrations/index.ts';

/**
 * Makes an empty project file, replacing what is at `path`. It is made aside and moved into place, so that a project
 * file is whole or not there.
 */
export function createProjectFile(path: string): void {
  const aside = `${path}.${process.pid}.new`;
  try {
    rmSync(aside, { force: true });
    const db = createDatabaseFile(aside);
    try {
      // Nobody sees the file before it is whole: one flush at the end is enough.
      db.pragma('journal_mode = MEMORY');
      db.pragma('synchronous = OFF');
      db.pragma(`application_id = ${APPLICATION_ID}`);
      migrate(db);
    } finally {
      db.close();
    }
    flush(aside);
    renameSync(aside, path);
  } finally {
    rmSync(aside, { force: true });
  }
}

function flush(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
