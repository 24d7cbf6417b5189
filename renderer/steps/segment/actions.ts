import type { Click } from '../../../main/pipeline/stages/segment/params.ts';
import { ask, askQuietly, giveFiles } from '../../state/bridge.ts';
import { takeDocument, useModel } from '../../state/model.ts';
import { announce } from '../../state/notices.ts';
import { commit, currentParams, draft } from '../../state/params.ts';
import { frameLayer, hasTarget } from '../../state/select.ts';
import { setView, type Tool, useView } from '../../state/view.ts';
import { t } from '../../strings.ts';
import { isInside, type PhotoPoint, useCamera } from '../../viewer/camera.ts';
import { run } from '../../state/run.ts';
import { followingProposal, useFound } from './found.ts';

const words = t.segment;

export function chooseTool(tool: Tool): void {
  setView({ tool, preview: null });
  announce(words.tools[tool]);
}

/** Adds a click: a coarse answer is asked for at once, the refined mask follows. */
export function addClick({ x, y }: PhotoPoint, label: Click['label']): void {
  const params = currentParams('segment');
  if (!params || !isInside(useCamera.getState(), { x, y })) return;
  const clicks = [...params.clicks, { x: Math.round(x), y: Math.round(y), label }];
  setClicks(clicks, label === 'include' ? words.history.click : words.history.exclude);
  announce(label === 'include' ? words.clicked(clicks.length) : words.excluded(clicks.length));
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
  const { preview } = useView.getState();
  const last = clicks[clicks.length - 1];
  const near =
    preview?.at && last && Math.hypot(preview.at.x - last.x, preview.at.y - last.y) < proposalReach();
  // What hovering showed here is the answer already: asking again would only keep the refined mask waiting.
  if (preview && near) return setView({ preview: { ...preview, from: 'click' } });
  setView({ preview: null });
  void previewClicks(clicks);
}

/** Photo pixels within which two points are the same to a hand: a few pixels of the screen. */
export function proposalReach(): number {
  return 3 / useCamera.getState().scale;
}

/** Edits whose first answer has been prepared, by the photo they work on. */
const warmed = new Set<string>();

/**
 * Asks for what nobody will look at, once per photo: the first answer loads the net and reads the photo's edges, and the
 * first click should not have to wait for that.
 */
export async function warmUp(): Promise<void> {
  const { document } = useModel.getState();
  if (!document || hasTarget(document)) return;
  const { photo, edit } = document;
  const key = `${frameLayer(document)} ${edit}`;
  if (warmed.has(key)) return;
  warmed.add(key);
  const middle = {
    x: Math.floor(photo.width / 2),
    y: Math.floor(photo.height / 2),
    label: 'include',
  } as const;
  await askQuietly('mask.preview', { edit, clicks: [middle], box: null });
}

async function previewClicks(clicks: readonly Click[]): Promise<void> {
  const { document } = useModel.getState();
  const box = currentParams('segment')?.box ?? null;
  if (!document || (clicks.length === 0 && !box)) return;
  const mask = await askQuietly('mask.preview', { edit: document.edit, clicks: [...clicks], box });
  const stillOpen = currentParams('segment')?.clicks.length === clicks.length;
  // The refined mask may have been quicker.
  if (mask && stillOpen && useModel.getState().progress)
    setView({ preview: { from: 'click', at: null, mask } });
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
  if (crosshair) addClick(crosshair, label);
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
