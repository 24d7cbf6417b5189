import type { CommandId } from '../../preload/commands.ts';
import type { StageId } from '../../preload/contract.ts';
import { isClicking, nextPhoto, previousPhoto } from '../batch/actions.ts';
import { ask } from '../state/bridge.ts';
import { addEdit, chooseFile, closeDocument, goTo, redo, saveCopy, undo } from '../state/document.ts';
import { announce, dismissError, useNotices } from '../state/notices.ts';
import { cancel, run } from '../state/run.ts';
import { stages } from '../state/select.ts';
import { type Compare, setView, unpickAll, useView } from '../state/view.ts';
import { flipPiece, lockChosen, rerollChosen } from '../steps/inpaint/actions.ts';
import { abandonStroke } from '../steps/segment/brush.ts';
import { chooseTool, clickAtCrosshair, growBy, nextProposal, resizeBrush } from '../steps/segment/actions.ts';
import { deliver } from '../steps/upscale/actions.ts';
import { t } from '../strings.ts';
import { fit, toggleActual, zoomBy } from '../viewer/move.ts';
import { focusQuietly } from '../viewer/surface.ts';
import type { Handler } from './registry.ts';

const start = (doing: Promise<unknown>): void => {
  void doing;
};

/** Shows a way of comparing, or goes back to the plain view. */
function toggleCompare(compare: Compare): void {
  const now = useView.getState().compare;
  setView({ compare: now === compare ? 'none' : compare });
}

function toggleSheet(sheet: NonNullable<ReturnType<typeof useView.getState>['sheet']>): void {
  setView({ sheet: useView.getState().sheet === sheet ? null : sheet });
}

function stepBy(way: number): boolean {
  const next = stages[stages.indexOf(useView.getState().step) + way];
  if (next) goTo(next);
  return next !== undefined;
}

const step =
  (stage: StageId): Handler =>
  () =>
    goTo(stage);
const inStep =
  (stage: StageId, act: () => void): Handler =>
  () => {
    if (useView.getState().step !== stage) return false;
    act();
  };

/** Escape lets go of one thing at a time, the most urgent first; of a field that is typed in at last. */
function escape(): boolean {
  if (abandonStroke()) return true;
  if (cancel()) {
    announce(t.live.cancelled);
    return true;
  }
  const { sheet, picked, preview, compare, crosshair } = useView.getState();
  if (sheet) setView({ sheet: null });
  else if (useNotices.getState().notice) dismissError();
  else if (picked.length > 0) unpickAll();
  else if (preview) setView({ preview: null });
  else if (crosshair) setView({ crosshair: null });
  else if (compare !== 'none') setView({ compare: 'none' });
  else return focusPhoto();
  return true;
}

/** Leaves a field for the photo, so that single keys are commands again. */
function focusPhoto(): boolean {
  if (!(document.activeElement instanceof HTMLElement) || !document.activeElement.matches('input, textarea'))
    return false;
  focusQuietly(document.querySelector('.surface'));
  return true;
}

export function toggleDrawer(): void {
  const drawer = !useView.getState().drawer;
  setView({ drawer });
  if (!drawer && useView.getState().picked.length > 0) unpickAll();
  start(ask('app.preferences', { drawer }));
}

export async function exportAll(): Promise<void> {
  const answer = await ask('layer.exportAll', undefined);
  if (answer && answer.value !== null) announce(t.live.exported(answer.value));
}

/** What every command does: the type holds this list to the list of commands. */
export const handlers: Readonly<Record<CommandId, Handler>> = {
  'open-photo': () => start(chooseFile('photo')),
  'open-project': () => start(chooseFile('project')),
  'open-folder': () => start(chooseFile('folder')),
  'save-copy': () => start(saveCopy()),
  'apply-recipe': () => toggleSheet('recipes'),
  'save-recipe': () => toggleSheet('save-recipe'),
  deliver: () => start(deliver()),
  'export-all': () => start(exportAll()),
  close: () => start(closeDocument()),

  undo: () => start(undo()),
  redo: () => start(redo()),
  history: () => toggleSheet('history'),
  'add-edit': () => start(addEdit()),

  fit,
  'zoom-actual': () => toggleActual(),
  'zoom-in': () => zoomBy(1.5),
  'zoom-out': () => zoomBy(1 / 1.5),
  before: (phase) => setView({ before: phase === 'down' }),
  wipe: () => toggleCompare('wipe'),
  'side-by-side': () => toggleCompare('side'),
  overlay: () => setView({ overlay: !useView.getState().overlay }),
  drawer: toggleDrawer,
  // The main process owns the window: its menu does this, by the same key.
  'full-screen': () => false,

  'step-segment': step('segment'),
  'step-depth': step('depth'),
  'step-inpaint': step('inpaint'),
  'step-color': step('color'),
  'step-upscale': step('upscale'),
  'next-step': () => (isClicking() ? start(nextPhoto(false)) : stepBy(1)),
  'skip-photo': () => (isClicking() ? start(nextPhoto(true)) : false),
  'previous-step': () => (isClicking() ? start(previousPhoto()) : stepBy(-1)),
  run: () => start(run(useView.getState().step)),
  cancel: escape,

  'tool-click': inStep('segment', () => chooseTool('click')),
  'tool-box': inStep('segment', () => chooseTool('box')),
  'tool-brush': inStep('segment', () => chooseTool('brush')),
  'tool-eraser': inStep('segment', () => chooseTool('eraser')),
  'brush-smaller': inStep('segment', () => resizeBrush(-1)),
  'brush-larger': inStep('segment', () => resizeBrush(1)),
  'click-at-cursor': inStep('segment', () => clickAtCrosshair('include')),
  'exclude-at-cursor': inStep('segment', () => clickAtCrosshair('exclude')),
  'next-proposal': inStep('segment', nextProposal),
  grow: inStep('segment', () => growBy(1)),
  shrink: inStep('segment', () => growBy(-1)),

  reroll: inStep('inpaint', () => start(rerollChosen())),
  lock: inStep('inpaint', () => start(lockChosen())),
  flip: inStep('inpaint', flipPiece),

  keys: () => toggleSheet('keys'),
};
