import { findGaps, hasSelection } from '../pipeline/completeness.ts';
import { stageIds, type StageId } from '../pipeline/graph.ts';
import { withInputs } from '../pipeline/plan.ts';
import type { Recipe } from '../pipeline/recipe.ts';
import { GuidedError } from './answer.ts';
import { type Goal, goalFor } from './runs.ts';

/**
 * What brings an edit up to a stage up to date.
 * @throws GuidedError where the user must say something first
 */
export function goalUpTo(recipe: Recipe, edit: number, until: StageId): Goal {
  requireComplete(recipe, edit, until);
  const goal = goalFor(recipe, edit, until);
  const own = goal.recipe.edits[edit];
  if (until !== 'depth' || (own && hasSelection(own))) return goal;
  // Depth reads nothing of the mask: where nothing is selected yet, it is run without one.
  const depth = goal.plan.edits[edit]?.filter(({ stage }) => stage === 'depth') ?? [];
  return { ...goal, nodes: withInputs(goal.plan, depth) };
}

function requireComplete(recipe: Recipe, edit: number, until: StageId): void {
  const reach = stageIds.indexOf(until);
  const last = until === 'upscale' ? recipe.edits.length - 1 : edit;
  for (const [index, each] of recipe.edits.slice(0, last + 1).entries()) {
    const gaps = findGaps(each);
    const isEarlier = index < edit;
    if (gaps.includes('selection') && (isEarlier || until !== 'depth')) throw nothingSelected();
    const reaches = isEarlier || reach >= stageIds.indexOf('inpaint');
    if (gaps.includes('replacement') && reaches) throw nothingToPlace();
  }
}

function nothingSelected(): GuidedError {
  return new GuidedError('Nothing says which object to replace', 'Click on it in the photo', 'go-to-segment');
}

function nothingToPlace(): GuidedError {
  return new GuidedError(
    'Nothing says what should stand there instead',
    'Describe it, choose a piece or give a product picture',
    'go-to-inpaint',
  );
}
