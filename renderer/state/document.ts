import type { DocumentState, ErrorAction, FolderState, StageId } from '../../preload/contract.ts';
import { t } from '../strings.ts';
import { ask, giveFiles } from './bridge.ts';
import { endDraft } from './color-draft.ts';
import { takeDocument, useModel } from './model.ts';
import { announce, dismissError } from './notices.ts';
import { runsByItself } from './params.ts';
import { run } from './run.ts';
import { hasTarget, stageState, stages } from './select.ts';
import { resetView, setView, useView, usualCompare } from './view.ts';

function isFolder(value: DocumentState | FolderState): value is FolderState {
  return 'photos' in value;
}

/** Shows what was opened: the workbench at the first step that is not done, or the folder's page. */
function show(value: DocumentState | FolderState): void {
  dismissError();
  if (isFolder(value)) {
    useModel.setState({ folder: value, document: null });
    announce(t.live.folder(value.name));
    return;
  }
  const open = stages.find((stage) => stageState(value, stage)?.state !== 'done') ?? 'color';
  showDocument(value, open === 'upscale' ? 'color' : open);
}

/** Shows a project at one of its steps. */
export function showDocument(document: DocumentState, step: StageId): void {
  dismissError();
  takeDocument(document);
  endDraft();
  resetView(step);
  announce(t.live.opened(document.photo.name));
}

/** Shows what lies under the project that was closed. */
export function leaveDocument(): void {
  takeDocument(null);
}

export async function chooseFile(kind: 'photo' | 'project' | 'folder'): Promise<void> {
  const answer = await ask('document.choose', kind);
  if (answer?.value) show(answer.value);
}

export async function dropFiles(files: readonly File[]): Promise<void> {
  const answer = await giveFiles(files, 'open');
  if (answer) show(answer.value);
}

export async function openRecent(id: string): Promise<void> {
  const answer = await ask('document.recent', { id });
  if (answer) show(answer.value);
}

export async function openSample(id: string): Promise<void> {
  const answer = await ask('document.sample', { id });
  if (answer) show(answer.value);
}

export async function openFound(photo: string): Promise<void> {
  const answer = await ask('folder.open', { photo });
  if (answer) show(answer.value);
}

export async function closeDocument(): Promise<void> {
  if (await ask('document.close', undefined)) takeDocument(null);
}

export async function saveCopy(): Promise<void> {
  const answer = await ask('document.copy', undefined);
  if (answer?.value) announce(t.live.copied(answer.value));
}

type Answer = Promise<{ readonly value: DocumentState } | null>;

/** Takes over the document that a change of history or of the list of edits answers with. */
async function follow(asked: Answer): Promise<DocumentState | null> {
  const answer = await asked;
  if (!answer) return null;
  takeDocument(answer.value);
  endDraft();
  setView({ preview: null, picked: [], marker: null });
  return answer.value;
}

export async function undo(): Promise<void> {
  if (await follow(ask('recipe.undo', undefined))) refresh();
}

export async function redo(): Promise<void> {
  if (await follow(ask('recipe.redo', undefined))) refresh();
}

/** Goes to any state of the history, those of other branches included. */
export async function visit(revision: number): Promise<void> {
  if (await follow(ask('recipe.visit', { revision }))) refresh();
}

export async function addEdit(): Promise<void> {
  if (await follow(ask('edit.add', undefined))) goTo('segment');
}

export async function removeEdit(edit: number): Promise<void> {
  if (await follow(ask('edit.remove', { edit }))) refresh();
}

export async function chooseEdit(edit: number): Promise<void> {
  const document = await follow(ask('edit.choose', { edit }));
  if (document) goTo(hasTarget(document) ? useView.getState().step : 'segment');
}

/** Opens a step and brings it up to date where that costs no minutes. */
export function goTo(step: StageId): void {
  dismissError();
  endDraft();
  setView({ step, picked: [], preview: null, compare: usualCompare(step), drift: false });
  announce(t.stages[step]);
  refresh();
}

/** Runs what the step at hand lacks. */
export function refresh(): void {
  const { document } = useModel.getState();
  const { step } = useView.getState();
  // The delivered frame waits for its button; what it is made of is shown meanwhile.
  const until = step === 'upscale' ? 'color' : step;
  if (!document || !runsByItself(until)) return;
  if (!hasTarget(document) && until !== 'depth') return;
  const state = stageState(document, until)?.state;
  if (state === 'empty' || state === 'stale') void run(until);
}

/** What the button of an error does. */
export async function act(action: ErrorAction, stage: StageId): Promise<void> {
  dismissError();
  switch (action) {
    case 'retry':
      return run(stage);
    case 'choose-file':
      return chooseFile('photo');
    case 'choose-folder':
      return chooseFile('folder');
    case 'go-to-segment':
      return goTo('segment');
    case 'go-to-inpaint':
      return goTo('inpaint');
    case 'low-memory':
      await ask('app.preferences', { memory: 'low' });
      return run(stage);
    case 'recover-project': {
      const answer = await ask('document.recover', undefined);
      if (answer) show(answer.value);
      return;
    }
    case 'reveal-project':
      await ask('document.reveal', undefined);
      return;
  }
}
