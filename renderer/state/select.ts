import type { DocumentState, Intermediate, LayerId, Recipe, StageId } from '../../preload/contract.ts';
import { useModel } from './model.ts';

/** The stages in pipeline order. */
export const stages = [
  'segment',
  'depth',
  'inpaint',
  'color',
  'upscale',
] as const satisfies readonly StageId[];

export type EditRecipe = Recipe['edits'][number];
export type ParamsOf<S extends StageId> = S extends keyof EditRecipe ? EditRecipe[S] : Recipe['upscale'];

/** What a step of the current edit left, by `<node>/<artifact>`; null where there is none. */
export function findIntermediate(
  document: DocumentState,
  name: string,
  edit = document.edit,
): Intermediate | null {
  const own = document.intermediates.find((i) => i.key === `${edit}/${name}`);
  return own ?? document.intermediates.find((i) => i.key === `delivery/${name}`) ?? null;
}

/** The same as a layer that can be shown now. */
export function findLayer(document: DocumentState, name: string, edit = document.edit): LayerId | null {
  const found = findIntermediate(document, name, edit);
  return found && isThere(found) ? found.id : null;
}

/** The same, or the picture of the last run where it is stale: what stands until the next one is there. */
export function lastLayer(document: DocumentState, name: string, edit = document.edit): LayerId | null {
  const found = findIntermediate(document, name, edit);
  return found && found.width !== null ? found.id : null;
}

export function isThere({ status }: Intermediate): boolean {
  return status === 'ran' || status === 'reused';
}

/** The photo an edit works on: the source, or what the edit before it left. */
export function frameLayer(document: DocumentState): LayerId {
  const before =
    document.edit > 0 ? findLayer(document, 'color.composite/composite', document.edit - 1) : null;
  return before ?? document.photo.layer;
}

/** Parameters of a stage of the current edit. */
export function paramsOf<S extends StageId>(document: DocumentState, stage: S): ParamsOf<S> {
  if (stage === 'upscale') return document.recipe.upscale as ParamsOf<S>;
  const edit = document.recipe.edits[document.edit] ?? document.recipe.edits[0];
  if (!edit) throw new TypeError('Expected a recipe with an edit');
  return edit[stage as keyof EditRecipe] as ParamsOf<S>;
}

/** True once the user has said which object it is. */
export function hasTarget(document: DocumentState): boolean {
  const { clicks, box, mask, strokes } = paramsOf(document, 'segment');
  return clicks.length > 0 || box !== null || mask !== null || strokes.length > 0;
}

/** True once the user has said what takes its place. */
export function hasReplacement(document: DocumentState): boolean {
  const { engine, prompt, piece, product } = paramsOf(document, 'inpaint');
  return (
    engine === 'remove' || prompt !== '' || (engine === 'place' && (piece !== 'auto' || product !== null))
  );
}

/** State of one stage of the current edit. */
export function stageState(document: DocumentState, stage: StageId) {
  return document.stages[document.edit]?.find((s) => s.stage === stage) ?? null;
}

/** One metric of a node, where it is a number. */
export function metricOf(document: DocumentState, name: string, metric: string): number | null {
  const value = findIntermediate(document, name)?.metrics[metric];
  return typeof value === 'number' ? value : null;
}

/** The open document; only below the workbench, which exists only with one. */
export function useDocument(): DocumentState {
  const document = useModel((m) => m.document);
  if (!document) throw new TypeError('Expected an open document');
  return document;
}
