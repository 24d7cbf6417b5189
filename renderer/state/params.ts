import { create } from 'zustand';
import type { StageId } from '../../preload/contract.ts';
import { ask } from './bridge.ts';
import { canDraft, draftColor, draftsAnswered, endDraft } from './color-draft.ts';
import { giveMaskHeadStart } from './mask-answer.ts';
import { takeDocument, useModel } from './model.ts';
import { dismissError } from './notices.ts';
import { run } from './run.ts';

export type { ParamsOf } from './select.ts';

import {
  hasReplacement,
  hasTarget,
  type ParamsOf,
  paramsOf,
  stageState,
  stages,
  useDocument,
} from './select.ts';
import { useView } from './view.ts';

/** One change of parameters on its way to the main process. */
interface Change {
  readonly edit: number;
  readonly stage: StageId;
  readonly values: Readonly<Record<string, unknown>>;
  readonly label: string;
  readonly commit: boolean;
}

type Local = Partial<Record<StageId, Readonly<Record<string, unknown>>>>;

/** What controls show before the main process has answered. */
const useLocal = create<{ readonly values: Local }>()(() => ({ values: {} }));

/** How long the hand rests before the exact composite is made, ms. */
const REST_MS = 150;

let queue: Change[] = [];
let flying = false;

/** Parameters of a stage as the controls show them: what was changed here first, then the project's. */
export function useParams<S extends StageId>(stage: S): ParamsOf<S> {
  const document = useDocument();
  const local = useLocal((l) => l.values[stage]);
  const own = paramsOf(document, stage);
  return local ? { ...own, ...local } : own;
}

/** The same outside of components. */
export function currentParams<S extends StageId>(stage: S): ParamsOf<S> | null {
  const { document } = useModel.getState();
  return document && { ...paramsOf(document, stage), ...useLocal.getState().values[stage] };
}

/** A value on its way (a slider that is dragged): shown and run, not entered into the history. */
export function draft<S extends StageId>(stage: S, values: Partial<ParamsOf<S>>, label: string): void {
  enqueue(stage, values, label, false);
}

/** A value that is meant: one step of the history. */
export function commit<S extends StageId>(stage: S, values: Partial<ParamsOf<S>>, label: string): void {
  enqueue(stage, values, label, true);
}

/** A value on its way that would cost too much to run: shown by the controls alone until it is committed. */
export function hold<S extends StageId>(stage: S, values: Partial<ParamsOf<S>>): void {
  setLocal(stage, values);
}

function setLocal(stage: StageId, values: object): void {
  useLocal.setState(({ values: all }) => ({ values: { ...all, [stage]: { ...all[stage], ...values } } }));
}

function enqueue(stage: StageId, values: object, label: string, isFinal: boolean): void {
  const { document } = useModel.getState();
  if (!document) return;
  const change = { edit: document.edit, stage, values: { ...values }, label, commit: isFinal };
  setLocal(stage, values);
  queue = mergeInto(queue, change);
  if (!flying) void send();
}

/** Adds a change to those that wait: drafts that nobody has seen yet are taken over by what follows them. */
export function mergeInto(waiting: readonly Change[], change: Change): Change[] {
  const last = waiting[waiting.length - 1];
  if (!last || last.commit || last.stage !== change.stage || last.edit !== change.edit)
    return [...waiting, change];
  return [...waiting.slice(0, -1), { ...change, values: { ...last.values, ...change.values } }];
}

/** One at a time, in order; the controls follow the project again when nothing waits. */
async function send(): Promise<void> {
  flying = true;
  try {
    for (let change = queue.shift(); change; change = queue.shift()) {
      const answer = await ask('recipe.change', {
        edit: change.edit,
        stage: change.stage,
        values: change.values as Record<string, never>,
        label: change.label,
        commit: change.commit,
      });
      if (queue.length === 0) useLocal.setState({ values: {} });
      if (!answer) continue;
      takeDocument(answer.value);
      if (change.commit) dismissError();
      if (queue.length === 0) runAfter(change);
    }
  } finally {
    flying = false;
  }
}

/** A color setting on its way: shown at once by a draft where there is a composite to lay it over. */
export function draftColors(values: Partial<ParamsOf<'color'>>, label: string): void {
  if (useView.getState().step !== 'color' || !canDraft()) return draft('color', values, label);
  hold('color', values);
  draftColor({ ...useLocal.getState().values.color, ...values });
}

/** A color setting that is meant: the draft stands until the exact composite does. */
export function commitColors(values: Partial<ParamsOf<'color'>>, label: string): void {
  if (useView.getState().step === 'color' && canDraft()) draftColor(values);
  commit('color', values, label);
}

/** Brings the step at hand up to date, where the change bears on it and that costs no minutes. */
function runAfter({ stage }: Change): void {
  const { document } = useModel.getState();
  const { step } = useView.getState();
  if (!document || !runsByItself(step) || stages.indexOf(stage) > stages.indexOf(step)) return;
  if (hasTarget(document) || step === 'depth') void runTo(step, stage);
}

let latestRun = 0;

async function runTo(step: StageId, changed: StageId): Promise<void> {
  const mine = ++latestRun;
  if (changed === 'color' && (await draftsAnswered())) {
    // The draft shows it already: a hand that goes on is not slowed down by what it is about to change again.
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    if (mine !== latestRun || useView.getState().step !== step) return;
  }
  if (changed === 'segment') {
    await giveMaskHeadStart();
    if (mine !== latestRun) return;
  }
  await run(step);
  if (mine === latestRun && queue.length === 0) endDraft();
}

/** Diffusion and super-resolution wait for a button; everything else follows the user's hand. */
export function runsByItself(stage: StageId): boolean {
  const { document } = useModel.getState();
  if (!document || stage === 'upscale') return false;
  if (stage === 'segment' || stage === 'depth') return true;
  if (paramsOf(document, 'inpaint').engine !== 'diffuse') return hasReplacement(document);
  // What was painted already costs nothing more.
  return stage === 'color' && stageState(document, 'inpaint')?.state === 'done';
}
