import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunReport } from '../../../main/pipeline/report.ts';
import { writeSmallSample } from '../../support/sample.ts';
import { davenport, digests, report, statuses } from '../../support/shell.ts';

const folder = mkdtempSync(join(tmpdir(), 'davenport-main-job-'));
const photo = join(folder, 'room.jpg');
const project = join(folder, 'room.davenport');
let click = { x: 0, y: 0 };
let first: RunReport;

function run(target: string, ...more: string[]): Promise<RunReport> {
  const asks = ['--click', `${click.x},${click.y}`, '--prompt', 'a green velvet sofa'];
  return report(['run', photo, ...asks, '--project', target, '--out', `${target}.png`, ...more], {
    cwd: folder,
  });
}

function readRgb(path: string): Promise<Buffer> {
  return sharp(path).removeAlpha().raw().toBuffer();
}

function edit(...flags: string[]): Promise<RunReport> {
  return report(['edit', project, ...flags], { cwd: folder });
}

beforeAll(async () => {
  click = await writeSmallSample(photo, 720);
  first = await run(project, '--save-intermediates', join(folder, 'steps'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('run', () => {
  it('runs every stage and delivers twice the photo’s size', async () => {
    expect(new Set(Object.values(statuses(first)))).toEqual(new Set(['ran']));
    const { width, height } = await sharp(first.out ?? '').metadata();
    const source = await sharp(photo).metadata();
    expect([width, height]).toEqual([2 * (source.width ?? 0), 2 * (source.height ?? 0)]);
  });

  it('replaces something of a sofa’s size, and says that nothing else differs', () => {
    const pixels = 720 * 480;
    const area = first.edits[0]?.region.area ?? 0;
    expect(area / pixels).toBeGreaterThan(0.04);
    expect(area / pixels).toBeLessThan(0.5);
    expect(first.identity.differing).toBe(0);
    expect(first.identity.checked).toBeGreaterThan(pixels * 0.5);
    expect(first.vae).toEqual({ encodes: 0, decodes: 0 });
    expect(first.verdict).toBeNull();
  });

  it('saves a composite that equals the photo wherever its alpha is 0', async () => {
    const [source, composite] = await Promise.all([
      readRgb(photo),
      readRgb(join(folder, 'steps', '4-composite.png')),
    ]);
    const alpha = await sharp(join(folder, 'steps', '4-alpha.png'))
      .extractChannel(0)
      .raw()
      .toBuffer();
    let differing = 0;
    let changed = 0;
    for (let i = 0; i < alpha.length; i += 1) {
      const same = [0, 1, 2].every((c) => source[3 * i + c] === composite[3 * i + c]);
      if (alpha[i] === 0 && !same) differing += 1;
      if (alpha[i] === 255 && !same) changed += 1;
    }
    expect(alpha).toHaveLength(source.length / 3);
    expect(differing).toBe(0);
    expect(changed).toBeGreaterThan(1000);
  });

  it('counts time inside the models as part of the stages that run one', () => {
    for (const stage of [...(first.edits[0]?.stages ?? []), first.delivery]) {
      expect(stage.modelMs).toBeLessThanOrEqual(stage.ms);
      const runsModels = stage.stage === 'segment' || stage.stage === 'upscale';
      if (runsModels) expect(stage.modelMs).toBeGreaterThan(0);
      expect(stage.provider).toBe(runsModels ? 'cpu' : stage.modelMs > 0 ? 'cpu' : null);
    }
  });

  it('gives the same samples again, artifact by artifact', async () => {
    const again = await run(join(folder, 'again.davenport'));
    expect(digests(again)).toEqual(digests(first));
    expect(Object.keys(digests(first)).length).toBeGreaterThan(12);
  });

  it('continues a project that is there, and has nothing left to do', async () => {
    const again = await run(project);
    expect(new Set(Object.values(statuses(again)))).toEqual(new Set(['reused']));
    expect(digests(again)).toEqual(digests(first));
  });
});

describe('edit', () => {
  it('runs color and upscale alone when the colour strength changes, and nothing when it is set back', async () => {
    const weaker = await edit('--set', 'color.strength=0.4');
    expect(statuses(weaker)).toEqual({
      segment: 'reused',
      depth: 'reused',
      inpaint: 'reused',
      color: 'ran',
      upscale: 'ran',
    });
    expect(digests(weaker)['composite']).not.toBe(digests(first)['composite']);
    const back = await edit('--set', 'color.strength=1');
    expect(new Set(Object.values(statuses(back)))).toEqual(new Set(['reused']));
    expect(digests(back)).toEqual(digests(first));
  });

  it('runs inpaint and what follows for a new seed, and gives another patch', async () => {
    const other = await edit('--seed', '7');
    expect(statuses(other)).toEqual({
      segment: 'reused',
      depth: 'reused',
      inpaint: 'ran',
      color: 'ran',
      upscale: 'ran',
    });
    expect(digests(other)['patch']).not.toBe(digests(first)['patch']);
    await edit('--seed', '0');
  });

  it('leaves depth alone when the click changes', async () => {
    const moved = await edit('--click', `${click.x + 12},${click.y + 4}`);
    expect(statuses(moved)).toEqual({
      segment: 'ran',
      depth: 'reused',
      inpaint: 'ran',
      color: 'ran',
      upscale: 'ran',
    });
    const clicked = moved.edits[0]?.stages[0]?.nodes.find((node) => node.id === 'segment.encode');
    expect(clicked?.status).toBe('reused');
    await edit('--click', `${click.x},${click.y}`);
  });

  it('tells people which words of the prompt it could not use', async () => {
    const told = await davenport(['edit', project, '--prompt', 'a zebra sofa', '--until', 'inpaint'], {
      cwd: folder,
    });
    expect(told.code).toBe(0);
    expect(told.stdout).toMatch(/Note: .*zebra/);
    await edit('--prompt', 'a green velvet sofa');
  });

  it('stops where it is told to, and leaves the rest pending', async () => {
    const some = await edit('--seed', '11', '--until', 'depth');
    expect(statuses(some)).toEqual({
      segment: 'reused',
      depth: 'reused',
      inpaint: 'pending',
      color: 'pending',
      upscale: 'pending',
    });
    await edit('--seed', '0');
  });
});

describe('inspect', () => {
  it('reports what is there and runs nothing', async () => {
    const seen = await report(['inspect', project], { cwd: folder });
    expect(new Set(Object.values(statuses(seen)))).toEqual(new Set(['reused']));
    expect(digests(seen)).toEqual(digests(first));
  });
});
