import { RequestError } from '../errors.ts';
import type { Recipe, TeamRecipe } from './recipe.ts';

/**
 * The team's recipe that locks a parameter; null where it is open. What is delivered is common to all edits: any edit's
 * recipe locks it.
 * @param param as `stage.param`
 */
export function lockOf(recipe: Recipe, edit: number, param: string): TeamRecipe | null {
  const asked = param.startsWith('upscale.') ? recipe.edits : recipe.edits.slice(edit, edit + 1);
  return asked.find(({ team }) => team?.locked.includes(param))?.team ?? null;
}

/**
 * Refuses a change of what a team's recipe locks.
 * @throws RequestError that names the recipe and the first locked parameter that differs
 */
export function requireUnlocked(before: Recipe, after: Recipe): void {
  for (const [index, edit] of before.edits.entries()) {
    const { team } = edit;
    const next = after.edits[index];
    if (!team || !next) continue; // an edit may be removed as a whole
    for (const param of team.locked) {
      if (JSON.stringify(valueOf(before, edit, param)) === JSON.stringify(valueOf(after, next, param)))
        continue;
      throw new RequestError(
        `${param} is locked by the recipe “${team.name}”`,
        'Leave it as it is, or detach the recipe first (at a shell: --detach-recipe)',
      );
    }
  }
}

/** A recipe whose edit (all, where none is named) follows no team's recipe any more: the values stay and are open. */
export function detachRecipe(recipe: Recipe, edit?: number): Recipe {
  return {
    ...recipe,
    edits: recipe.edits.map((each, index) => {
      if (edit !== undefined && index !== edit) return each;
      const { team: _, ...own } = each;
      return own;
    }),
  };
}

function valueOf(recipe: Recipe, edit: Recipe['edits'][number], param: string): unknown {
  const [stage = '', name = ''] = param.split('.');
  const stages: Readonly<Record<string, object>> = {
    segment: edit.segment,
    depth: edit.depth,
    inpaint: edit.inpaint,
    color: edit.color,
    upscale: recipe.upscale,
  };
  return (stages[stage] as Record<string, unknown> | undefined)?.[name];
}
