import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeSmallSample } from '../../support/sample.ts';
import { davenport } from '../../support/shell.ts';

let root: string;
let project: string;
const edit = (...flags: string[]) => davenport(['edit', project, '--until', 'segment', ...flags]);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'davenport-test-'));
  project = join(root, 'room.davenport');
  const photo = join(root, 'room.jpg');
  const { x, y } = await writeSmallSample(photo, 320);
  const recipe = join(root, 'green.json');
  writeFileSync(
    recipe,
    JSON.stringify({
      format: 'davenport-recipe',
      version: 1,
      name: 'Green sofa',
      edit: { inpaint: { prompt: 'green velvet sofa' } },
      locked: ['inpaint.prompt'],
    }),
  );
  const run = ['run', photo, '--click', `${x},${y}`, '--until', 'segment', '--project', project];
  expect((await davenport([...run, '--out', join(root, 'out.jpg')])).code).toBe(0);
  expect((await davenport(['recipe', 'import', project, recipe])).code).toBe(0);
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('a locked parameter is refused in one line with exit code 2, however it is named; open ones are not', async () => {
  for (const flags of [
    ['--set', 'inpaint.prompt=red'],
    ['--prompt', 'red'],
  ]) {
    const refused = await edit(...flags);
    expect([refused.code, refused.stderr.trim().split('\n').length]).toEqual([2, 1]);
    expect(refused.stderr).toMatch(/inpaint\.prompt is locked by the recipe “Green sofa”.*--detach-recipe/);
  }
  expect((await edit('--set', 'inpaint.steps=12')).code).toBe(0);
}, 60_000);

test('detached it can be changed, and the lock does not come back', async () => {
  expect((await edit('--detach-recipe', '--prompt', 'red')).code).toBe(0);
  expect((await edit('--prompt', 'blue')).code).toBe(0);
}, 60_000);
