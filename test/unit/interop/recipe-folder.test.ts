import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  loadFromFolder,
  readRecipeFolder,
  recipeFileName,
  saveToFolder,
} from '../../../main/interop/recipe-folder.ts';
import { parseRecipeFile } from '../../../main/interop/recipe-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'davenport-recipes-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const plain = { format: 'davenport-recipe', version: 1, name: 'Green sofa' };
const write = (file: string, value: unknown) =>
  writeFileSync(join(folder, file), typeof value === 'string' ? value : JSON.stringify(value));

describe('a team’s folder of recipes', () => {
  test('every file is listed in natural order, unusable ones with the reason', async () => {
    write('sofa 10.json', plain);
    write('sofa 2.json', { ...plain, author: 'Ada', locked: ['inpaint.prompt'] });
    write('newer.json', { ...plain, version: 7 });
    write('typo.json', { ...plain, edit: { inpaint: { promt: 'x' } } });
    write('half.json', '{"format": "davenp');
    write('lost picture.json', { ...plain, product: 'away.png' });
    write('notes.txt', 'no recipe, and none meant to be');
    mkdirSync(join(folder, 'old.json'));
    const entries = await readRecipeFolder(folder);
    const problems = Object.fromEntries(entries.map(({ file, problem }) => [file, problem?.message ?? null]));
    expect(Object.keys(problems)).toEqual([
      'half.json',
      'lost picture.json',
      'newer.json',
      'sofa 2.json',
      'sofa 10.json',
      'typo.json',
    ]);
    expect(problems['newer.json']).toMatch(/version 7; this program reads up to 1/);
    expect(problems['typo.json']).toMatch(/unknown parameter “inpaint\.promt”/);
    expect(problems['half.json']).toMatch(/not JSON/);
    expect(problems['lost picture.json']).toMatch(/away\.png is missing/);
    expect(entries[3]?.recipe).toMatchObject({ author: 'Ada', locked: ['inpaint.prompt'] });
  });

  test('a folder that is away says so; one that comes back is read again', async () => {
    const away = join(folder, 'share');
    await expect(readRecipeFolder(away)).rejects.toThrow(/share is not there/);
    mkdirSync(away);
    expect(await readRecipeFolder(away)).toEqual([]);
  });

  test('saving never writes over a recipe unless it is told to', async () => {
    const recipe = parseRecipeFile(JSON.stringify(plain), 'x');
    expect(await saveToFolder(folder, recipe, null, false)).toBe('Green sofa.json');
    expect(await saveToFolder(folder, { ...recipe, note: 'mine' }, null, false)).toBeNull();
    expect(readFileSync(join(folder, 'Green sofa.json'), 'utf8')).not.toMatch('mine');
    expect(await saveToFolder(folder, { ...recipe, note: 'mine' }, null, true)).toBe('Green sofa.json');
    expect((await readRecipeFolder(folder)).map((e) => e.recipe?.note)).toEqual(['mine']);
  });

  test('the product picture goes along, and is found again', async () => {
    const bytes = Buffer.from('a picture');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const recipe = parseRecipeFile(JSON.stringify(plain), 'x');
    await saveToFolder(folder, recipe, { name: 'chair.PNG', bytes, sha256 }, false);
    expect((await loadFromFolder(folder, 'Green sofa.json')).product?.sha256).toBe(sha256);
  });

  test('no name leads out of the folder', () => {
    expect(() => loadFromFolder(folder, '../secret.json')).toThrow(/no longer in the folder/);
    expect(recipeFileName('../a/b: "c"?')).toBe('a b c.json');
    expect(recipeFileName('...')).toBe('Recipe.json');
    expect(recipeFileName('Grünes Sofa')).toBe('Grünes Sofa.json');
  });
});
