import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RequestError } from '../../../main/errors.ts';
import { DamagedProjectError, NewerProjectError, NotAProjectError } from '../../../main/store/errors.ts';
import { createProject, openProject } from '../../../main/store/project.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'davenport-store-'));
  path = join(folder, 'room.davenport');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes that look like a compressed photo: no two alike, the same every time. */
function photoBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

describe('creating and opening', () => {
  it('leaves a single file once closed', () => {
    const project = createProject(path);
    project.setSetting('a', { b: [1, null] });
    expect(existsSync(`${path}-wal`)).toBe(true);
    project.close();
    expect(readdirSync(folder)).toEqual(['room.davenport']);
    const again = openProject(path, { write: false });
    expect(again.setting('a')).toEqual({ b: [1, null] });
    expect(again.setting('c')).toBeUndefined();
    again.close();
    expect(readdirSync(folder)).toEqual(['room.davenport']);
  });

  it('refuses to create over a project or a foreign file, and leaves them alone', () => {
    createProject(path).close();
    expect(() => createProject(path)).toThrow(/already exists/);
    const foreign = join(folder, 'notes.txt');
    writeFileSync(foreign, 'shopping list');
    expect(() => createProject(foreign)).toThrow(RequestError);
    expect(readFileSync(foreign, 'utf8')).toBe('shopping list');
  });

  it('takes a file of no bytes as new', () => {
    writeFileSync(path, '');
    expect(() => openProject(path, { write: false })).toThrow(/is empty/);
    const project = openProject(path, { write: true });
    expect(project.recipe()).toBeNull();
    expect(project.source()).toBeNull();
    project.close();
    expect(statSync(path).size).toBeGreaterThan(0);
  });

  it('refuses what is no project, by its bytes or by its application id', () => {
    writeFileSync(path, photoBytes(5000));
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
    createProject(path).close();
    const raw = new Database(path);
    raw.pragma('user_version = 9');
    raw.close();
    expect(() => openProject(path, { write: true })).toThrow(NewerProjectError);
    expect(() => openProject(path, { write: false })).toThrow(/its format is 9, this program reads up to 1/);
  });

  it('says that a file is missing, or its folder', () => {
    expect(() => openProject(path, { write: true })).toThrow(/no file/);
    expect(() => createProject(join(folder, 'nowhere', 'a.davenport'))).toThrow(/no folder/);
    expect(() => openProject(folder, { write: false })).toThrow(RequestError);
  });

  it('refuses a file that was cut off', () => {
    const project = createProject(path);
    const bytes = photoBytes(300_000);
    project.importSource(bytes, 'a.jpg', sha256(bytes), 'image/jpeg');
    project.close();
    truncateSync(path, statSync(path).size - 100_000);
    expect(() => openProject(path, { write: true })).toThrow(DamagedProjectError);
    expect(() => openProject(path, { write: false })).toThrow(/100000 bytes are missing/);
  });

  it('refuses a project whose tables are gone', () => {
    createProject(path).close();
    const raw = new Database(path);
    raw.exec('DROP TABLE run_artifact');
    raw.close();
    expect(() => openProject(path, { write: true })).toThrow(DamagedProjectError);
  });
});

describe('source', () => {
  it('keeps the file byte for byte, in several chunks', () => {
    const bytes = photoBytes(9_000_001);
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
    const project = createProject(path);
    const first = photoBytes(100);
    project.importSource(first, 'a.jpg', sha256(first), 'image/jpeg');
    const other = photoBytes(101);
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
    const parent = createProject(path);
    const pixels = openProject(path, { write: true });
    const reader = openProject(path, { write: false });
    parent.commitRecipe({ a: 1 }, 'first');
    const writing = pixels.writeArtifact(
      { dtype: 'u8', shape: [3000, 3000, 1], window: null, digest: 'x' },
      photoBytes(9_000_000),
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
    expect(readdirSync(folder)).toEqual(['room.davenport']);
  });

  it('does not sweep what the other is writing', async () => {
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
