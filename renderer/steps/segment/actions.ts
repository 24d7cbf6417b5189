import type { Click } from '../../../main/pipeline/stages/segment/params.ts';
import { ask, giveFiles } from '../../state/bridge.ts';
import { takeDocument, useModel } from '../../state/model.ts';
import { announce } from '../../state/notices.ts';
import { commit, currentParams, draft } from '../../state/params.ts';
import { run } from '../../state/run.ts';
import { setView, type Tool, useView } from '../../state/view.ts';
import { t } from '../../strings.ts';
import { isInside, type PhotoPoint, useCamera } from '../../viewer/camera.ts';
import { answerClicks } from './coarse.ts';
import { followingProposal, useFound } from './found.ts';

const words = t.segment;

export function chooseTool(tool: Tool): void {
  setView({ tool, preview: null });
  announce(words.tools[tool]);
}

/** The photo pixel of a point. */
export function toClick({ x, y }: PhotoPoint, label: Click['label']): Click {
  return { x: Math.round(x), y: Math.round(y), label };
}

/** Adds a click: a coarse answer is asked for at once, the refined mask follows. */
export function addClick(click: Click): void {
  const params = currentParams('segment');
  if (!params || !isInside(useCamera.getState(), click)) return;
  const clicks = [...params.clicks, click];
  const isIncluded = click.label === 'include';
  setClicks(clicks, isIncluded ? words.history.click : words.history.exclude);
  announce(isIncluded ? words.clicked(clicks.length) : words.excluded(clicks.length));
}

export function moveClick(index: number, { x, y }: PhotoPoint): void {
  const params = currentParams('segment');
  const { photoWidth, photoHeight } = useCamera.getState();
  if (!params) return;
  const clicks = params.clicks.map((click, i) =>
    i === index
      ? {
          ...click,
          x: Math.round(Math.min(photoWidth - 1, Math.max(0, x))),
          y: Math.round(Math.min(photoHeight - 1, Math.max(0, y))),
        }
      : click,
  );
  setClicks(clicks, words.history.moved);
}

export function removeClick(index: number): void {
  const params = currentParams('segment');
  if (!params) return;
  setClicks(
    params.clicks.filter((_, i) => i !== index),
    words.history.removed,
  );
}

/** Clicks begin anew from an imported mask, and a proposal chosen for other clicks is no choice any more. */
function setClicks(clicks: readonly Click[], label: string): void {
  commit('segment', { clicks: [...clicks], mask: null, proposal: 'auto' }, label);
  answerClicks(clicks);
}

export function setBox(box: { x0: number; y0: number; x1: number; y1: number } | null): void {
  commit('segment', { box, mask: null, proposal: 'auto' }, box ? words.history.box : words.history.noBox);
}

/** Begins anew: nothing is selected. */
export function clearSelection(): void {
  commit(
    'segment',
    { clicks: [], box: null, mask: null, strokes: [], proposal: 'auto' },
    words.history.cleared,
  );
  setView({ preview: null, marker: null });
}

export function clickAtCrosshair(label: Click['label']): void {
  const { crosshair } = useView.getState();
  if (crosshair) addClick(toClick(crosshair, label));
}

/** Goes round the proposals of the click net. */
export function nextProposal(): void {
  const params = currentParams('segment');
  const { found } = useFound.getState();
  if (!params || !found) return;
  const proposal = followingProposal(found, params.proposal);
  commit('segment', { proposal }, words.history.proposal);
  const place = found.proposals.findIndex(({ index }) => index === proposal);
  announce(
    proposal === 'auto' ? words.proposalAuto : words.proposalNumber(place + 1, found.proposals.length),
  );
}

/** Photo pixels that `auto` grows by: 0.3 % of the diagonal. */
export function autoGrow(width: number, height: number): number {
  return Math.round(0.003 * Math.hypot(width, height));
}

export function growBy(way: number): void {
  const params = currentParams('segment');
  const { document } = useModel.getState();
  if (!params || !document) return;
  const { width, height } = document.photo;
  const now = params.grow === 'auto' ? autoGrow(width, height) : params.grow;
  const grow = Math.max(0, now + way * Math.max(1, Math.round(Math.hypot(width, height) / 2500)));
  commit('segment', { grow }, words.history.grow);
  announce(`${words.grow} ${grow} px`);
}

export function draftGrow(grow: number): void {
  draft('segment', { grow }, words.history.grow);
}

export function resizeBrush(way: number): void {
  const { brushSize } = useView.getState();
  setView({ brushSize: Math.round(Math.min(1000, Math.max(2, brushSize * 1.2 ** way + way))) });
}

export async function importMask(): Promise<void> {
  const { document } = useModel.getState();
  const answer = document && (await ask('mask.import', { edit: document.edit }));
  if (answer?.value) {
    takeDocument(answer.value);
    await run('segment');
  }
}

export async function dropMask(file: File): Promise<void> {
  const answer = await giveFiles([file], 'mask');
  if (answer && !('photos' in answer.value)) {
    takeDocument(answer.value);
    await run('segment');
  }
}
