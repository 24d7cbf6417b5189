import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NOT_CLICKED, openBatch, tryAgain } from '../../../main/batch/batch.ts';
import { parseClicks } from '../../../main/batch/clicks-file.ts';
import { parseRecipeFile } from '../../../main/interop/recipe-file.ts';

let root: string;
const recipe = {
  file: parseRecipeFile(JSON.stringify({ format: 'davenport-recipe', version: 1, name: 'R' }), 'r'),
  product: null,
};
const clicks = parseClicks(
  JSON.stringify({ version: 1, photos: { 'a.png': { clicks: [[1, 1]] }, 'skip.png': { skip: true } } }),
  'clicks',
);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'davenport-batch-'));
  mkdirSync(join(root, 'in', 'deep'), { recursive: true });
  for (const [i, name] of ['a.png', 'b.png', 'skip.png'].entries())
    await sharp({ create: { width: 8, height: 8, channels: 3, background: { r: i, g: 9, b: 9 } } })
      .png()
      .toFile(join(root, 'in', name));
  copyFileSync(join(root, 'in', 'a.png'), join(root, 'in', 'deep', 'copy of a.png'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('clicked photos wait, unclicked ones wait for a person, twins and those left out are listed at once', async () => {
  const queue = await openBatch({ folder: join(root, 'in'), out: join(root, 'out') }, recipe, clicks);
  const list = () => queue.list().map(({ name, state, reason }) => [name, state, reason]);
  expect(list()).toEqual([
    ['a.png', 'queued', null],
    ['b.png', 'person', NOT_CLICKED],
    ['skip.png', 'skipped', 'it is marked to be left out'],
    ['deep/copy of a.png', 'skipped', 'it is the same picture as a.png'],
  ]);
  // A twin that is wanted after all waits for its clicks like any other.
  tryAgain(queue, clicks, [4, 1]);
  expect(list()[3]).toEqual(['deep/copy of a.png', 'person', NOT_CLICKED]);
  expect(list()[0]).toEqual(['a.png', 'queued', null]);
  queue.close();
});
