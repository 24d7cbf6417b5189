import { describe, expect, it } from 'vitest';
import { RequestError } from '../../../main/errors.ts';
import { emptyRecipe, parseRecipe, setParam } from '../../../main/pipeline/recipe.ts';

describe('setParam', () => {
  it('reads numbers, words and objects by the parameter’s own type', () => {
    let recipe = setParam(emptyRecipe(), 'color.strength', '0.4');
    recipe = setParam(recipe, 'segment.grow', 'auto');
    recipe = setParam(recipe, 'inpaint.move', '{"x":4,"y":-2}');
    recipe = setParam(recipe, 'inpaint.prompt', '1970');
    recipe = setParam(recipe, 'upscale.factor', '4');
    expect(recipe.edits[0]?.color.strength).toBe(0.4);
    expect(recipe.edits[0]?.segment.grow).toBe('auto');
    expect(recipe.edits[0]?.inpaint.move).toEqual({ x: 4, y: -2 });
    expect(recipe.edits[0]?.inpaint.prompt).toBe('1970');
    expect(recipe.upscale.factor).toBe(4);
  });

  it.each([
    ['colour.strength', '1', /Unknown stage "colour"/],
    ['color.strenght', '1', /Unknown parameter "color.strenght"/],
    ['color', '1', /Unknown parameter "color"/],
    ['color.strength', 'much', /color.strength cannot be "much"/],
    ['color.strength', '1.5', /color.strength cannot be "1.5"/],
    ['upscale.factor', '3', /upscale.factor cannot be "3"/],
    ['inpaint.seed', '0.5', /inpaint.seed cannot be "0.5"/],
  ])('refuses %s=%s in one line with a next step', (name, text, message) => {
    const attempt = () => setParam(emptyRecipe(), name, text);
    expect(attempt).toThrow(RequestError);
    expect(attempt).toThrow(message);
    try {
      attempt();
    } catch (error) {
      expect((error as RequestError).message).not.toContain('\n');
      expect((error as RequestError).next.length).toBeGreaterThan(10);
    }
  });
});

describe('parseRecipe', () => {
  it('names an unknown parameter of a stored recipe', () => {
    expect(() => parseRecipe({ version: 1, edits: [{ color: { glow: 1 } }] })).toThrow(/glow/);
  });
});
