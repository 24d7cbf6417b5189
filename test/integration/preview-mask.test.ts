import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, startEngine } from '../../main/engine/supervisor.ts';
import { RequestError } from '../../main/errors.ts';
import { findPacks } from '../../main/inference/packs.ts';
import { previewMask } from '../../main/pipeline/preview-mask.ts';
import { emptyRecipe, parseRecipe, type Recipe } from '../../main/pipeline/recipe.ts';
import { closeWorkbench, openPhoto, type Workbench } from '../../main/pipeline/workbench.ts';
import { writeSmallSample } from '../support/sample.ts';

let folder: string;
let engine: Engine;
let bench: Workbench;
let sofa: { x: number; y: number };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'preview-mask-'));
  const photo = join(folder, 'room.jpg');
  sofa = await writeSmallSample(photo, 640);
  engine = startEngine();
  const start = async () => ({ recipe: emptyRecipe(), files: [], label: 'start' });
  bench = await openPhoto(engine, findPacks(), photo, join(folder, 'room.davenport'), start);
});

afterAll(async () => {
  await closeWorkbench(bench);
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

type Segment = Partial<Recipe['edits'][number]['segment']>;

function withSegment(segment: Segment): Recipe {
  return parseRecipe({ edits: [{ segment: { clicks: [{ ...sofa, label: 'include' }], ...segment } }] });
}

/** The mask's samples and how many are inside. */
async function decode(png: string) {
  const image = sharp(Buffer.from(png, 'base64'));
  const { width, height, channels } = await image.metadata();
  const data = await image.extractChannel(0).raw().toBuffer();
  return {
    data,
    size: [width, height, channels],
    inside: data.reduce((sum, v) => sum + Number(v >= 128), 0),
  };
}

describe('a preview of the mask', () => {
  it('shows what a click may mean as small masks, each with how good it is likely to be', async () => {
    const preview = await previewMask(bench, withSegment({}), 0, true);
    expect(Math.max(preview.width, preview.height)).toBeLessThanOrEqual(512);
    expect(preview.width / preview.height).toBeCloseTo(bench.photo.width / bench.photo.height, 1);
    const chosen = preview.proposals[preview.chosen]!;
    for (const { png, predictedIou } of preview.proposals) {
      expect((await decode(png)).size).toEqual([preview.width, preview.height, 1]);
      expect(predictedIou).toBeGreaterThan(0);
      expect(predictedIou).toBeLessThanOrEqual(1);
    }
    const { data } = await decode(chosen.png);
    const scale = preview.width / bench.photo.width;
    expect(data[Math.floor(sofa.y * scale) * preview.width + Math.floor(sofa.x * scale)]).toBeGreaterThan(
      128,
    );
  });

  it('grows from part to group, and gives the one that is asked for', async () => {
    const areas = new Map<string, number>();
    for (const proposal of [0, 1, 2]) {
      const preview = await previewMask(bench, withSegment({ proposal }), 0, true);
      const chosen = preview.proposals[preview.chosen]!;
      expect(chosen.index).toBe(proposal);
      areas.set(chosen.kind, (await decode(chosen.png)).inside);
    }
    expect(areas.get('part')).toBeLessThanOrEqual(areas.get('object')!);
    expect(areas.get('object')).toBeLessThanOrEqual(areas.get('group')!);
  });

  it('gives the one that is meant alone, the same, where the others are not wanted', async () => {
    const all = await previewMask(bench, withSegment({}), 0, true);
    const alone = await previewMask(bench, withSegment({}), 0, false);
    expect(all.proposals.length).toBeGreaterThan(1);
    expect(alone).toEqual({ ...all, chosen: 0, proposals: [all.proposals[all.chosen]] });
  });

  it('keeps the encoding and nothing else', async () => {
    const before = bench.project.recipe()?.recipe;
    await previewMask(
      bench,
      withSegment({ clicks: [{ x: sofa.x + 9, y: sofa.y, label: 'include' }] }),
      0,
      true,
    );
    expect(bench.project.recipe()?.recipe).toEqual(before);
    expect(bench.project.listRuns().map((run) => run.node)).toEqual(['segment.encode']);
  });

  it('refuses an edit and a proposal that do not exist', async () => {
    await expect(previewMask(bench, withSegment({}), 3, true)).rejects.toThrow(RequestError);
    await expect(previewMask(bench, withSegment({ proposal: 6 }), 0, true)).rejects.toThrow(
      'there are 3 proposals',
    );
  });
});
