import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { RunPlace } from '../../preload/contract.ts';
import { openBatch } from '../batch/batch.ts';
import { buildBatchReport, writeBatchReport } from '../batch/batch-report.ts';
import { type ClickedPhoto, CLICKS_FILE, readClicks } from '../batch/clicks-file.ts';
import { type Thumbnail, writeContactSheet } from '../batch/contact-sheet.ts';
import { BatchQueue } from '../batch/queue.ts';
import { QUEUE_FILE, RESULTS } from '../batch/queue-file.ts';
import { type LoadedRecipe, parseRecipeFile } from '../interop/recipe-file.ts';
import { readNamedFile } from '../pipeline/workbench.ts';
import type { OpenFolder } from './folder.ts';

/** A batch that is open: its queue, its recipe and the clicks beside the photos. */
export interface OpenBatch {
  readonly name: string;
  readonly folder: string;
  readonly out: string;
  readonly clicksFile: string;
  readonly queue: BatchQueue;
  readonly recipe: LoadedRecipe;
  /** Absolute path of the recipe's product picture. */
  readonly product: string | null;
  readonly clicks: Map<string, ClickedPhoto>;
}

/** Settings of the queue: the recipe, so that a batch goes on as it began, and where it runs. */
const RECIPE_SETTING = 'recipe';
const PLACE_SETTING = 'runOn';

/** Where a folder's results go: into it, or beside the projects where it cannot be written. */
export async function placeOf(root: string, fallback: string): Promise<string> {
  if (await isWritable(root)) return join(root, RESULTS);
  return join(fallback, basename(root));
}

/** The recipe that a folder's batch began with, with its product picture; null where there is no batch. */
export function keptRecipe(
  out: string,
): { readonly file: LoadedRecipe['file']; readonly product: string | null } | null {
  if (!existsSync(join(out, QUEUE_FILE))) return null;
  const queue = BatchQueue.open(join(out, QUEUE_FILE));
  const kept = queue.setting(RECIPE_SETTING) as { text: string; product: string | null } | undefined;
  queue.close();
  return kept ? { file: parseRecipeFile(kept.text, 'the batch’s recipe'), product: kept.product } : null;
}

/** Opens a folder's batch, or begins it. @param product absolute path of the recipe's product picture */
export async function openFolderBatch(
  folder: OpenFolder,
  out: string,
  file: LoadedRecipe['file'],
  product: string | null,
): Promise<OpenBatch> {
  const recipe = { file, product: product === null ? null : await readNamedFile(product) };
  const beside = join(folder.root, CLICKS_FILE);
  const clicksFile = (await isWritable(folder.root)) ? beside : join(out, CLICKS_FILE);
  const clicks = new Map(await readClicks(existsSync(beside) ? beside : clicksFile));
  const queue = await openBatch({ folder: folder.root, out }, recipe, clicks, { photos: folder.found });
  queue.setSetting(RECIPE_SETTING, { text: JSON.stringify(file), product });
  return {
    name: basename(folder.root),
    folder: folder.root,
    out,
    clicksFile,
    queue,
    recipe,
    product,
    clicks,
  };
}

/** The recipe that words for all photos make. */
export function recipeOfWords(prompt: string, factor: 1 | 2 | 4): LoadedRecipe['file'] {
  const text = {
    format: 'davenport-recipe',
    version: 1,
    name: prompt.slice(0, 60),
    edit: { inpaint: { prompt } },
    upscale: { factor },
  };
  return parseRecipeFile(JSON.stringify(text), 'the recipe');
}

/** Where a recipe's product picture lies. */
export function productPath(file: LoadedRecipe['file'], recipeFolder: string): string | null {
  return file.product === null ? null : resolve(recipeFolder, file.product);
}

/** Where this batch runs; null where nobody has said it of this batch. */
export function keptPlace({ queue }: OpenBatch): RunPlace | null {
  return (queue.setting(PLACE_SETTING) as RunPlace | undefined) ?? null;
}

export function keepPlace({ queue }: OpenBatch, place: RunPlace): void {
  queue.setSetting(PLACE_SETTING, place);
}

/** Writes the report and the contact sheet; gives the sheet's path. */
export async function writeResults(batch: OpenBatch, thumbnail: Thumbnail): Promise<string> {
  const report = buildBatchReport(batch.queue, batch.recipe.file.name, batch.out);
  await writeBatchReport(report);
  await writeContactSheet(report, batch.folder, thumbnail);
  return join(batch.out, 'contact-sheet.html');
}

async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}
