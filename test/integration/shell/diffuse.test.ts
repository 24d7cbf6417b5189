import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../../main/pipeline/report.ts';
import { packsFolder } from '../../support/checkpoint.ts';
import { writeSmallSample } from '../../support/sample.ts';
import { davenport, report, statuses } from '../../support/shell.ts';

/** A Stable Diffusion of seeded weights: it paints noise, by the very code that runs a real one. */
const PACK = 'tiny-sd15-inpaint';
const folder = mkdtempSync(join(tmpdir(), 'davenport-diffuse-'));
const photo = join(folder, 'room.jpg');
const mask = join(folder, 'mask.png');
const project = join(folder, 'room.davenport');
const options = { cwd: folder, env: { DAVENPORT_PACKS: packsFolder } };
const asks = ['--mask', mask, '--prompt', 'a green velvet sofa', '--steps', '3', '--factor', '1'];
let first: RunReport;

const edit = (...flags: string[]) => report(['edit', project, ...flags], options);
const nodesOf = ({ edits }: RunReport) =>
  Object.fromEntries(
    edits[0]!.stages.flatMap(({ nodes }) => nodes.map(({ id, status }) => [id, status] as const)),
  );
const digestOf = ({ edits }: RunReport, name: string) =>
  edits[0]!.stages.flatMap(({ artifacts }) => artifacts).find((artifact) => artifact.name === name)?.sha256;

beforeAll(async () => {
  await writeSmallSample(photo, 480);
  const { width = 0, height = 0 } = await sharp(photo).metadata();
  const object = await sharp({ create: { width: 150, height: 80, channels: 3, background: 'white' } })
    .png()
    .toBuffer();
  await sharp({ create: { width, height, channels: 3, background: 'black' } })
    .composite([{ input: object, left: 160, top: 170 }])
    .png()
    .toFile(mask);
  const steps = ['--save-intermediates', join(folder, 'steps')];
  first = await report(['run', photo, ...asks, '--pack', PACK, '--project', project, ...steps], options);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('run --pack with a diffusion pack', () => {
  it('paints through every stage', () => {
    expect(new Set(Object.values(statuses(first)))).toEqual(new Set(['ran']));
    expect(Object.keys(nodesOf(first))).toEqual(
      expect.arrayContaining(['inpaint.crop', 'inpaint.sample', 'inpaint.decode', 'inpaint.patch']),
    );
    expect(nodesOf(first)).not.toHaveProperty('inpaint.plate');
  });

  it('changes the mask and nothing else', async () => {
    expect(first.identity.differing).toBe(0);
    expect(first.identity.checked).toBeGreaterThan(480 * 320 * 0.8);
    const read = (path: string) => sharp(path).removeAlpha().raw().toBuffer();
    const [source, composite] = [await read(photo), await read(join(folder, 'steps', '4-composite.png'))];
    const alpha = await sharp(join(folder, 'steps', '4-alpha.png'))
      .extractChannel(0)
      .raw()
      .toBuffer();
    let changed = 0;
    let outside = 0;
    for (let i = 0; i < alpha.length; i++) {
      const same = [0, 1, 2].every((c) => source[3 * i + c] === composite[3 * i + c]);
      if (!same && alpha[i]! > 0) changed++;
      if (!same && alpha[i] === 0) outside++;
    }
    expect(outside).toBe(0);
    expect(changed).toBeGreaterThan(150 * 80 * 0.8);
  });

  it('encodes once and decodes once', () => {
    expect(first.vae).toEqual({ encodes: 1, decodes: 1 });
  });

  it('fits the drift on the rim', () => {
    const { metrics } = first.edits[0]!.stages.find(({ stage }) => stage === 'color')!;
    expect(metrics['rimSamples']).toBeGreaterThan(50);
    expect(metrics['rimAfter']).toBeLessThan(Number(metrics['rimBefore']));
  });
});

describe('edit', () => {
  it('leaves the latents alone when a color setting changes', async () => {
    const changed = await edit('--set', 'color.strength=0.4');
    expect(statuses(changed)).toMatchObject({ segment: 'reused', depth: 'reused', inpaint: 'reused' });
    expect(statuses(changed)['color']).toBe('ran');
    expect(changed.vae).toEqual({ encodes: 1, decodes: 1 });
  });

  it('samples anew for another prompt, from the same crop, and finds the first one again', async () => {
    const changed = await edit('--prompt', 'a red armchair', '--until', 'inpaint');
    expect(nodesOf(changed)).toMatchObject({ 'inpaint.crop': 'reused', 'inpaint.sample': 'ran' });
    expect(digestOf(changed, 'latent')).not.toBe(digestOf(first, 'latent'));
    const back = await edit('--prompt', 'a green velvet sofa', '--until', 'inpaint');
    expect(nodesOf(back)['inpaint.sample']).toBe('reused');
    expect(digestOf(back, 'latent')).toBe(digestOf(first, 'latent'));
  });

  it('starts from the clean plate below strength 1, which costs one more encode', async () => {
    const changed = await edit('--set', 'inpaint.strength=0.7', '--until', 'inpaint');
    expect(nodesOf(changed)).toMatchObject({ 'inpaint.plate': 'ran', 'inpaint.sample': 'ran' });
    expect(changed.vae).toEqual({ encodes: 2, decodes: 1 });
  });

  it('adds a detail pass at the photo’s resolution without sampling anew', async () => {
    const changed = await edit('--set', 'inpaint.strength=1', '--set', 'inpaint.detail=0.4');
    expect(nodesOf(changed)).toMatchObject({ 'inpaint.decode': 'reused', 'inpaint.detail': 'ran' });
    expect(changed.vae).toEqual({ encodes: 3, decodes: 2 });
    expect(changed.identity.differing).toBe(0);
  });

  it('follows a second control picture beside depth, drawn from the photo and shown as an intermediate', async () => {
    const before = await edit('--set', 'inpaint.detail=0', '--until', 'inpaint');
    const steps = join(folder, 'controlled');
    const flags = ['--control', 'lineart:0.6', '--until', 'inpaint', '--save-intermediates', steps];
    const changed = await edit(...flags);
    expect(nodesOf(changed)).toMatchObject({
      'inpaint.crop': 'reused',
      'inpaint.controls': 'ran',
      'inpaint.sample': 'ran',
    });
    expect(digestOf(changed, 'latent')).not.toBe(digestOf(before, 'latent'));
    const lines = await sharp(join(steps, '3-control-lineart.png')).stats();
    const hole = await sharp(join(steps, '3-hole.png')).stats();
    expect(lines.channels[0]!.max).toBe(255);
    expect(hole.channels[0]!.mean).toBeGreaterThan(20);
    const scaled = await edit('--control', 'lineart:0.3', '--until', 'inpaint');
    expect(nodesOf(scaled)).toMatchObject({ 'inpaint.controls': 'reused', 'inpaint.sample': 'ran' });
  });

  it('places a piece again with the starter pack', async () => {
    const changed = await edit('--pack', 'starter', '--until', 'inpaint');
    expect(nodesOf(changed)).toHaveProperty('inpaint.place');
    expect(changed.vae).toEqual({ encodes: 0, decodes: 0 });
  });
});

describe('a wrong request', () => {
  it.each([
    [['--set', 'inpaint.engine=diffuse'], /needs a diffusion pack, and none is chosen/],
    [['--pack', 'nowhere'], /There is no pack "nowhere"/],
    [['--pack', PACK, '--control', 'canny'], /has no control “canny”. Besides depth it has: lineart/],
    [['--pack', PACK, '--control', 'depth'], /not one of inpaint.controls/],
    [['--pack', PACK, '--control', 'lineart', '--control', 'lineart'], /each kind once/],
  ])('%s', async (flags, message) => {
    const target = join(folder, 'wrong.davenport');
    const result = await davenport(['run', photo, ...asks, '--project', target, ...flags], options);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(message);
  });
});
