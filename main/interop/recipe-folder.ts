import { access, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { MachineError, RequestError, toErrorRecord } from '../errors.ts';
import { explainWriteFailure, writeFileAtomic } from '../imaging/write-file.ts';
import type { NamedFile } from '../pipeline/workbench.ts';
import { loadRecipeFile, parseRecipeFile, type RecipeFile } from './recipe-file.ts';

/** A file of a team's folder: a recipe, or why it is none that can be used. */
export interface FolderEntry {
  /** The file's name in the folder. */
  readonly file: string;
  readonly recipe: RecipeFile | null;
  /** Null where it can be used. */
  readonly problem: { readonly message: string; readonly next: string } | null;
}

/** How long a share may take to answer, ms. */
const PATIENCE_MS = 5000;
/** More files than this, and larger ones, are no folder of recipes and no recipe. */
const MAX_FILES = 500;
const MAX_BYTES = 1 << 20;

const byName = new Intl.Collator('en', { numeric: true }).compare;

/**
 * Reads every recipe of a folder as it is now, by file name in natural order. What cannot be used is listed too.
 * @throws MachineError where the folder is away or does not answer
 */
export async function readRecipeFolder(folder: string, patienceMs = PATIENCE_MS): Promise<FolderEntry[]> {
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => silence.reject(new MachineError(`The folder ${folder} does not answer`, 'Check the network share')),
    patienceMs,
  );
  try {
    return await Promise.race([readEntries(folder), silence.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function readEntries(folder: string): Promise<FolderEntry[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new MachineError(`The folder ${folder} is not there`, 'Mount the share, or choose another folder', {
      cause,
    });
  });
  const files = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.') && extname(entry.name) === '.json')
    .map(({ name }) => name)
    .sort(byName);
  return Promise.all(files.slice(0, MAX_FILES).map((file) => readEntry(folder, file)));
}

async function readEntry(folder: string, file: string): Promise<FolderEntry> {
  const path = join(folder, file);
  try {
    if ((await stat(path)).size > MAX_BYTES)
      throw new RequestError(`${file} is too large for a recipe`, 'Export the recipe again');
    const recipe = parseRecipeFile(await readFile(path, 'utf8'), file);
    if (recipe.product !== null) await requireProduct(folder, recipe.product);
    return { file, recipe, problem: null };
  } catch (error) {
    const { message, next } =
      error instanceof Error && 'code' in error
        ? { message: `${file} cannot be read`, next: 'Check its permissions' }
        : toErrorRecord(error);
    return { file, recipe: null, problem: { message, next } };
  }
}

async function requireProduct(folder: string, product: string): Promise<void> {
  await access(join(folder, product)).catch((cause: unknown) => {
    throw new RequestError(`Its product picture ${product} is missing`, 'Put it beside the recipe', {
      cause,
    });
  });
}

/** Reads one recipe of a folder. @throws RequestError for a name that is none of it, and what loadRecipeFile throws */
export function loadFromFolder(folder: string, file: string): ReturnType<typeof loadRecipeFile> {
  if (basename(file) !== file || extname(file) !== '.json')
    throw new RequestError('This recipe is no longer in the folder', 'Choose another one');
  return loadRecipeFile(join(folder, file));
}

/** The file that a recipe of this name is kept in: what no file system allows is left out. */
export function recipeFileName(name: string): string {
  const plain = name
    .normalize('NFC')
    // oxlint-disable-next-line no-control-regex -- file names hold no control characters
    .replace(/[/\\:*?"<>|\u0000-\u001f]+/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '')
    .slice(0, 80);
  return `${plain || 'Recipe'}.json`;
}

/**
 * Writes a recipe into a folder, with its product picture beside it.
 * @param replace takes the place of a recipe of the same name; without it that one is left alone
 * @returns the file's name; null where one of that name is there and was left alone
 * @throws MachineError or RequestError where the folder cannot be written
 */
export async function saveToFolder(
  folder: string,
  recipe: RecipeFile,
  product: NamedFile | null,
  replace: boolean,
): Promise<string | null> {
  const file = recipeFileName(recipe.name);
  const path = join(folder, file);
  const isNew = await reserve(path);
  if (!isNew && !replace) return null;
  try {
    // Named by its content: another recipe's picture is never written over.
    const picture = product && `${product.sha256.slice(0, 12)}${extname(product.name)}`;
    if (product && picture) await writeFileAtomic(join(folder, picture), [product.bytes]);
    const text = `${JSON.stringify({ ...recipe, product: picture }, null, 2)}\n`;
    parseRecipeFile(text, file);
    await writeFileAtomic(path, [Buffer.from(text)]);
    return file;
  } catch (error) {
    if (isNew) await rm(path, { force: true });
    throw error;
  }
}

/** Takes a free name, so that of two who save at a time one is told. @returns false where it is taken */
async function reserve(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw explainWriteFailure(error, path);
  }
}
