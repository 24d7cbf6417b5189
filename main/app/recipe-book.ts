import type { HistoryItem } from '../../preload/contract.ts';
import { RequestError } from '../errors.ts';
import type { StageId } from '../pipeline/graph.ts';
import { planRecipe } from '../pipeline/plan.ts';
import { requireUnlocked } from '../pipeline/recipe-locks.ts';
import { type Edit, emptyRecipe, parseRecipe, type Recipe, withStage } from '../pipeline/recipe.ts';
import type { Project } from '../store/project.ts';

/** The project's setting that keeps which edit the window works on. */
const EDIT_SETTING = 'window.edit';

/** The recipe of an open project: what is committed, a draft over it, the history, and the edit at hand. */
export class RecipeBook {
  readonly #project: Project;
  #committed: Recipe;
  #draft: Recipe | null = null;
  #edit: number;
  #history: readonly HistoryItem[];

  constructor(project: Project) {
    this.#project = project;
    this.#committed = readHead(project);
    this.#history = readHistory(project);
    const stored = project.setting(EDIT_SETTING);
    this.#edit = typeof stored === 'number' && this.#committed.edits[stored] ? stored : 0;
  }

  /** As it stands, a draft included. */
  get recipe(): Recipe {
    return this.#draft ?? this.#committed;
  }

  /** Without the draft. */
  get committed(): Recipe {
    return this.#committed;
  }

  get isDraft(): boolean {
    return this.#draft !== null;
  }

  /** Index of the edit the window works on. */
  get edit(): number {
    return this.#edit;
  }

  /** Oldest first. */
  get history(): readonly HistoryItem[] {
    return this.#history;
  }

  /**
   * Changes one stage's parameters. A draft is shown and can be run; the next change, draft or not, starts again from
   * what is committed.
   * @throws RequestError for a parameter that is wrong
   */
  change(
    edit: number,
    stage: StageId,
    values: Record<string, unknown>,
    label: string,
    commit: boolean,
  ): void {
    this.requireEdit(edit);
    const recipe = withStage(this.#committed, edit, stage, values);
    requireUnlocked(this.#committed, recipe);
    planRecipe(recipe);
    this.#edit = edit;
    if (commit) this.#commit(recipe, label);
    else this.#draft = recipe;
  }

  /** Puts another recipe in place, as one step of the history. @throws RequestError where it cannot be planned */
  replace(recipe: Recipe, label: string): void {
    planRecipe(recipe);
    this.#commit(recipe, label);
    this.#edit = Math.min(this.#edit, recipe.edits.length - 1);
  }

  /** @param template what the new edit begins with; every parameter at its default where it is not given */
  addEdit(template?: Edit): void {
    const edits = [...this.#committed.edits, ...(template ? [template] : emptyRecipe().edits)];
    this.#commit(parseRecipe({ ...this.#committed, edits }), 'Edit added');
    this.chooseEdit(edits.length - 1);
  }

  /** @throws RequestError for the only edit */
  removeEdit(edit: number): void {
    this.requireEdit(edit);
    const edits = this.#committed.edits.filter((_, index) => index !== edit);
    if (edits.length === 0)
      throw new RequestError('The only edit cannot be removed', 'Change it, or close the project');
    this.#commit(parseRecipe({ ...this.#committed, edits }), `Edit ${edit + 1} removed`);
    this.chooseEdit(Math.min(this.#edit, edits.length - 1));
  }

  chooseEdit(edit: number): void {
    this.requireEdit(edit);
    this.#edit = edit;
    this.#project.setSetting(EDIT_SETTING, edit);
  }

  undo(): void {
    this.#goTo(() => this.#project.undo());
  }

  redo(): void {
    this.#goTo(() => this.#project.redo());
  }

  /** Goes to any step of the history. @throws RequestError for one that it does not have */
  visit(revision: number): void {
    if (!this.#project.revision(revision))
      throw new RequestError('The history has no such step', 'Choose another one');
    this.#goTo(() => this.#project.visit(revision));
  }

  /** @throws RequestError where the recipe has no such edit */
  requireEdit(edit: number): void {
    if (edit >= this.recipe.edits.length)
      throw new RequestError(`There is no edit ${edit + 1}`, 'Add it first');
  }

  #commit(recipe: Recipe, label: string): void {
    this.#project.commitRecipe(recipe, label);
    this.#committed = recipe;
    this.#draft = null;
    this.#history = readHistory(this.#project);
  }

  #goTo(move: () => unknown): void {
    this.#draft = null;
    move();
    this.#committed = readHead(this.#project);
    this.#edit = Math.min(this.#edit, this.#committed.edits.length - 1);
    this.#history = readHistory(this.#project);
  }
}

function readHead(project: Project): Recipe {
  const head = project.recipe();
  return head ? parseRecipe(head.recipe) : emptyRecipe();
}

function readHistory(project: Project): HistoryItem[] {
  return project.history().map(({ id, label, createdAt, place }) => ({ id, label, at: createdAt, place }));
}
