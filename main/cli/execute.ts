import { nodesUntil, planRecipe } from '../pipeline/plan.ts';
import type { Recipe } from '../pipeline/recipe.ts';
import {
  currentRecipe,
  deliver,
  inspect,
  isDelivered,
  reportOutcomes,
  runRecipe,
  saveIntermediates,
  type Workbench,
} from '../pipeline/workbench.ts';
import type { NodeOutcome } from '../pipeline/outcome.ts';
import type { EditingFlags } from './editing-flags.ts';
import { printReport } from './output.ts';
import { formatOf } from './paths.ts';
import { startProgress } from './progress.ts';

/** Brings the project up to date with its recipe and writes what was asked for. */
export async function execute(
  bench: Workbench,
  flags: EditingFlags,
  out: string | null,
  signal: AbortSignal,
): Promise<void> {
  const recipe = currentRecipe(bench);
  const outcomes = await runShown(bench, recipe, flags, signal);
  const delivered = out !== null && isDelivered(outcomes);
  if (delivered) await deliver(bench, outcomes, out, { format: formatOf(out) });
  if (flags.saveIntermediates !== undefined)
    await saveIntermediates(bench, outcomes, flags.saveIntermediates, signal);
  printReport(reportOutcomes(bench, recipe, outcomes, delivered ? out : null), flags.json ?? false);
}

async function runShown(
  bench: Workbench,
  recipe: Recipe,
  flags: EditingFlags,
  signal: AbortSignal,
): Promise<NodeOutcome[]> {
  const progress = startProgress(nodesUntil(planRecipe(recipe), flags.until), flags.json ?? false);
  const options = { signal, onEvent: progress.onEvent, ...(flags.until ? { until: flags.until } : {}) };
  try {
    return await runRecipe(bench, recipe, options);
  } catch (error) {
    // What was finished before the failure is worth looking at: that is what intermediates are for.
    if (flags.saveIntermediates !== undefined) {
      await saveIntermediates(bench, inspect(bench, recipe), flags.saveIntermediates).catch(() => undefined);
    }
    throw error;
  } finally {
    progress.stop();
  }
}
