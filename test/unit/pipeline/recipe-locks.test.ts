import { describe, expect, test } from 'vitest';
import { detachRecipe, lockOf, requireUnlocked } from '../../../main/pipeline/recipe-locks.ts';
import { emptyRecipe, parseRecipe, withStage } from '../../../main/pipeline/recipe.ts';

const team = { name: 'Green sofa', locked: ['inpaint.prompt', 'upscale.factor'] };
const [edit] = emptyRecipe().edits;
const two = parseRecipe({ edits: [{ ...edit, team }, { ...edit }] });

describe('what a team’s recipe locks', () => {
  test('a locked parameter is refused by the recipe’s name and its own, an open one is not', () => {
    expect(() => requireUnlocked(two, withStage(two, 0, 'inpaint', { prompt: 'red' }))).toThrow(
      /inpaint\.prompt is locked by the recipe “Green sofa”/,
    );
    requireUnlocked(two, withStage(two, 0, 'inpaint', { prompt: '', steps: 12 }));
    requireUnlocked(two, withStage(two, 1, 'inpaint', { prompt: 'red' }));
  });

  test('what is delivered is common to all edits: any edit’s recipe locks it', () => {
    expect(lockOf(two, 1, 'upscale.factor')?.name).toBe('Green sofa');
    expect(lockOf(two, 1, 'inpaint.prompt')).toBeNull();
    expect(() => requireUnlocked(two, withStage(two, 1, 'upscale', { factor: 4 }))).toThrow(
      /upscale\.factor/,
    );
  });

  test('detached, everything keeps its value and is open', () => {
    const open = detachRecipe(two, 0);
    expect(open.edits[0]).toEqual(edit);
    expect(lockOf(open, 0, 'inpaint.prompt')).toBeNull();
    requireUnlocked(open, withStage(open, 0, 'inpaint', { prompt: 'red' }));
  });

  test('projects from before there were locks are read as they are', () => {
    const stored = JSON.parse(JSON.stringify(emptyRecipe())) as unknown;
    expect(JSON.stringify(parseRecipe(stored))).toBe(JSON.stringify(stored));
  });
});
