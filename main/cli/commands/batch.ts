import { Command, Option } from 'commander';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildBatchReport, writeBatchReport } from '../../batch/batch-report.ts';
import { openBatch, QUEUE_FILE } from '../../batch/batch.ts';
import { CLICKS_FILE, readClicks } from '../../batch/clicks-file.ts';
import { writeContactSheet } from '../../batch/contact-sheet.ts';
import { runBatch } from '../../batch/run-batch.ts';
import { RequestError } from '../../errors.ts';
import { findPacks } from '../../inference/packs.ts';
import { loadRecipeFile } from '../../interop/recipe-file.ts';
import { startBatchProgress } from '../batch-progress.ts';
import { exitCodes, printBatchReport } from '../output.ts';
import { untilInterrupted } from '../interrupt.ts';

interface Flags {
  readonly recipe: string;
  readonly out: string;
  readonly clicks?: string;
  readonly lanes: string;
  readonly retry?: 'failed' | 'person';
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** `davenport batch <folder>`: every photo of a folder by one recipe. */
export function batchCommand(): Command {
  return new Command('batch')
    .description('Edit every photo of a folder by one recipe')
    .argument('<folder>', 'the folder with the photos; folders in it are kept')
    .requiredOption('--recipe <file>', 'a recipe file: see davenport recipe export')
    .requiredOption('--out <folder>', 'where results, projects, queue and report go')
    .option('--clicks <file>', `where the objects are; ${CLICKS_FILE} in the folder where not given`)
    .option('--lanes <n>', 'photos at work at a time', '2')
    .addOption(
      new Option('--retry <which>', 'try again what failed before, or what was left to a person').choices([
        'failed',
        'person',
      ]),
    )
    .option(
      '--resume',
      'go on with a batch that must be there; without it one that is there is continued too',
    )
    .option('--json', 'print the report as one JSON document')
    .action(async (folder: string, flags: Flags) => {
      const place = { folder: resolve(folder), out: resolve(flags.out) };
      const lanes = Number(flags.lanes);
      if (!Number.isInteger(lanes) || lanes < 1 || lanes > 16)
        throw new RequestError(`--lanes ${flags.lanes} is not a number from 1 to 16`, 'Give --lanes 2');
      if (flags.resume && !existsSync(join(place.out, QUEUE_FILE)))
        throw new RequestError(`There is no batch in ${flags.out}`, 'Leave --resume out to start one');
      const recipe = await loadRecipeFile(resolve(flags.recipe));
      const clicks = await readClicks(resolve(flags.clicks ?? join(place.folder, CLICKS_FILE)));
      const progress = startBatchProgress(flags.json ?? false);
      const queue = await openBatch(place, recipe, clicks, progress.onFound);
      try {
        if (flags.retry)
          queue.retry(
            queue
              .list()
              .filter(({ state }) => state === flags.retry)
              .map(({ id }) => id),
          );
        const interrupted = await untilInterrupted(async (signal) => {
          progress.begin(queue.counts());
          await runBatch({
            queue,
            recipe,
            clicks,
            packs: findPacks(),
            out: place.out,
            lanes,
            signal,
            onEvent: progress.onEvent,
          });
          return signal.aborted;
        });
        progress.stop();
        const report = buildBatchReport(queue, recipe.file.name, place.out);
        await writeBatchReport(report);
        await writeContactSheet(report, place.folder);
        printBatchReport(report, flags.json ?? false);
        const { found, done, skipped } = report.counts;
        if (interrupted) process.exitCode = exitCodes.cancelled;
        else if (done + skipped < found) process.exitCode = exitCodes.incomplete;
      } finally {
        progress.stop();
        queue.close();
      }
    });
}
