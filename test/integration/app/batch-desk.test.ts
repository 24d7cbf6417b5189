import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { BatchState, DocumentState } from '../../../preload/contract.ts';
import type { ClickedPhoto } from '../../../main/batch/clicks-file.ts';
import { parseRecipe } from '../../../main/pipeline/recipe.ts';
import { openProject } from '../../../main/store/project.ts';
import { entry } from '../../support/shell.ts';
import { skipWithout } from '../../support/require.ts';
import { writeSmallSample } from '../../support/sample.ts';
import { type ProgramUnderTest, startProgramUnderTest } from './program-under-test.ts';

let program: ProgramUnderTest;
let sofa: { x: number; y: number };
const PATIENCE = { timeout: 120_000, interval: 200 };
const rows = () => program.ask('batch.page', { offset: 0, limit: 50 });
const row = async (name: string) => (await rows()).find((each) => each.name === name)!;
const state = async () => (await program.ask('batch.state', undefined)) as BatchState;
const change = (edit: number, stage: 'segment' | 'color', values: Record<string, never> | object) =>
  program.ask('recipe.change', { edit, stage, values: values as never, label: 'Change', commit: true });
const clickSofa = (edit = 0) => change(edit, 'segment', { clicks: [{ ...sofa, label: 'include' }] });
const idle = () => expect.poll(async () => (await state()).state, PATIENCE).toBe('idle');

async function openShoot(name: string, photos: readonly string[]): Promise<string> {
  const folder = join(program.folder, name);
  mkdirSync(folder);
  for (const [i, photo] of photos.entries()) {
    const path = join(folder, photo);
    sofa = await writeSmallSample(path, 320 + 4 * i);
    await sharp(readFileSync(path))
      .withExif({ IFD0: { Artist: 'Ada' } })
      .toFile(path);
  }
  await program.desk.openFolder([folder]);
  await vi.waitFor(() => expect(program.desk.folder?.reading).toBe(false), PATIENCE);
  const recipe = join(program.folder, `${name}.json`);
  writeFileSync(
    recipe,
    JSON.stringify({
      format: 'davenport-recipe',
      version: 1,
      name: 'Green sofa',
      edit: { inpaint: { prompt: 'green velvet sofa' } },
      upscale: { factor: 1 },
      locked: ['inpaint.prompt'],
      gates: { minConfidence: 0, minStability: 0, maxSeam: 1000 },
    }),
  );
  program.answers.push(recipe);
  await program.ask('batch.begin', { recipe: 'choose' });
  return folder;
}

beforeAll(async () => {
  program = await startProgramUnderTest();
}, 60_000);
afterAll(() => program.close());

describe('clicking through a folder', () => {
  let folder: string;
  const clicks = () =>
    (
      JSON.parse(readFileSync(join(folder, 'davenport-clicks.json'), 'utf8')) as {
        photos: Record<string, ClickedPhoto>;
      }
    ).photos;
  const name = (document: DocumentState | null) => document?.photo.name;

  beforeAll(async () => {
    folder = await openShoot('shoot', ['a.jpg', 'b.jpg', 'c.jpg']);
  }, 60_000);

  test('several objects, and settings for one photo: both are in the file of clicks', async () => {
    expect(name(await program.ask('batch.click', {}))).toBe('a.jpg');
    await clickSofa();
    await change(0, 'color', { strength: 0.4 });
    const added = await program.ask('edit.add', undefined);
    expect(added.recipe.edits[1]?.inpaint.prompt).toBe('green velvet sofa');
    await clickSofa(1);
    const locked = await program.call('recipe.change', {
      edit: 1,
      stage: 'inpaint',
      values: { prompt: 'red' },
      label: 'Prompt',
      commit: true,
    });
    expect(locked.ok).toBe(false);
    expect(name(await program.ask('batch.clicked', { skip: false }))).toBe('b.jpg');
    expect(clicks()['a.jpg']).toEqual({
      objects: [
        { clicks: [[sofa.x, sofa.y]], set: { 'color.strength': 0.4 } },
        { clicks: [[sofa.x, sofa.y]] },
      ],
    });
  }, 60_000);

  test('a photo that was left out can be gone back to and clicked after all', async () => {
    expect(name(await program.ask('batch.clicked', { skip: true }))).toBe('c.jpg');
    expect([(await row('b.jpg')).state, (await state()).clicking?.canGoBack]).toEqual(['skipped', true]);
    expect(name(await program.ask('batch.back', undefined))).toBe('b.jpg');
    await clickSofa();
    expect(name(await program.ask('batch.clicked', { skip: false }))).toBe('c.jpg');
    expect((await row('b.jpg')).state).toBe('queued');
    expect(clicks()['b.jpg']).toEqual({ clicks: [[sofa.x, sofa.y]] });
  }, 60_000);

  test('a selection that is painted counts, and nothing clicked does not', async () => {
    const nothing = await program.call('batch.clicked', { skip: false });
    expect(nothing).toMatchObject({ ok: false, error: { message: 'Nothing is clicked yet' } });
    const points = [120, 130, 200, 140];
    await change(0, 'segment', { strokes: [{ mode: 'add', size: 40, hardness: 1, points }] });
    expect(await program.ask('batch.clicked', { skip: false })).toBeNull();
    expect(clicks()['c.jpg']).toEqual({ drawn: true });
  }, 60_000);

  test('what is held back stays; the others are delivered as they were clicked', async () => {
    const { id } = await row('b.jpg');
    await program.ask('batch.act', { act: 'hold', ids: [id] });
    await program.ask('batch.start', undefined);
    await idle();
    expect((await rows()).map((each) => [each.name, each.state, each.reason])).toEqual([
      ['a.jpg', 'done', null],
      ['b.jpg', 'paused', null],
      ['c.jpg', 'done', null],
    ]);
    const project = openProject(join(folder, 'Davenport/projects/a.jpg.davenport'), { write: false });
    const { edits } = parseRecipe(project.recipe()?.recipe);
    project.close();
    expect(edits.map(({ color }) => color.strength)).toEqual([0.4, 1]);
    expect(edits[0]?.team?.name).toBe('Green sofa');
    const { exif } = await sharp(join(folder, 'Davenport/a-edited.jpg')).metadata();
    expect(exif?.toString('latin1')).toContain('Ada');
  }, 120_000);

  test('what was left out unseen waits for its clicks when it is tried again', async () => {
    const { id } = await row('b.jpg');
    await program.ask('batch.click', { id });
    await program.ask('batch.clicked', { skip: true });
    expect(clicks()['b.jpg']).toEqual({ skip: true });
    await program.ask('batch.act', { act: 'retry', ids: [id] });
    expect(await row('b.jpg')).toMatchObject({
      state: 'person',
      reason: 'nobody has clicked the object yet',
    });
    expect(clicks()['b.jpg']).toBeUndefined();
  }, 60_000);
});

const server = ['redis-server', 'valkey-server'].find((each) => spawnSync(each, ['--version']).status === 0);
const skip = skipWithout('redis', server !== undefined, 'no Redis here: install Debian’s redis-server');

describe.skipIf(skip)('a batch on a queue, in the window', () => {
  const children: ChildProcess[] = [];
  let url: string;
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  beforeAll(async () => {
    await openShoot('remote', ['a.jpg', 'b.jpg', 'c.jpg']);
    for (const { id } of await rows()) {
      await program.ask('batch.click', { id });
      await clickSofa();
      await program.ask('batch.clicked', { skip: false });
    }
    const port = await freePort();
    url = `redis://127.0.0.1:${port}`;
    const place = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', program.folder];
    children.push(spawn(server!, place, { stdio: 'ignore' }));
  }, 120_000);

  test('what is missing is asked for; a queue that nobody answers is told in the list', async () => {
    await program.ask('batch.runOn', { on: 'queue' });
    expect(await program.call('batch.start', undefined)).toMatchObject({
      ok: false,
      error: { message: 'No queue is named' },
    });
    program.answers.push(program.folder);
    await program.ask('batch.runOn', { url: 'redis://127.0.0.1:1', storage: 'choose' });
    await program.ask('batch.start', undefined);
    await idle();
    expect((await state()).stopped).toMatch(/No Redis answers at 127\.0\.0\.1:1/);
  }, 60_000);

  test('nothing is at work before a worker is; then it is the same list with the same states', async () => {
    await program.ask('batch.runOn', { url });
    const [first, , last] = await rows();
    await program.ask('batch.start', undefined);
    await expect
      .poll(async () => (await state()).workers, PATIENCE)
      .toEqual({ count: 0, lanes: 0, seconds: null });
    expect((await state()).counts).toMatchObject({ queued: 3, running: 0 });
    // What waits can still be moved, held back and left out.
    await program.ask('batch.move', { id: last!.id, before: first!.id });
    await program.ask('batch.act', { act: 'hold', ids: [first!.id] });
    const args = ['worker', '--queue', url, '--storage', program.folder, '--lanes', '1'];
    const lines: string[] = [];
    const worker = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    worker.stderr.on('data', (text: Buffer) => lines.push(...text.toString().trim().split('\n')));
    children.push(worker);
    await expect.poll(async () => (await state()).workers?.count, PATIENCE).toBe(1);
    await expect
      .poll(async () => (await state()).atWork[0]?.stage ?? null, { ...PATIENCE, interval: 20 })
      .not.toBeNull();
    await idle();
    expect((await rows()).map((each) => [each.name, each.state])).toEqual([
      ['c.jpg', 'done'],
      ['a.jpg', 'paused'],
      ['b.jpg', 'done'],
    ]);
    expect(lines).toEqual(['remote/c.jpg: done', 'remote/b.jpg: done']);
  }, 180_000);

  test('paused, the queue is given back what no worker has', async () => {
    await program.ask('batch.act', { act: 'release' });
    children[1]?.kill('SIGKILL');
    await program.ask('batch.start', undefined);
    await program.ask('batch.pause', undefined);
    await idle();
    expect((await row('a.jpg')).state).toBe('queued');
    expect((await state()).stopped).toBeNull();
  }, 60_000);
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
