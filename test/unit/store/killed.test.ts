import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createProject, openProject } from '../../../main/store/project.ts';
import { verifyProject } from '../../../main/store/verify.ts';
import { useFolder } from './helpers.ts';

const folder = useFolder();
const WRITER = fileURLToPath(new URL('../../fixtures/projects/write-until-killed.ts', import.meta.url));

/** Starts the writer, ends it without warning `ms` after it began to write, and gives what it said it committed. */
async function killWriter(path: string, ms: number): Promise<string[]> {
  const child = spawn(process.execPath, [WRITER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8');
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text: string) => {
      said += text;
      resolve();
    });
    child.on('exit', () => reject(new Error('The writer ended by itself')));
  });
  const closed = new Promise((resolve) => child.stdout.on('close', resolve));
  await ready;
  await delay(ms);
  child.kill('SIGKILL');
  await closed;
  return said
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('run-'));
}

it('keeps every finished run, and none without its artifacts, however often its writer is killed', async () => {
  const path = folder.file('a.davenport');
  const first = createProject(path);
  first.commitRecipe({ seed: 1 }, 'kept');
  first.close();
  const committed = new Set<string>();
  for (const ms of [0, 3, 17, 41, 60, 88, 130, 171, 240, 333]) {
    for (const fingerprint of await killWriter(path, ms)) committed.add(fingerprint);
    const reader = openProject(path, { write: false });
    const runs = reader.listRuns();
    expect(runs.map((run) => run.fingerprint)).toEqual(expect.arrayContaining([...committed]));
    for (const run of runs) expect(Object.keys(run.artifacts)).toEqual(['mask', 'json']);
    reader.close();
  }
  expect(committed.size).toBeGreaterThan(0);
  const last = openProject(path, { write: true });
  expect(last.recipe()?.recipe).toEqual({ seed: 1 });
  const stored = last.listRuns().flatMap((run) => Object.values(run.artifacts));
  // What the killed processes left unfinished is gone.
  expect(last.size().artifacts).toBe(stored.reduce((sum, artifact) => sum + artifact.storedBytes, 0));
  last.close();
  expect(readdirSync(folder.path)).toEqual(['a.davenport']);
  expect(await verifyProject(path)).toEqual([]);
});
