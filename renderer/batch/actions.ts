import type { BatchState, RequestOf } from '../../preload/contract.ts';
import { ask } from '../state/bridge.ts';
import { leaveDocument, showDocument } from '../state/document.ts';
import { takeBatch, useModel } from '../state/model.ts';
import { announce } from '../state/notices.ts';
import { t } from '../strings.ts';

function take(answer: { readonly value: BatchState | null } | null): boolean {
  if (!answer) return false;
  takeBatch(answer.value);
  return answer.value !== null;
}

export async function beginBatch(request: RequestOf<'batch.begin'>): Promise<void> {
  take(await ask('batch.begin', request));
}

export async function startBatch(): Promise<void> {
  if (take(await ask('batch.start', undefined))) announce(t.batch.live.started);
}

export async function pauseBatch(): Promise<void> {
  if (take(await ask('batch.pause', undefined))) announce(t.batch.live.pausing);
}

export async function actOn(act: RequestOf<'batch.act'>['act'], ids?: readonly number[]): Promise<void> {
  take(await ask('batch.act', { act, ...(ids ? { ids: [...ids] } : {}) }));
}

export async function moveItem(id: number, before: number | null): Promise<void> {
  take(await ask('batch.move', { id, before }));
}

/** Opens a photo for clicking: the first that nobody has clicked where no id is given. */
export async function clickThrough(id?: number): Promise<void> {
  const answer = await ask('batch.click', id === undefined ? {} : { id });
  if (answer?.value) showDocument(answer.value, 'segment');
}

/** True while a photo of the batch is open to be clicked. */
export function isClicking(): boolean {
  const { batch, document } = useModel.getState();
  return document !== null && batch !== null && batch.clicking !== null;
}

/** Takes the clicks over, or leaves the photo out, and opens the next. */
export async function nextPhoto(skip: boolean): Promise<void> {
  const answer = await ask('batch.clicked', { skip });
  if (!answer) return;
  if (answer.value) showDocument(answer.value, 'segment');
  else {
    leaveDocument();
    announce(t.batch.live.allClicked);
  }
}

/** Goes back to the photo that was clicked, or left out, before this one. */
export async function previousPhoto(): Promise<void> {
  const answer = await ask('batch.back', undefined);
  if (answer) showDocument(answer.value, 'segment');
}

/** Opens an item's project, to look at it and go on by hand. */
export async function openItem(id: number): Promise<void> {
  const answer = await ask('batch.open', { id });
  if (answer) showDocument(answer.value, 'color');
}

export async function revealBatch(what: 'folder' | 'contact-sheet'): Promise<void> {
  await ask('batch.reveal', what);
}

export async function leaveFolder(): Promise<void> {
  if (await ask('document.close', undefined)) useModel.setState({ folder: null, batch: null });
}
