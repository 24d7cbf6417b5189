import { fingerprintNodes, type Surroundings } from './fingerprint.ts';
import { nodesUntil, planRecipe } from './plan.ts';
import { parseRecipe } from './recipe.ts';
import type { ProjectReader } from '../store/project.ts';

/** Most bytes of stored intermediates a project keeps when it is closed; its recipes and its photo are kept for ever. */
const DEFAULT_BUDGET = 8 * 2 ** 30;
/** The setting that says otherwise, bytes. */
export const BUDGET_SETTING = 'artifactBudget';

/** What may be dropped when a project closes: all but `keep`, least recently used first, down to the budget. */
export interface EvictionPlan {
  /** Fingerprints that the recipe as it stands, or one step of undo or redo away, needs. */
  readonly keep: readonly string[];
  readonly budgetBytes: number;
}

/** Null where the project is within its budget, or where it cannot be told what its recipe needs. */
export function planEviction(project: ProjectReader, surroundings: Surroundings): EvictionPlan | null {
  const set = project.setting(BUDGET_SETTING);
  const budgetBytes = typeof set === 'number' && set >= 0 ? set : DEFAULT_BUDGET;
  if (project.size().artifacts <= budgetBytes) return null;
  const keep = new Set<string>();
  for (const recipe of recipesInSight(project)) {
    try {
      const plan = planRecipe(parseRecipe(recipe));
      for (const print of fingerprintNodes(nodesUntil(plan), surroundings).values()) keep.add(print);
    } catch {
      return null; // a pack of it is not installed now: nothing of it is thrown away for that
    }
  }
  return { keep: [...keep], budgetBytes };
}

/** The recipe as it stands, and its neighbours in the history. */
function recipesInSight(project: ProjectReader): unknown[] {
  const history = project.history();
  const head = history.find(({ place }) => place === 'head');
  const before = history.find(({ id }) => id === head?.parent);
  const after = history.find(({ place, parent }) => place === 'redo' && parent === head?.id);
  return [head, before, after].flatMap((entry) => (entry ? [project.revision(entry.id)?.recipe] : []));
}
