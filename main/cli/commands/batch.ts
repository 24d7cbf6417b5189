import { Command } from 'commander';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildBatchReport, writeBatchReport } from '../../batch/batch-report.ts';
import { type BatchPlace, openBatch } from '../../batch/batch.ts';
import { type Clicks, CLICKS_FILE, readClicks } from '../../batch/clicks-file.ts';
import { writeContactSheet } from '../../batch/contact-sheet.ts';
import { type BatchQueue, QUEUE_FILE } from '../../batch/queue.ts';
import type { RemoteEvent } from '../../batch/remote-batch.ts';
import { type BatchEvent, runBatch } from '../../batch/run-batch.ts';
import { RequestError } from '../../errors.ts';
import { findPacks } from '../../inference/packs.ts';
import { type LoadedRecipe, loadRecipeFile } from '../../interop/recipe-file.ts';
import { chooseItems, type ItemChoices } from '../batch-items.ts';
import { startBatchProgress } from '../batch-progress.ts';
import { engineOptions } from '../engine-options.ts';
import { untilInterrupted } from '../interrupt.ts';
import { exitCodes, printBatchReport } from '../output.ts';
import { wholeNumber } from '../whole-number.ts';

interface Flags extends ItemChoices {
  readonly recipe: string;
  readonly out: string;
  readonly clicks?: string;
  readonly lanes: string;
  readonly queue?: string;
  readonly storage?: string;
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
    .option('--queue <url>', 'let workers do it: a Redis or Valkey, see davenport worker')
    .option('--storage <folder>', 'with --queue: the folder that all machines share')
    .option('--retry <which>', 'try again: failed, person, or a photo by its name; may be repeated', collect)
    .option('--accept <which>', 'deliver in spite of the gates: person, or a photo; may be repeated', collect)
    .option('--skip <photo>', 'leave a photo out; may be repeated', collect)
    .option('--first <photo>', 'take a photo before the others; may be repeated', collect)
    .option(
      '--resume',
      'refuse to start anew: a batch must be there (without it, one that is there is continued too)',
    )
    .option('--json', 'print the report as one JSON document')
    .action(runBatchCommand);
}

const collect = (name: string, before: readonly string[] = []): readonly string[] => [...before, name];

async function runBatchCommand(folder: string, flags: Flags): Promise<void> {
  const place = { folder: resolve(folder), out: resolve(flags.out) };
  const work = chooseWork(flags);
  if (flags.resume && !existsSync(join(place.out, QUEUE_FILE)))
    throw new RequestError(`There is no batch in ${flags.out}`, 'Leave --resume out to start one');
  const recipe = await loadRecipeFile(resolve(flags.recipe));
  const clicks = await readClicks(resolve(flags.clicks ?? join(place.folder, CLICKS_FILE)));
  const progress = startBatchProgress(flags.json ?? false);
  const queue = await openBatch(place, recipe, clicks, { onFound: progress.onFound });
  try {
    chooseItems(queue, clicks, flags);
    const interrupted = await untilInterrupted(async (signal) => {
      progress.begin(queue.counts());
      await work({ queue, recipe, clicks, place, signal, onEvent: progress.onEvent });
      return signal.aborted;
    });
    progress.stop();
    await report(queue, recipe, place, interrupted, flags.json ?? false);
  } finally {
    progress.stop();
    queue.close();
  }
}

interface Work {
  readonly queue: BatchQueue;
  readonly recipe: LoadedRecipe;
  readonly clicks: Clicks;
  readonly place: BatchPlace;
  readonly signal: AbortSignal;
  readonly onEvent: (event: BatchEvent | RemoteEvent) => void;
}

/** On this machine, or by workers. @throws RequestError for flags that do not go together */
function chooseWork(flags: Flags): (work: Work) => Promise<void> {
  const lanes = wholeNumber('--lanes', flags.lanes, 16);
  const { queue: url, storage } = flags;
  if (url === undefined) {
    if (storage !== undefined)
      throw new RequestError('--storage means nothing without --queue', 'Give both or neither');
    return ({ place, ...work }) =>
      runBatch({ ...work, out: place.out, lanes, packs: findPacks(), engine: engineOptions() });
  }
  if (storage === undefined)
    throw new RequestError('--queue needs --storage', 'Name the folder that all machines share');
  return async ({ place, ...work }) => {
    const { RemoteRun } = await import('../../batch/remote-batch.ts');
    const picture = work.recipe.file.product;
    const product = picture === null ? null : resolve(dirname(resolve(flags.recipe)), picture);
    await new RemoteRun({ ...work, out: place.out, url, storage: resolve(storage), product }).run();
  };
}

async function report(
  queue: BatchQueue,
  recipe: LoadedRecipe,
  place: BatchPlace,
  interrupted: boolean,
  json: boolean,
): Promise<void> {
  const summary = buildBatchReport(queue, recipe.file.name, place.out);
  await writeBatchReport(summary);
  await writeContactSheet(summary, place.folder);
  printBatchReport(summary, json);
  const { found, done, skipped } = summary.counts;
  if (interrupted) process.exitCode = exitCodes.cancelled;
  else if (done + skipped < found) process.exitCode = exitCodes.incomplete;
}
