import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DraftPicture } from '../../main/engine/protocol.ts';
import { type Engine, startEngine } from '../../main/engine/supervisor.ts';
import { findPacks } from '../../main/inference/packs.ts';
import { draftColor } from '../../main/pipeline/draft-color.ts';
import { parseRecipe, type Recipe } from '../../main/pipeline/recipe.ts';
import { locateArtifact } from '../../main/pipeline/runner.ts';
import { closeWorkbench, openPhoto, runRecipe, type Workbench } from '../../main/pipeline/workbench.ts';
import { writeSmallSample } from '../support/sample.ts';

let folder: string;
let engine: Engine;
let bench: Workbench;
let sofa: { x: number; y: number };

type Color = Partial<Recipe['edits'][number]['color']>;

function withColor(color: Color): Recipe {
  const segment = { clicks: [{ ...sofa, label: 'include' }] };
  return parseRecipe({ edits: [{ segment, inpaint: { prompt: 'a dark green sofa' }, color }] });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'draft-color-'));
  const photo = join(folder, 'room.jpg');
  sofa = await writeSmallSample(photo, 700);
  engine = startEngine();
  const start = async () => ({ recipe: withColor({}), files: [], label: 'start' });
  bench = await openPhoto(engine, findPacks(), photo, join(folder, 'room.davenport'), start);
});

afterAll(async () => {
  await closeWorkbench(bench);
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Full size as it is; smaller ones without their grain, which is noise of another size, as means of 8 photo pixels. */
async function look(bytes: string, level: number): Promise<Buffer> {
  const image = sharp(Buffer.from(bytes, 'base64'));
  const { width, height } = await image.metadata();
  if (level === 0) return image.raw().toBuffer();
  const side = (length: number) => Math.round((length * 2 ** level) / 8);
  return image.resize(side(width), side(height), { fit: 'fill' }).raw().toBuffer();
}

/** The same of a part of a whole picture. */
async function cut(path: string, { x, y, width, height }: DraftPicture['rect'], level: number) {
  const part = await sharp(path).extract({ left: x, top: y, width, height }).png().toBuffer();
  if (level === 0) return sharp(part).raw().toBuffer();
  const side = (length: number) => Math.round(length / 8);
  return sharp(part).resize(side(width), side(height), { fit: 'fill' }).raw().toBuffer();
}

/** The committed composite under some settings, as a picture of the whole photo. */
async function commit(recipe: Recipe) {
  const outcomes = await runRecipe(bench, recipe, { until: 'color' });
  const finished = new Map(outcomes.map((outcome) => [outcome.node.key, outcome]));
  const source = locateArtifact(finished, { node: '0/color.composite', artifact: 'composite' });
  const path = join(folder, `${Math.random()}.png`);
  await engine.exportArtifact({ project: bench.project.path, source, path, picture: 'frame' });
  return path;
}

/** Mean absolute difference of two pictures of one size, 0–255. */
function difference(a: Buffer, b: Buffer): number {
  expect(a.length).toBe(b.length);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}

describe('a draft of the color stage', () => {
  it('is nothing before the stages in front of it are finished', async () => {
    expect(await draftColor(bench, withColor({}), 0, 1)).toBeNull();
    await expect(draftColor(bench, withColor({}), 3, 1)).rejects.toThrow('There is no edit 4');
  });

  it('shows what will be committed: exactly so at full size, nearly so at half of it', async () => {
    await commit(withColor({}));
    const before = bench.project.listRuns().length;
    const wanted = withColor({ strength: 0, feather: 6, grain: 0.5 });
    const drafts = await Promise.all([0, 1].map((level) => draftColor(bench, wanted, 0, level)));
    expect(bench.project.listRuns()).toHaveLength(before);

    const committed = await commit(wanted);
    const asItWas = await commit(withColor({}));
    for (const draft of drafts) {
      if (!draft) throw new Error('Expected a draft');
      const { rect, level } = draft;
      const { width, height } = await sharp(Buffer.from(draft.bytes, 'base64')).metadata();
      expect([width, height]).toEqual([rect.width / 2 ** level, rect.height / 2 ** level]);
      const off = difference(await look(draft.bytes, level), await cut(committed, rect, level));
      const change = difference(await look(draft.bytes, level), await cut(asItWas, rect, level));
      if (level === 0) expect(off).toBe(0);
      expect(off).toBeLessThan(1.2);
      expect(change).toBeGreaterThan(2 * off);
    }
  });
});
