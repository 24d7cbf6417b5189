import { describe, expect, test } from 'vitest';
import { applyRecipeFile, recipeFileFrom } from '../../../main/interop/apply-recipe.ts';
import { lockable, parseRecipeFile } from '../../../main/interop/recipe-file.ts';
import { lockOf } from '../../../main/pipeline/recipe-locks.ts';
import { emptyRecipe, parseRecipe, withStage } from '../../../main/pipeline/recipe.ts';

const load = (value: object) => ({
  file: parseRecipeFile(JSON.stringify({ format: 'davenport-recipe', version: 1, name: 'R', ...value }), 'r'),
  product: null,
});

describe('a recipe applied to an open project', () => {
  const click = { x: 1, y: 2, label: 'include' as const };
  let own = withStage(emptyRecipe(), 0, 'segment', { clicks: [click], grow: 9 });
  own = withStage(own, 0, 'inpaint', { prompt: 'lamp', move: { x: 4, y: 5 }, seed: 3 });
  own = withStage(own, 0, 'upscale', { factor: 4 });
  const loaded = load({
    edit: { inpaint: { prompt: 'sofa' }, color: { strength: 0.5 } },
    upscale: { factor: 1 },
    locked: ['inpaint.prompt'],
  });

  test('settings are the recipe’s, what belongs to the photo stays, and the edit knows whose it is', () => {
    const { edits, upscale } = applyRecipeFile(own, 0, loaded);
    expect(edits[0]?.segment).toMatchObject({ clicks: [click], grow: 'auto' });
    expect(edits[0]?.inpaint).toMatchObject({ prompt: 'sofa', seed: 0, move: { x: 4, y: 5 } });
    expect([edits[0]?.color.strength, upscale.factor]).toEqual([0.5, 1]);
    expect(edits[0]?.team).toEqual({ name: 'R', locked: ['inpaint.prompt'] });
  });

  test('another recipe takes its place; one that another edit’s recipe contradicts is refused', () => {
    const applied = applyRecipeFile(own, 0, loaded);
    expect(applyRecipeFile(applied, 0, load({ name: 'S' })).edits[0]?.team?.name).toBe('S');
    const two = parseRecipe({ ...applied, edits: [...applied.edits, ...emptyRecipe().edits] });
    const strict = applyRecipeFile(two, 0, load({ name: 'Strict', locked: ['upscale.factor'] }));
    expect(() => applyRecipeFile(strict, 1, load({ upscale: { factor: 4 } }))).toThrow(/“Strict”/);
    expect(lockOf(strict, 1, 'upscale.factor')?.name).toBe('Strict');
  });

  test('saved as a recipe and read again it says the same, notes and locks too', () => {
    const notes = { note: 'For the spring catalogue', author: 'Ada', locked: ['inpaint.prompt'] };
    const file = recipeFileFrom(own, 0, 'Lamp', notes);
    expect(parseRecipeFile(JSON.stringify(file), 'x')).toEqual(file);
    expect(file).toMatchObject({ ...notes, edit: { inpaint: { prompt: 'lamp', seed: 3 } } });
  });

  test('what belongs to a photo cannot be locked', () => {
    expect(() => load({ locked: ['segment.clicks'] })).toThrow(
      /segment\.clicks, which belongs to each photo/,
    );
    expect(lockable).toContain('inpaint.product');
    expect(lockable).not.toContain('depth.floor');
  });
});
