import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DocumentState } from '../../../preload/contract.ts';
import { type ProgramUnderTest, room, startProgramUnderTest, writeRoom } from './program-under-test.ts';

/** What goes wrong, and what is offered then. */
describe('faults', () => {
  let app: ProgramUnderTest;
  let photo: string;
  beforeAll(async () => {
    app = await startProgramUnderTest();
    photo = await writeRoom(app.folder);
    await app.desk.open([photo]);
    await change('segment', { clicks: [room.sofa] });
    await change('inpaint', { prompt: 'a green velvet sofa' });
    await app.ask('run.start', { until: 'segment' });
  });
  afterAll(() => app.close());

  const change = (stage: 'segment' | 'inpaint' | 'color', values: object) =>
    app.ask('recipe.change', { edit: 0, stage, values: values as never, label: 'Changed', commit: true });
  const current = () => app.desk.document!.state;
  const running = (node: string) =>
    expect.poll(() => current().running?.node, { timeout: 30_000, interval: 5 }).toBe(node);
  const stageOf = (state: DocumentState, stage: string) =>
    state.stages[0]!.find((each) => each.stage === stage)!.state;

  it('cancels during inpaint, keeps what was finished, and goes on from there', async () => {
    const run = app.ask('run.start', { until: 'color' });
    await running('inpaint.plate');
    await app.ask('run.cancel', undefined);
    expect(current().running).toBeNull();
    const state = await run;
    expect(state.error).toBeNull();
    expect(stageOf(state, 'segment')).toBe('done');
    expect(stageOf(state, 'inpaint')).toBe('stale');
  });

  it('says that the engine was killed during inpaint, and retrying works', async () => {
    const run = app.ask('run.start', { until: 'inpaint' });
    await running('inpaint.plate');
    process.kill(app.engine.pids.pixels!, 'SIGKILL');
    const broken = await run;
    expect(broken.error).toMatchObject({ kind: 'machine', stage: 'inpaint', action: 'retry' });
    expect(broken.error!.message).toBe('The engine stopped while working on Replace');
    expect(stageOf(broken, 'inpaint')).toBe('failed');
    expect(stageOf(broken, 'segment')).toBe('done');
    const state = await app.ask('run.start', { until: 'inpaint' });
    expect(state.error).toBeNull();
    expect(stageOf(state, 'inpaint')).toBe('done');
  });

  it('lets the newest of several runs win', async () => {
    await change('segment', { grow: 3 });
    const first = app.ask('run.start', { until: 'color' });
    await change('segment', { grow: 9 });
    const second = app.ask('run.start', { until: 'segment' });
    await Promise.all([first, second]);
    expect(current().recipe.edits[0]!.segment.grow).toBe(9);
    expect(stageOf(current(), 'segment')).toBe('done');
    expect(stageOf(current(), 'color')).toBe('stale');
    expect(current().error).toBeNull();
  });

  it('refuses a corrupt photo in one sentence, and what was open stays open', async () => {
    const broken = join(app.folder, 'broken.jpg');
    writeFileSync(broken, readFileSync(photo).subarray(0, 300));
    app.answers.push(broken);
    const result = await app.call('document.choose', 'photo');
    expect(result).toMatchObject({ ok: false, error: { kind: 'request', action: 'choose-file' } });
    expect(app.desk.document!.state.name).toBe('room.davenport');
    expect(existsSync(join(app.folder, 'broken.davenport'))).toBe(false);
  });

  it('refuses a parameter that does not exist and a path that the window made up', async () => {
    const wrong = await app.call('recipe.change', {
      edit: 0,
      stage: 'color',
      values: { sparkle: 1 },
      label: 'Wrong',
      commit: true,
    });
    expect(wrong).toMatchObject({ ok: false, error: { kind: 'request' } });
    expect(await app.call('layer.info', { layer: 'made-up' })).toMatchObject({ ok: false });
    expect(await app.call('document.recent', { id: '/etc/passwd' })).toMatchObject({ ok: false });
  });

  it('recovers a damaged project into a new file beside it', async () => {
    const path = join(app.folder, 'room.davenport');
    await app.ask('document.close', undefined);
    const damaged = join(app.folder, 'damaged.davenport');
    copyFileSync(path, damaged);
    truncateSync(damaged, Math.floor(readFileSync(path).length * 0.9));
    const before = readFileSync(damaged);
    app.answers.push(damaged);
    const refused = await app.call('document.choose', 'project');
    expect(refused).toMatchObject({ ok: false, error: { action: 'recover-project' } });
    const state = await app.ask('document.recover', undefined);
    expect(state.name).toBe('damaged-recovered.davenport');
    expect(state.recipe.edits[0]!.segment.clicks).toHaveLength(1);
    expect(readFileSync(damaged).equals(before)).toBe(true);
  });

  it('offers what was open lately, with a picture, and says when it is gone', async () => {
    const { recent } = await app.ask('app.state', undefined);
    const entry = recent.find(({ name }) => name === 'room')!;
    expect(entry).toMatchObject({ missing: false, folder: app.folder });
    const picture = await app.pictures.find(entry.thumbnail!.slice('picture/'.length));
    expect(picture!.type).toMatch(/^image\//);
    const state = await app.ask('document.recent', { id: entry.id });
    expect(state.name).toBe('room.davenport');
    const after = await app.ask('app.forget', { recent: entry.id });
    expect(after.recent.some(({ id }) => id === entry.id)).toBe(false);
  });

  it('restarts the engine for another memory preset and keeps working', async () => {
    const before = app.engine.pids.pixels;
    await change('segment', { grow: 6 });
    void app.call('run.start', { until: 'color' });
    await running('inpaint.plate');
    const state = await app.ask('app.preferences', { memory: 'low' });
    expect(state.preferences.memory).toBe('low');
    expect(current().running).toBeNull();
    await change('segment', { grow: 5 });
    const run = await app.ask('run.start', { until: 'segment' });
    expect(stageOf(run, 'segment')).toBe('done');
    expect(app.engine.pids.pixels).not.toBe(before);
  });
});
