import { readFileSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DocumentState } from '../../../preload/contract.ts';
import { type ProgramUnderTest, room, startProgramUnderTest, writeRoom } from './program-under-test.ts';

/** Drives a whole edit through the calls of the contract: real engine, real project file, no window. */
describe('an edit from photo to delivery', () => {
  let app: ProgramUnderTest;
  let photo: string;
  beforeAll(async () => {
    app = await startProgramUnderTest();
    photo = await writeRoom(app.folder);
  });
  afterAll(() => app.close());

  const stageOf = (state: DocumentState | null, stage: string) =>
    state?.stages[0]?.find((each) => each.stage === stage)?.state;
  const change = (stage: 'segment' | 'inpaint' | 'color' | 'upscale', values: object, commit = true) =>
    app.ask('recipe.change', { edit: 0, stage, values: values as never, label: `${stage} changed`, commit });

  it('opens a photo beside itself and prepares what any click will need', async () => {
    const state = (await app.desk.open([photo])) as DocumentState;
    expect(state.name).toBe('room.davenport');
    expect(state.photo).toMatchObject({ width: room.width, height: room.height, name: 'room.jpg', depth: 8 });
    expect(existsSync(join(app.folder, 'room.davenport'))).toBe(true);
    await expect.poll(() => stageOf(app.desk.document!.state, 'depth'), { timeout: 30_000 }).toBe('done');
    expect(stageOf(app.desk.document!.state, 'segment')).toBe('empty');
    expect(app.states.some((each) => each?.running?.node === 'segment.encode')).toBe(true);
  });

  it('answers hovering with coarse masks that are committed to nothing', async () => {
    const preview = await app.ask('mask.preview', {
      edit: 0,
      clicks: [room.sofa],
      box: null,
      withOthers: true,
    });
    const best = preview.proposals[preview.chosen]!;
    expect(best.quality).toBeGreaterThan(0);
    expect(best.area).toBeGreaterThan(0.02);
    expect(best.area).toBeLessThan(0.6);
    const picture = await app.pictures.find(best.url.slice('picture/'.length));
    expect((await sharp(picture!.bytes).metadata()).format).toBe('png');
    expect(app.desk.document!.state.recipe.edits[0]!.segment.clicks).toEqual([]);
  });

  it('refuses to run what lacks a click, and says which step to go to', async () => {
    const result = await app.call('run.start', { until: 'segment' });
    expect(result).toMatchObject({ ok: false, error: { kind: 'request', action: 'go-to-segment' } });
  });

  it('makes the mask after a click', async () => {
    await change('segment', { clicks: [room.sofa] });
    const state = await app.ask('run.start', { until: 'segment' });
    expect(state.error).toBeNull();
    expect(stageOf(state, 'segment')).toBe('done');
    const mask = state.intermediates.find(({ key }) => key === '0/segment.grow/mask')!;
    expect(mask).toMatchObject({
      status: 'ran',
      width: room.width,
      height: room.height,
      kind: 'mask',
      name: '1-mask',
    });
    expect(await app.ask('layer.sample', { layer: mask.id, x: room.sofa.x, y: room.sofa.y })).toEqual([255]);
    expect(state.stages[0]![0]!.thumbnail).toBe(mask.id);
  });

  it('gives a picture another id when its content is another, and the old one when it comes back', async () => {
    const before = app.desk.document!.state.intermediates.find(
      ({ key }) => key === '0/segment.grow/mask',
    )!.id;
    const stale = await change('segment', { grow: 12 }, false);
    expect(stageOf(stale, 'segment')).toBe('stale');
    expect(stale.saved).toBe(false);
    expect(stale.intermediates.find(({ key }) => key === '0/segment.grow/mask')!.id).toBe(before);
    const grown = await app.ask('run.start', { until: 'segment' });
    expect(grown.intermediates.find(({ key }) => key === '0/segment.grow/mask')!.id).not.toBe(before);
    const committed = await change('segment', { grow: 'auto' });
    expect(committed.intermediates.find(({ key }) => key === '0/segment.grow/mask')!.id).toBe(before);
    expect(committed.saved).toBe(true);
  });

  it('runs drafts without putting them into the history', async () => {
    const steps = app.desk.document!.state.history.length;
    for (const grow of [1, 2, 3]) await change('segment', { grow }, false);
    expect(app.desk.document!.state.history).toHaveLength(steps);
    expect(app.desk.document!.state.recipe.edits[0]!.segment.grow).toBe(3);
    await change('segment', { grow: 4 });
    expect(app.desk.document!.state.history).toHaveLength(steps + 1);
    await app.ask('recipe.undo', undefined);
  });

  it('asks for a replacement before it inpaints', async () => {
    const result = await app.call('run.start', { until: 'inpaint' });
    expect(result).toMatchObject({ ok: false, error: { action: 'go-to-inpaint' } });
  });

  it('replaces, matches and tells how far it is', async () => {
    await change('inpaint', { prompt: 'a green velvet sofa' });
    app.progress.length = 0;
    const state = await app.ask('run.start', { until: 'color' });
    expect(state.error).toBeNull();
    expect(['segment', 'depth', 'inpaint', 'color'].map((stage) => stageOf(state, stage))).toEqual(
      Array.from({ length: 4 }, () => 'done'),
    );
    const told = app.states.flatMap((each) => (each?.running ? [each.running.node] : []));
    expect(told).toContain('inpaint.place');
    expect(app.progress.every(({ total }) => total >= 0 && total <= 1)).toBe(true);
    const placement = state.intermediates.find(({ key }) => key === '0/inpaint.place/placement')!;
    expect(await app.ask('layer.json', { layer: placement.id })).toMatchObject({ kind: expect.any(String) });
  });

  it('reruns only color and what follows when the strength changes', async () => {
    await change('color', { strength: 0.5 });
    const state = await app.ask('run.start', { until: 'color' });
    const ran = state.intermediates.filter(({ status }) => status === 'ran').map(({ stage }) => stage);
    expect(new Set(ran)).toEqual(new Set(['color']));
  });

  it('shows drafts of the strength and leaves nothing of them in the project', async () => {
    const size = () => app.desk.document!.bench.project.listRuns().length;
    const before = size();
    for (const strength of [0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1, 0.05]) {
      await change('color', { strength }, false);
      await app.ask('run.start', { until: 'color' });
    }
    expect(size()).toBeGreaterThan(before);
    await change('color', { strength: 0.5 });
    await app.ask('run.start', { until: 'color' });
    await expect.poll(() => size() <= before, { timeout: 10_000 }).toBe(true);
  });

  it('keeps variations side by side and the locked ones when rolled again', async () => {
    const state = await app.ask('variations.run', { edit: 0, seeds: [0, 7] });
    expect(state.variations.map(({ seed, status }) => [seed, status])).toEqual([
      [0, 'reused'],
      [7, 'reused'],
    ]);
    expect(new Set(state.variations.map(({ layer }) => layer)).size).toBe(2);
    expect(state.recipe.edits[0]!.inpaint.seed).toBe(0);
    await app.ask('variations.lock', { edit: 0, seed: 7, locked: true });
    const again = await app.ask('variations.run', { edit: 0, seeds: [0] });
    expect(again.variations.map(({ seed, locked }) => [seed, locked])).toEqual([
      [7, true],
      [0, false],
    ]);
  });

  it('never delivers over the photo or a project', async () => {
    await change('upscale', { factor: 1 });
    app.answers.push(photo);
    const over = await app.call('deliver.run', { format: 'jpeg', profile: 'photo' });
    expect(over).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('the photo itself') },
    });
    app.answers.push(join(app.folder, 'room.davenport'));
    const project = await app.call('deliver.run', { format: 'png', profile: 'photo' });
    expect(project).toMatchObject({ ok: false, error: { message: expect.stringContaining('project') } });
  });

  it('delivers and reports what it delivered', async () => {
    app.answers.push(join(app.folder, 'out'));
    const state = await app.ask('deliver.run', { format: 'jpeg', quality: 90, profile: 'srgb' });
    expect(state?.delivery).toMatchObject({
      file: 'out.jpg',
      format: 'jpeg',
      profile: 'sRGB',
      width: room.width,
    });
    expect(state?.delivery?.identity.differing).toBe(0);
    expect(state?.delivery?.identity.checked).toBeGreaterThan(0);
    const file = join(app.folder, 'out.jpg');
    expect(state?.delivery?.bytes).toBe(statSync(file).size);
    expect((await sharp(file).metadata()).icc).toBeDefined();
    await app.ask('deliver.reveal', undefined);
    expect(app.revealed).toEqual([file]);
  });

  it('saves a copy that opens by itself', async () => {
    app.answers.push(join(app.folder, 'copy'));
    expect(await app.ask('document.copy', undefined)).toBe('copy.davenport');
    const copy = join(app.folder, 'copy.davenport');
    expect(readFileSync(copy).subarray(0, 15).toString()).toBe('SQLite format 3');
    expect(readdirSync(app.folder).filter((name) => name.includes('.part'))).toEqual([]);
    const before = app.desk.document!.state;
    const state = (await app.desk.open([copy])) as DocumentState;
    expect(state.recipe).toEqual(before.recipe);
    expect(stageOf(state, 'color')).toBe('done');
    await app.desk.open([join(app.folder, 'room.davenport')]);
  });

  it('exports every intermediate', async () => {
    const out = join(app.folder, 'all');
    app.answers.push(out);
    const count = await app.ask('layer.exportAll', undefined);
    expect(count).toBe(readdirSync(out).length);
    expect(readdirSync(out)).toContain('4-composite.png');
  });

  it('leaves one file when it is closed, and undoes past the reopening', async () => {
    await app.ask('document.close', undefined);
    expect(readdirSync(app.folder).filter((name) => name.startsWith('room.davenport'))).toEqual([
      'room.davenport',
    ]);
    expect(app.states.at(-1)).toBeNull();
    const state = (await app.desk.open([join(app.folder, 'room.davenport')])) as DocumentState;
    expect(state.canUndo).toBe(true);
    expect(state.delivery?.file).toBe('out.jpg');
    const undone = await app.ask('recipe.undo', undefined); // the factor
    const earlier = await app.ask('recipe.undo', undefined); // the strength
    expect(undone.recipe.upscale.factor).toBe(2);
    expect(earlier.recipe.edits[0]!.color.strength).toBe(1);
    expect(stageOf(earlier, 'color')).toBe('done');
    expect((await app.ask('recipe.redo', undefined)).recipe.edits[0]!.color.strength).toBe(0.5);
  });

  it('continues the project of a photo that is opened again', async () => {
    const state = (await app.desk.open([photo])) as DocumentState;
    expect(state.name).toBe('room.davenport');
    expect(state.history.length).toBeGreaterThan(3);
  });

  it('adds an edit that works on what the first one left', async () => {
    const added = await app.ask('edit.add', undefined);
    expect(added.edit).toBe(1);
    expect(added.stages).toHaveLength(2);
    await app.ask('recipe.change', {
      edit: 1,
      stage: 'segment',
      values: { clicks: [{ x: 231, y: 300, label: 'include' }] },
      label: 'Click',
      commit: true,
    });
    const state = await app.ask('run.start', { until: 'depth' });
    expect(state.stages[1]!.find(({ stage }) => stage === 'depth')!.state).toBe('done');
    const removed = await app.ask('edit.remove', { edit: 1 });
    expect(removed.stages).toHaveLength(1);
    expect(removed.edit).toBe(0);
  });

  it('lists a folder’s photos with those that cannot be used', async () => {
    writeFileSync(join(app.folder, 'broken.jpg'), 'no photo');
    await app.desk.open([app.folder]);
    await expect.poll(() => app.desk.folder?.reading, { timeout: 20_000 }).toBe(false);
    const byName = new Map(app.desk.folder!.photos.map((each) => [each.path, each]));
    expect(byName.get('room.jpg')).toMatchObject({ width: room.width, height: room.height, problem: null });
    expect(byName.get('broken.jpg')?.problem).toMatch(/no photo/);
    expect(byName.has('all/4-composite.png')).toBe(true);
    const picture = await app.pictures.find(byName.get('room.jpg')!.thumbnail!.slice('picture/'.length));
    expect((await sharp(picture!.bytes).metadata()).width).toBe(320);
    const refused = await app.call('folder.open', { photo: byName.get('broken.jpg')!.id });
    expect(refused).toMatchObject({ ok: false, error: { kind: 'request' } });
    const opened = await app.ask('folder.open', { photo: byName.get('room.jpg')!.id });
    expect(opened.name).toBe('room.davenport');
  });
});
