import { chmodSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RequestError } from '../../../main/errors.ts';
import { createProject, openProject } from '../../../main/store/project.ts';
import { useFolder } from './helpers.ts';

const folder = useFolder();

/** Runs `action` as a user who is not the folder's owner: for root no permission is a hindrance. */
function asNobody(action: () => void): void {
  if (process.getuid?.() !== 0) return action();
  process.seteuid?.(65534);
  try {
    action();
  } finally {
    process.seteuid?.(0);
  }
}

/** A folder that may be read and not written, with a closed project, and one whose writer was killed. */
function makeReadOnlyFolder(): string {
  chmodSync(folder.path, 0o755);
  const inside = folder.file('share');
  mkdirSync(inside);
  const project = createProject(folder.file('a.davenport'));
  project.commitRecipe({ seed: 1 }, 'a');
  project.close();
  copyFileSync(folder.file('a.davenport'), `${inside}/closed.davenport`);
  const killed = openProject(folder.file('a.davenport'), { write: true });
  // In write-ahead mode, with an empty log: as a killed process leaves it after a checkpoint.
  copyFileSync(folder.file('a.davenport'), `${inside}/killed.davenport`);
  killed.close();
  chmodSync(`${inside}/closed.davenport`, 0o444);
  chmodSync(`${inside}/killed.davenport`, 0o444);
  chmodSync(inside, 0o555);
  return inside;
}

describe.skipIf(process.platform === 'win32')('a folder that may not be written', () => {
  it('lets a project be read', () => {
    const inside = makeReadOnlyFolder();
    asNobody(() => {
      const project = openProject(`${inside}/closed.davenport`, { write: false });
      expect(project.recipe()?.recipe).toEqual({ seed: 1 });
      project.close();
      expect(() => openProject(`${inside}/killed.davenport`, { write: false })).toThrow(/read-only/);
    });
    chmodSync(inside, 0o755);
    expect(readdirSync(inside).sort()).toEqual(['closed.davenport', 'killed.davenport']);
  });

  it('refuses to make or edit one', () => {
    const inside = makeReadOnlyFolder();
    asNobody(() => {
      expect(() => createProject(`${inside}/new.davenport`)).toThrow(RequestError);
      expect(() => openProject(`${inside}/closed.davenport`, { write: true })).toThrow(RequestError);
    });
    chmodSync(inside, 0o755);
    expect(readdirSync(inside)).toHaveLength(2);
  });
});

it('makes no project where a folder of that name stands', () => {
  mkdirSync(folder.file('a.davenport'));
  writeFileSync(folder.file('b'), 'file');
  expect(() => createProject(folder.file('a.davenport'))).toThrow(RequestError);
  expect(() => createProject(folder.file('b/a.davenport'))).toThrow(RequestError);
});
