import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { RequestError } from '../../../main/errors.ts';
import { DamagedProjectError, NewerProjectError, NotAProjectError } from '../../../main/store/errors.ts';
import { createProject, openProject } from '../../../main/store/project.ts';
import { noise, sha256, useFolder } from './helpers.ts';

const folder = useFolder();

describe('creating and opening', () => {
  it('leaves a single file once closed', () => {
    const path = folder.file('room.davenport');
    const project = createProject(path);
    project.setSetting('a', { b: [1, null] });
    expect(existsSync(`${path}-wal`)).toBe(true);
    project.close();
    expect(readdirSync(folder.path)).toEqual(['room.davenport']);
    const again = openProject(path, { write: false });
    expect(again.setting('a')).toEqual({ b: [1, null] });
    expect(again.setting('c')).toBeUndefined();
    again.close();
    expect(readdirSync(folder.path)).toEqual(['room.davenport']);
  });

  it('refuses to create over a project or a foreign file, and leaves them alone', () => {
    const path = folder.file('room.davenport');
    createProject(path).close();
    expect(() => createProject(path)).toThrow(/already exists/);
    const foreign = folder.file('notes.txt');
    writeFileSync(foreign, 'shopping list');
    expect(() => createProject(foreign)).toThrow(RequestError);
    expect(readFileSync(foreign, 'utf8')).toBe('shopping list');
  });

  it('takes a file of no bytes as new', () => {
    const path = folder.file('room.davenport');
    writeFileSync(path, '');
    expect(() => openProject(path, { write: false })).toThrow(/is empty/);
    const project = openProject(path, { write: true });
    expect(project.recipe()).toBeNull();
    expect(project.source()).toBeNull();
    project.close();
    expect(statSync(path).size).toBeGreaterThan(0);
  });

  it('refuses what is no project, by its bytes or by its application id', () => {
    const path = folder.file('room.davenport');
    writeFileSync(path, noise(5000));
    expect(() => openProject(path, { write: true })).toThrow(NotAProjectError);
    writeFileSync(path, 'short');
    expect(() => openProject(path, { write: false })).toThrow(NotAProjectError);
    rmSync(path);
    const other = new Database(path);
    other.exec('CREATE TABLE t (a)');
    other.close();
    const before = readFileSync(path);
    expect(() => openProject(path, { write: true })).toThrow(NotAProjectError);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('names the format of a newer file', () => {
    const path = folder.file('room.davenport');
    createProject(path).close();
    const raw = new Database(path);
    raw.pragma('user_version = 9');
    raw.close();
    expect(() => openProject(path, { write: true })).toThrow(NewerProjectError);
    expect(() => openProject(path, { write: false })).toThrow(/its format is 9, this program reads up to 1/);
  });

  it('says that a file is missing, or its folder', () => {
    const path = folder.file('room.davenport');
    expect(() => openProject(path, { write: true })).toThrow(/no file/);
    expect(() => createProject(folder.file('nowhere/a.davenport'))).toThrow(/no folder/);
    expect(() => openProject(folder.path, { write: false })).toThrow(RequestError);
  });

  it('refuses a file that was cut off', () => {
    const path = folder.file('room.davenport');
    const project = createProject(path);
    const bytes = noise(300_000);
    project.importSource(bytes, 'a.jpg', sha256(bytes), 'image/jpeg');
    project.close();
    truncateSync(path, statSync(path).size - 100_000);
    expect(() => openProject(path, { write: true })).toThrow(DamagedProjectError);
    expect(() => openProject(path, { write: false })).toThrow(/100000 bytes are missing/);
  });

  it('refuses a project whose tables are gone', () => {
    const path = folder.file('room.davenport');
    createProject(path).close();
    const raw = new Database(path);
    raw.exec('DROP TABLE run_artifact');
    raw.close();
    expect(() => openProject(path, { write: true })).toThrow(DamagedProjectError);
  });
});

describe('source', () => {
  it('keeps the file byte for byte, in several chunks', () => {
    const path = folder.file('room.davenport');
    const bytes = noise(9_000_001);
    const project = createProject(path);
    project.importSource(bytes, 'room.jpg', sha256(bytes), 'image/jpeg');
    project.importSource(bytes, 'room.jpg', sha256(bytes), 'image/jpeg');
    project.close();
    const again = openProject(path, { write: false });
    expect(sha256(again.source()!)).toBe(sha256(bytes));
    expect(again.sourceInfo()).toMatchObject({ name: 'room.jpg', bytes: 9_000_001, mediaType: 'image/jpeg' });
    expect(again.setting('uuid')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    again.close();
  });

  it('refuses another photo and a wrong hash', () => {
    const path = folder.file('room.davenport');
    const project = createProject(path);
    const first = noise(100);
    project.importSource(first, 'a.jpg', sha256(first), 'image/jpeg');
    const other = noise(101);
    expect(() => project.importSource(other, 'b.jpg', sha256(other), 'image/jpeg')).toThrow(
      /another photo, a.jpg/,
    );
    expect(() => project.importSource(other, 'b.jpg', sha256(first), 'image/jpeg')).toThrow(TypeError);
    expect(sha256(project.source()!)).toBe(sha256(first));
    project.close();
  });
});

describe('two connections at once', () => {
  it('lets one read while the other writes, and each see what the other committed', async () => {
    const path = folder.file('room.davenport');
    const parent = createProject(path);
    const pixels = openProject(path, { write: true });
    const reader = openProject(path, { write: false });
    parent.commitRecipe({ a: 1 }, 'first');
    const writing = pixels.writeArtifact(
      { dtype: 'u8', shape: [3000, 3000, 1], window: null, digest: 'x' },
      noise(9_000_000),
    );
    parent.commitRecipe({ a: 2 }, 'second');
    const id = await writing;
    expect(pixels.recipe()?.recipe).toEqual({ a: 2 });
    expect(parent.findArtifact(id)?.rawBytes).toBe(9_000_000);
    expect(reader.findArtifact(id)?.digest).toBe('x');
    parent.close();
    expect(existsSync(`${path}-wal`)).toBe(true);
    reader.close();
    pixels.close();
    expect(readdirSync(folder.path)).toEqual(['room.davenport']);
  });

  it('does not sweep what the other is writing', async () => {
    const path = folder.file('room.davenport');
    const pixels = createProject(path);
    const id = await pixels.writeArtifact(
      { dtype: 'u8', shape: [1, 3, 1], window: null, digest: 'x' },
      new Uint8Array(3),
    );
    const parent = openProject(path, { write: true });
    expect(parent.findArtifact(id)).not.toBeNull();
    parent.close();
    pixels.close();
    const alone = openProject(path, { write: true });
    expect(alone.findArtifact(id)).toBeNull();
    alone.close();
  });
});
