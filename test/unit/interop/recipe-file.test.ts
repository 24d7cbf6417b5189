import { describe, expect, test } from 'vitest';
import { recipeFileFrom, recipeFromFile } from '../../../main/interop/apply-recipe.ts';
import { parseRecipeFile } from '../../../main/interop/recipe-file.ts';
import { emptyRecipe, withStage } from '../../../main/pipeline/recipe.ts';

const parse = (value: object) =>
  parseRecipeFile(JSON.stringify({ format: 'davenport-recipe', version: 1, name: 'R', ...value }), 'r.json');

describe('recipe files', () => {
  test('what a project exports gives the same settings again, without the clicks of its photo', () => {
    let recipe = withStage(emptyRecipe(), 0, 'inpaint', { prompt: 'green sofa', steps: 12 });
    recipe = withStage(recipe, 0, 'color', { strength: 0.4 });
    recipe = withStage(recipe, 0, 'segment', { clicks: [{ x: 1, y: 2, label: 'include' }], grow: 7 });
    const file = recipeFileFrom(recipe, 0, 'Green');
    expect(file.edit).toEqual({
      segment: { grow: 7 },
      depth: {},
      inpaint: { prompt: 'green sofa', steps: 12 },
      color: { strength: 0.4 },
    });
    const again = recipeFromFile({ file: parse(file), product: null }, 1);
    expect(again.edits[0]?.inpaint).toEqual(recipe.edits[0]?.inpaint);
    expect(again.edits[0]?.segment).toMatchObject({ grow: 7, clicks: [] });
  });

  test.each([
    [{ version: 2 }, /version 2; this program reads up to 1/],
    [{ format: 'comfyui' }, /no recipe of Davenport/],
    [{ edit: { inpaint: { promt: 'x' } } }, /unknown parameter “inpaint\.promt”/],
    [{ edit: { color: { strength: 7 } } }, /color\.strength/],
    [{ edit: { segment: { clicks: [] } } }, /unknown parameter “segment\.clicks”/],
    [{ locked: ['inpaint.promt'] }, /locks an unknown parameter “inpaint\.promt”/],
    [{ delivery: { name: '../{stem}' } }, /delivery\.name/],
  ])('refuses %j by name', (value, message) => {
    expect(() => parse(value)).toThrow(message);
  });
});
