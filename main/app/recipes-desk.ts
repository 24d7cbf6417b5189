import { dirname } from 'node:path';
import type { DocumentState, RecipesState, RequestOf, TeamRecipeCard } from '../../preload/contract.ts';
import { RequestError, toErrorRecord } from '../errors.ts';
import { applyRecipeFile, recipeFileFrom } from '../interop/apply-recipe.ts';
import { lockable, type LoadedRecipe, loadRecipeFile } from '../interop/recipe-file.ts';
import {
  type FolderEntry,
  loadFromFolder,
  readRecipeFolder,
  saveToFolder,
} from '../interop/recipe-folder.ts';
import { detachRecipe } from '../pipeline/recipe-locks.ts';
import type { NamedFile } from '../pipeline/workbench.ts';
import type { Desk } from './desk.ts';
import type { Dialogs } from './dialogs.ts';
import type { OpenDocument } from './open-document.ts';
import type { SettingsStore } from './preferences.ts';

export interface RecipesDeskParts {
  readonly desk: Desk;
  readonly dialogs: Dialogs;
  readonly settings: SettingsStore;
}

/** The team's folder of recipes: listed, applied to the open project, added to. Nothing of it is kept in memory. */
export class RecipesDesk {
  readonly #parts: RecipesDeskParts;

  constructor(parts: RecipesDeskParts) {
    this.#parts = parts;
  }

  /** The folder as it is now: files come and go on a share. */
  async list(): Promise<RecipesState> {
    const folder = this.#parts.settings.value.recipesFolder;
    if (folder === null) return { folder, offline: null, recipes: [], lockable };
    try {
      const entries = await readRecipeFolder(folder);
      return { folder, offline: null, recipes: entries.map(describe), lockable };
    } catch (error) {
      const { message, next } = toErrorRecord(error);
      return { folder, offline: `${message}. ${next}.`, recipes: [], lockable };
    }
  }

  /** By a dialog; null where it was dismissed. */
  async chooseFolder(what: RequestOf<'recipes.folder'>): Promise<RecipesState | null> {
    const { settings, dialogs } = this.#parts;
    const folder = what === 'none' ? null : await dialogs.openFolder('Folder of recipes');
    if (what === 'choose' && folder === null) return null;
    settings.value.recipesFolder = folder;
    await settings.save();
    return this.list();
  }

  /** A recipe with the folder its product picture lies in: of the team's folder, or by a dialog where no id is given. */
  async load(id: string | null): Promise<{ readonly loaded: LoadedRecipe; readonly folder: string } | null> {
    if (id !== null) {
      const folder = this.#folder();
      return { loaded: await loadFromFolder(folder, id), folder };
    }
    const path = await this.#parts.dialogs.openFile('recipe');
    return path === null ? null : { loaded: await loadRecipeFile(path), folder: dirname(path) };
  }

  async apply({ edit, id }: RequestOf<'recipes.apply'>): Promise<DocumentState | null> {
    const document = this.#parts.desk.requireDocument();
    const found = await this.load(id);
    if (!found) return null;
    const { file, product } = found.loaded;
    document.book.requireEdit(edit);
    const recipe = applyRecipeFile(document.book.committed, edit, found.loaded);
    if (product) document.bench.project.keepFile(product.bytes, product.name, product.sha256);
    document.book.replace(recipe, `Recipe: ${file.name}`);
    document.refresh();
    return document.state;
  }

  detach({ edit }: RequestOf<'recipes.detach'>): DocumentState {
    const document = this.#parts.desk.requireDocument();
    document.book.requireEdit(edit);
    const team = document.book.committed.edits[edit]?.team;
    if (!team) throw new RequestError('This edit follows no recipe', 'Change what you like');
    document.book.replace(detachRecipe(document.book.committed, edit), `Detached from “${team.name}”`);
    document.refresh();
    return document.state;
  }

  /** @returns the file's name; null where one of that name is there and was left alone */
  save({ edit, name, note, author, locked, replace }: RequestOf<'recipes.save'>): Promise<string | null> {
    const document = this.#parts.desk.requireDocument();
    const notes = { note, author, locked: [...locked] };
    const file = recipeFileFrom(document.book.committed, edit, name.trim(), notes);
    return saveToFolder(this.#folder(), file, productOf(document, edit), replace);
  }

  #folder(): string {
    const folder = this.#parts.settings.value.recipesFolder;
    if (folder !== null) return folder;
    throw new RequestError('No folder of recipes is chosen', 'Choose it first');
  }
}

function productOf({ bench, book }: OpenDocument, edit: number): NamedFile | null {
  const sha256 = book.committed.edits[edit]?.inpaint.product;
  if (!sha256) return null;
  const kept = bench.project.keptFile(sha256);
  return kept && { ...kept, sha256 };
}

function describe({ file, recipe, problem }: FolderEntry): TeamRecipeCard {
  if (!recipe)
    return {
      id: file,
      name: file,
      note: '',
      author: '',
      prompt: '',
      locked: [],
      problem: problemOf(problem),
    };
  const { name, note, author, locked, edit } = recipe;
  return { id: file, name, note, author, locked, prompt: edit.inpaint.prompt ?? '', problem: null };
}

function problemOf(problem: FolderEntry['problem']): string {
  return problem ? `${problem.message}. ${problem.next}.` : '';
}
