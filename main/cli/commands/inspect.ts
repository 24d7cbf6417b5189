import { Command } from 'commander';
import { resolve } from 'node:path';
import {
  currentRecipe,
  inspect,
  openExisting,
  reportOutcomes,
  saveIntermediates,
} from '../../pipeline/workbench.ts';
import { printReport } from '../output.ts';
import { withBench, withEngine } from '../with-engine.ts';

interface InspectFlags {
  readonly saveIntermediates?: string;
  readonly json?: boolean;
}

/** `davenport inspect <project>`: what is finished and what is stale; runs nothing. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('Show what a project holds; runs nothing')
    .argument('<project>', 'a .davenport file')
    .option('--save-intermediates <folder>', 'write every stage’s output as numbered pictures')
    .option('--json', 'print one JSON document')
    .action(async (path: string, flags: InspectFlags) => {
      await withEngine(({ engine, packs, signal }) =>
        withBench(openExisting(engine, packs, resolve(path)), async (bench) => {
          const recipe = currentRecipe(bench);
          const outcomes = inspect(bench, recipe);
          if (flags.saveIntermediates)
            await saveIntermediates(bench, outcomes, flags.saveIntermediates, signal);
          printReport(reportOutcomes(bench, recipe, outcomes, null), flags.json ?? false);
        }),
      );
    });
}
