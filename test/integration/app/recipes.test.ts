import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DocumentState } from '../../../preload/contract.ts';
import { type ProgramUnderTest, startProgramUnderTest, writeRoom } from './program-under-test.ts';

let program: ProgramUnderTest;
let share: string;
const recipe = (value: object) => JSON.stringify({ format: 'davenport-recipe', version: 1, ...value });
const green = recipe({
  name: 'Green sofa',
  author: 'Ada',
  edit: { inpaint: { prompt: 'green velvet sofa' }, color: { strength: 0.5 } },
  locked: ['inpaint.prompt'],
});
const set = (stage: 'inpaint' | 'color', values: Record<string, string | number>) =>
  program.call('recipe.change', { edit: 0, stage, values, label: 'Change', commit: true });
const team = ({ recipe: { edits } }: DocumentState) => edits[0]?.team ?? null;

beforeAll(async () => {
  program = await startProgramUnderTest();
  share = join(program.folder, 'share');
  mkdirSync(share);
  writeFileSync(join(share, 'green.json'), green);
  writeFileSync(join(share, 'newer.json'), recipe({ name: 'Newer', version: 9 }));
  await program.desk.open([await writeRoom(program.folder)]);
}, 60_000);
afterAll(() => program.close());

describe('the team’s folder of recipes', () => {
  test('is chosen by a dialog, kept as a preference, and lists what cannot be used with the reason', async () => {
    expect((await program.ask('recipes.list', undefined)).folder).toBeNull();
    program.answers.push(null, share);
    expect(await program.ask('recipes.folder', 'choose')).toBeNull();
    const listed = await program.ask('recipes.folder', 'choose');
    expect(listed?.recipes.map(({ id, name, author, problem }) => [id, name, author, problem])).toEqual([
      ['green.json', 'Green sofa', 'Ada', null],
      ['newer.json', 'newer.json', '', expect.stringMatching(/version 9/)],
    ]);
    expect((await program.ask('app.state', undefined)).preferences.recipesFolder).toBe(share);
  });

  test('one is applied as one step; what it locks is refused here, whatever the window asks', async () => {
    await set('inpaint', { prompt: 'a lamp' });
    const steps = program.desk.requireDocument().state.history.length;
    const state = await program.ask('recipes.apply', { edit: 0, id: 'green.json' });
    expect(state && team(state)).toEqual({ name: 'Green sofa', locked: ['inpaint.prompt'] });
    expect(state?.history).toHaveLength(steps + 1);
    const refused = await set('inpaint', { prompt: 'red' });
    expect(refused).toMatchObject({
      ok: false,
      error: { kind: 'request', message: expect.stringMatching(/locked by the recipe “Green sofa”/) },
    });
    expect((await set('color', { strength: 0.7 })).ok).toBe(true);
  });

  test('undone it is gone, redone it is back; detached everything is open, and that can be undone too', async () => {
    await program.ask('recipe.undo', undefined);
    expect(team(await program.ask('recipe.undo', undefined))).toBeNull();
    expect(team(await program.ask('recipe.redo', undefined))?.name).toBe('Green sofa');
    const detached = await program.ask('recipes.detach', { edit: 0 });
    expect(detached.recipe.edits[0]?.inpaint.prompt).toBe('green velvet sofa');
    expect((await set('inpaint', { prompt: 'red' })).ok).toBe(true);
    await program.ask('recipe.undo', undefined);
    expect(team(await program.ask('recipe.undo', undefined))?.name).toBe('Green sofa');
  });

  test('the edit is saved into the folder, and never over another recipe unasked', async () => {
    const request = { edit: 0, name: 'Sofa 2', note: 'n', author: 'Bo', locked: ['color.strength'] };
    const save = (replace: boolean) => program.ask('recipes.save', { ...request, replace });
    expect(await save(false)).toBe('Sofa 2.json');
    expect(await save(false)).toBeNull();
    expect(await save(true)).toBe('Sofa 2.json');
    expect(JSON.parse(readFileSync(join(share, 'Sofa 2.json'), 'utf8'))).toMatchObject({
      author: 'Bo',
      locked: ['color.strength'],
      edit: { inpaint: { prompt: 'green velvet sofa' }, color: { strength: 0.5 } },
    });
    const wrong = await program.call('recipes.save', {
      ...request,
      locked: ['color.nothing'],
      replace: true,
    });
    expect(wrong).toMatchObject({ ok: false, error: { message: expect.stringMatching(/color\.nothing/) } });
  });

  test('a share that goes away says so and comes back without more', async () => {
    renameSync(share, `${share}-away`);
    const away = await program.ask('recipes.list', undefined);
    expect([away.offline, away.recipes]).toEqual([expect.stringMatching(/share is not there/), []]);
    expect((await program.call('recipes.apply', { edit: 0, id: 'green.json' })).ok).toBe(false);
    renameSync(`${share}-away`, share);
    expect((await program.ask('recipes.list', undefined)).recipes).toHaveLength(3);
  });

  test('locks survive closing and reopening', async () => {
    const { path } = program.desk.requireDocument().bench.project;
    await program.desk.closeDocument();
    await program.desk.openProject(path);
    expect(team(program.desk.requireDocument().state)?.locked).toEqual(['inpaint.prompt']);
    expect((await set('inpaint', { prompt: 'red' })).ok).toBe(false);
  });
});
