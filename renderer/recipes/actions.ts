import { create } from 'zustand';
import type { RecipesState, RequestOf } from '../../preload/contract.ts';
import { beginBatch } from '../batch/actions.ts';
import { ask } from '../state/bridge.ts';
import { refresh } from '../state/document.ts';
import { takeDocument, useModel } from '../state/model.ts';
import { announce } from '../state/notices.ts';
import { setView } from '../state/view.ts';
import { t } from '../strings.ts';

/** The team's folder as it was last asked for; null before that. */
export const useRecipes = create<{ readonly recipes: RecipesState | null; readonly reading: boolean }>()(
  () => ({
    recipes: null,
    reading: false,
  }),
);

/** Reads the folder anew: files come and go on a share. */
export async function readRecipes(): Promise<void> {
  useRecipes.setState({ reading: true });
  const answer = await ask('recipes.list', undefined);
  useRecipes.setState({ reading: false, ...(answer ? { recipes: answer.value } : {}) });
}

export async function chooseRecipesFolder(what: RequestOf<'recipes.folder'>): Promise<void> {
  const answer = await ask('recipes.folder', what);
  if (!answer?.value) return;
  useRecipes.setState({ recipes: answer.value });
  const app = await ask('app.state', undefined);
  if (app) useModel.setState({ app: app.value });
}

/** Takes a recipe over: into the open project, or for a batch of the open folder. @param id null asks for a file */
export async function chooseRecipe(id: string | null): Promise<void> {
  const { document } = useModel.getState();
  if (!document) {
    await beginBatch(id === null ? { recipe: 'choose' } : { team: id });
    setView({ sheet: null });
    return;
  }
  const answer = await ask('recipes.apply', { edit: document.edit, id });
  if (!answer?.value) return;
  takeDocument(answer.value);
  setView({ sheet: null, preview: null });
  announce(t.recipes.live.applied(answer.value.recipe.edits[document.edit]?.team?.name ?? ''));
  refresh();
}

export async function detachRecipe(): Promise<void> {
  const { document } = useModel.getState();
  const answer = document && (await ask('recipes.detach', { edit: document.edit }));
  if (!answer) return;
  takeDocument(answer.value);
  announce(t.recipes.live.detached);
}

/** @returns false where a recipe of that name is there and was left alone, null where saving failed */
export async function saveRecipe(request: Omit<RequestOf<'recipes.save'>, 'edit'>): Promise<boolean | null> {
  const { document } = useModel.getState();
  const answer = document && (await ask('recipes.save', { ...request, edit: document.edit }));
  if (!answer) return null;
  if (answer.value !== null) announce(t.recipes.live.saved(answer.value));
  return answer.value !== null;
}
