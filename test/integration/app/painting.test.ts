import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { starterFolder } from '../../../main/inference/packs.ts';
import { packsFolder } from '../../support/checkpoint.ts';
import { type ProgramUnderTest, room, startProgramUnderTest, writeRoom } from './program-under-test.ts';

/** A Stable Diffusion of seeded weights: it paints noise, by the very code that runs a real one. */
const PACK = 'tiny-sd15-inpaint';
let app: ProgramUnderTest;

beforeAll(async () => {
  app = await startProgramUnderTest({ packs: [packsFolder, starterFolder], previews: true });
  await app.desk.open([await writeRoom(app.folder)]);
  const object = { create: { width: 200, height: 90, channels: 3, background: 'white' } } as const;
  const mask = join(app.folder, 'mask.png');
  await sharp({ create: { ...room, channels: 3, background: 'black' } })
    .composite([{ input: await sharp(object).png().toBuffer(), left: 260, top: 280 }])
    .png()
    .toFile(mask);
  app.answers.push(mask);
});
afterAll(() => app.close());

it('takes a mask file in place of clicks', async () => {
  const state = await app.ask('mask.import', { edit: 0 });
  expect(state!.recipe.edits[0]!.segment).toMatchObject({
    clicks: [],
    mask: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const run = await app.ask('run.start', { until: 'segment' });
  expect(run.intermediates.find(({ key }) => key === '0/segment.import/selection')?.status).toBe('ran');
});

it('tells of a diffusion pack what it serves', async () => {
  const { packs } = await app.ask('app.state', undefined);
  expect(packs.find(({ id }) => id === PACK)?.serves).toEqual(
    expect.arrayContaining(['diffuse', 'control:depth', 'control:lineart']),
  );
});

it('shows how far a painted picture has come, under ids that can be fetched', async () => {
  const values = { engine: 'diffuse', pack: PACK, prompt: 'a green velvet sofa', steps: 8 };
  await app.ask('recipe.change', { edit: 0, stage: 'inpaint', values, label: 'Paint', commit: true });
  const fetched: boolean[] = [];
  const seen = new Set<string>();
  const watch = setInterval(() => {
    const preview = app.progress.at(-1)?.preview;
    if (!preview || seen.has(preview)) return;
    seen.add(preview);
    void app.pictures.find(preview).then((picture) => fetched.push(picture?.type === 'image/png'));
  }, 5);
  const state = await app.ask('run.start', { until: 'color' });
  clearInterval(watch);
  expect(state.error).toBeNull();
  expect(state.stages[0]!.slice(0, 4).map((stage) => stage.state)).toEqual(['done', 'done', 'done', 'done']);
  expect(app.progress.some(({ preview }) => preview !== null)).toBe(true);
  expect(fetched).toContain(true);
});
