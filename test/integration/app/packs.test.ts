import { cpSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { starterFolder } from '../../../main/inference/packs.ts';
import { packsFolder } from '../../support/checkpoint.ts';
import { type ProgramUnderTest, room, startProgramUnderTest, writeRoom } from './program-under-test.ts';

const PACK = 'tiny-sd15-inpaint';

/** Packs that come and go while the program and a project are open. */
describe('packs', () => {
  let app: ProgramUnderTest;
  let packs: string;
  beforeAll(async () => {
    app = await startProgramUnderTest();
    await app.close();
    packs = join(app.folder, 'packs');
    mkdirSync(packs, { recursive: true });
    app = await startProgramUnderTest({ packs: [starterFolder, packs] });
    await app.desk.open([await writeRoom(app.folder)]);
  });
  afterAll(() => app.close());

  const change = (stage: 'segment' | 'inpaint', values: object) =>
    app.ask('recipe.change', { edit: 0, stage, values: values as never, label: 'Changed', commit: true });
  const listed = async () => (await app.ask('app.state', undefined)).packs.map(({ id }) => id);
  const states = () => app.desk.document!.state.stages[0]!.map(({ state }) => state);

  it('are used as soon as they are installed', async () => {
    expect(await listed()).not.toContain(PACK);
    cpSync(join(packsFolder, PACK), join(packs, PACK), { recursive: true });
    expect(await listed()).toContain(PACK);
    await change('segment', { clicks: [room.sofa] });
    await change('inpaint', { engine: 'diffuse', pack: PACK, prompt: 'a green sofa', steps: 2 });
    const { error } = await app.ask('run.start', { until: 'color' });
    expect(error).toBeNull();
    expect(states()).toEqual(['done', 'done', 'done', 'done', 'stale']);
    // A draft of a painted patch: its drift is fitted on the halved rim.
    const values = { strength: 0.5 };
    const draft = await app.ask('color.preview', { edit: 0, values, level: 1 });
    expect(draft!.rect.width).toBeGreaterThan(0);
    expect((await app.pictures.find(draft!.url.slice('picture/'.length)))?.type).toBe('image/jpeg');
  });

  it('that are gone leave what they made, and are missed only when they have to work', async () => {
    const project = app.desk.document!.bench.project.path;
    await app.ask('document.close', undefined);
    renameSync(join(packs, PACK), join(app.folder, 'taken-away'));
    expect(await listed()).not.toContain(PACK);
    await app.desk.open([project]);
    expect(states()).toEqual(['done', 'done', 'done', 'done', 'stale']);
    await change('inpaint', { seed: 7 });
    const { error } = await app.ask('run.start', { until: 'color' });
    expect(error).toMatchObject({ stage: 'inpaint', message: expect.stringContaining(PACK) });
    expect(states()).toEqual(['done', 'done', 'failed', 'stale', 'stale']);
  });
});
