import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { LookAhead, type NextPhoto } from '../../../main/app/look-ahead.ts';
import { filesHash, findPacks, modelHash } from '../../../main/inference/packs.ts';
import type { ModelId } from '../../../main/inference/tensor.ts';
import { planRecipe } from '../../../main/pipeline/plan.ts';
import { parseRecipe } from '../../../main/pipeline/recipe.ts';
import { inspectPlan } from '../../../main/pipeline/runner.ts';
import { openProject } from '../../../main/store/project.ts';
import { writeSmallSample } from '../../support/sample.ts';

let folder: string;
let ahead: LookAhead;
const packs = findPacks();
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'davenport-ahead-'));
  ahead = new LookAhead(
    () => ({}),
    () => packs,
  );
});
afterAll(async () => {
  await ahead.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function next(id: number): Promise<NextPhoto> {
  const photo = join(folder, `${id}.jpg`);
  await writeSmallSample(photo, 320 + 8 * id);
  const decide: NextPhoto['decide'] = async (recipe) => ({ recipe, files: [], label: 'Opened' });
  return { id, photo, project: join(folder, `${id}.davenport`), decide };
}

/** Keys of the nodes that a project holds finished. */
function finishedIn(path: string): string[] {
  const project = openProject(path, { write: false });
  try {
    const plan = planRecipe(parseRecipe(project.recipe()!.recipe));
    const surroundings = {
      source: project.sourceInfo()!.sha256,
      modelHash: (model: string) => modelHash(packs, model as ModelId),
      filesHash: (prefix: string) => filesHash(packs, prefix),
    };
    return inspectPlan(project, plan, surroundings).flatMap(({ node, run }) => (run ? [node.key] : []));
  } finally {
    project.close();
  }
}

it('prepares a photo for its first click, and leaves one file', async () => {
  const photo = await next(1);
  ahead.prepare(photo);
  await vi.waitFor(() => expect(existsSync(photo.project)).toBe(true), { timeout: 30_000, interval: 10 });
  const isEncoded = () => expect(finishedIn(photo.project)).toContain('0/segment.encode');
  await vi.waitFor(isEncoded, { timeout: 60_000, interval: 100 });
  await ahead.settle();
  expect(existsSync(`${photo.project}-wal`)).toBe(false);
});

it('is settled only when the project it works on is free', async () => {
  const photo = await next(2);
  ahead.prepare(photo);
  await vi.waitFor(() => expect(existsSync(photo.project)).toBe(true), { timeout: 30_000, interval: 10 });
  await ahead.settle();
  expect(existsSync(`${photo.project}-wal`)).toBe(false);
});

it('lets go of one photo before it begins the next', async () => {
  const [first, second] = [await next(3), await next(4)];
  ahead.prepare(first);
  await vi.waitFor(() => expect(existsSync(first.project)).toBe(true), { timeout: 30_000, interval: 10 });
  ahead.prepare(second);
  await vi.waitFor(() => expect(existsSync(second.project)).toBe(true), { timeout: 30_000, interval: 1 });
  expect(existsSync(`${first.project}-wal`)).toBe(false);
  await ahead.settle();
  expect(existsSync(`${second.project}-wal`)).toBe(false);
});
