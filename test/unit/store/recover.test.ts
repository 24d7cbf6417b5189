import { closeSync, openSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { RequestError } from '../../../main/errors.ts';
import { DamagedProjectError, NotAProjectError } from '../../../main/store/errors.ts';
import { createProject, openProject } from '../../../main/store/project.ts';
import { recoverProject } from '../../../main/store/recover.ts';
import { verifyProject } from '../../../main/store/verify.ts';
import { noise, runOf, sha256, useFolder } from './helpers.ts';

const folder = useFolder();
const PHOTO = noise(500_000, 3);

/** A project with a photo, three revisions and four runs of 300 kB each. */
async function makeProject(): Promise<string> {
  const path = folder.file('a.davenport');
  const project = createProject(path);
  project.importSource(PHOTO, 'room.jpg', sha256(PHOTO), 'image/jpeg');
  for (const seed of [1, 2, 3]) project.commitRecipe({ seed }, `seed ${seed}`);
  project.undo();
  for (const [seed, fingerprint] of ['f1', 'f2', 'f3', 'f4'].entries()) {
    const id = await project.writeArtifact(
      { dtype: 'u8', shape: [1000, 300, 1], window: null, digest: 'd' },
      noise(300_000, seed + 10),
    );
    project.commitRun(runOf(fingerprint, { finishedAt: seed }), { mask: id });
  }
  project.close();
  return path;
}

/** Overwrites part of the file. */
function scribble(path: string, offset: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
}

/** Where in the file the first 16 bytes of a stored blob lie. */
function findBlob(path: string, table: string, rowid: number): number {
  const db = new Database(path, { readonly: true });
  const page = db.pragma('page_size', { simple: true }) as number;
  const pages = db
    .prepare<[string], number>('SELECT pageno FROM dbstat WHERE name = ? ORDER BY pageno')
    .pluck()
    .all(table);
  const blob = db.prepare<[number], Buffer>(`SELECT data FROM ${table} WHERE rowid = ?`).pluck().get(rowid)!;
  const file = db.serialize();
  db.close();
  const at = file.indexOf(blob.subarray(page * 2, page * 2 + 16));
  expect(pages).toContain(Math.floor(at / page) + 1);
  return at;
}

describe('verifying', () => {
  it('finds nothing in a sound project, and reads it all', async () => {
    expect(await verifyProject(await makeProject())).toEqual([]);
  });

  it('finds a picture whose bytes changed, which opening does not', async () => {
    const path = await makeProject();
    scribble(path, findBlob(path, 'artifact_chunk', 2), noise(16, 99));
    const project = openProject(path, { write: false });
    const id = project.findRun('f2')!.artifacts['mask']!.id;
    await expect(project.readArtifact(id)).rejects.toThrow(DamagedProjectError);
    project.close();
    expect(await verifyProject(path)).toEqual([`artifact ${id} cannot be read`]);
  });

  it('finds a photo whose bytes changed, and a file that was cut off', async () => {
    const path = await makeProject();
    scribble(path, findBlob(path, 'source_chunk', 0), noise(16, 99));
    expect(await verifyProject(path)).toEqual(['the photo does not fit its hash']);
    truncateSync(path, statSync(path).size - 9000);
    expect((await verifyProject(path))[0]).toMatch(/damaged: 9000 bytes are missing/);
  });
});

describe('recovering', () => {
  it('copies a sound project whole', async () => {
    const path = await makeProject();
    const to = folder.file('b.davenport');
    expect(await recoverProject(path, to)).toEqual({ source: true, revisions: 3, runs: 4, lost: 0 });
    expect(await verifyProject(to)).toEqual([]);
    const project = openProject(to, { write: true });
    expect(sha256(project.source()!)).toBe(sha256(PHOTO));
    expect(project.recipe()?.recipe).toEqual({ seed: 2 });
    expect(project.redo()?.recipe).toEqual({ seed: 3 });
    expect(project.findRun('f1')).toMatchObject(runOf('f1', { finishedAt: 0 }));
    project.close();
  });

  it('saves what lies before the end of a file that was cut off', async () => {
    const path = await makeProject();
    truncateSync(path, statSync(path).size - 400_000);
    const to = folder.file('b.davenport');
    const saved = await recoverProject(path, to);
    expect(saved).toMatchObject({ source: true, revisions: 3 });
    expect(saved.runs).toBeGreaterThanOrEqual(1);
    expect(saved.runs).toBeLessThan(4);
    expect(saved.lost).toBeGreaterThan(0);
    expect(await verifyProject(to)).toEqual([]);
    const project = openProject(to, { write: true });
    expect(sha256(project.source()!)).toBe(sha256(PHOTO));
    expect(project.recipe()?.recipe).toEqual({ seed: 2 });
    project.close();
  });

  it('leaves out the run whose picture cannot be read, and keeps the others', async () => {
    const path = await makeProject();
    scribble(path, findBlob(path, 'artifact_chunk', 2), new Uint8Array(50_000));
    const to = folder.file('b.davenport');
    expect(await recoverProject(path, to)).toMatchObject({ source: true, revisions: 3, runs: 3 });
    const project = openProject(to, { write: false });
    expect(project.listRuns().map((run) => run.fingerprint)).toEqual(['f1', 'f3', 'f4']);
    project.close();
    expect(await verifyProject(to)).toEqual([]);
  });

  it('saves the pictures where the page of a recipe is gone', async () => {
    const path = await makeProject();
    const db = new Database(path, { readonly: true });
    const page = db
      .prepare<[string], number>('SELECT min(pageno) FROM dbstat WHERE name = ?')
      .pluck()
      .get('recipe_revision')!;
    const size = db.pragma('page_size', { simple: true }) as number;
    db.close();
    scribble(path, (page - 1) * size, noise(size, 5));
    expect(() => openProject(path, { write: true })).toThrow(DamagedProjectError);
    const to = folder.file('b.davenport');
    expect(await recoverProject(path, to)).toMatchObject({ source: true, revisions: 0, runs: 4 });
    const project = openProject(to, { write: true });
    expect(project.recipe()).toBeNull();
    project.commitRecipe({ seed: 9 }, 'again');
    project.close();
    expect(await verifyProject(to)).toEqual([]);
  });

  it('refuses what is no project, and a name that is taken', async () => {
    const path = await makeProject();
    const foreign = folder.file('c.davenport');
    writeFileSync(foreign, noise(3000));
    await expect(recoverProject(foreign, folder.file('d.davenport'))).rejects.toThrow(NotAProjectError);
    await expect(recoverProject(path, foreign)).rejects.toThrow(RequestError);
  });
});
