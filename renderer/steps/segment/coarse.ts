/** Coarse masks, before anything is run: what a click here would take, and the first answer to one. */
import type { Click } from '../../../main/pipeline/stages/segment/params.ts';
import type { DocumentState } from '../../../preload/contract.ts';
import { askQuietly } from '../../state/bridge.ts';
import { awaitMask, maskAnswered } from '../../state/mask-answer.ts';
import { useModel } from '../../state/model.ts';
import { currentParams } from '../../state/params.ts';
import { frameLayer, hasTarget, paramsOf, stageState } from '../../state/select.ts';
import { setView, useView } from '../../state/view.ts';
import { isInside, useCamera } from '../../viewer/camera.ts';

/** The clicks of the newest question, while it has no answer. */
let asked: readonly Click[] | null = null;

/** Where the hand is, if nobody has asked what a click there would take; and what was asked for it last. */
let wanted: Click | null = null;
let proposed: readonly Click[] = [];
let isFollowing = false;

/** Shows what a click here would select. One question at a time, about the newest place; none while something runs. */
export function propose(at: Click | null): void {
  wanted = at;
  if (at) {
    if (!isFollowing) void followHand();
    return;
  }
  proposed = [];
  if (useView.getState().preview?.from === 'hover') setView({ preview: null });
}

async function followHand(): Promise<void> {
  isFollowing = true;
  try {
    // A newer question would end the one that a click waits for.
    for (await maskAnswered(); wanted; await maskAnswered()) {
      const at = wanted;
      wanted = null;
      const params = currentParams('segment');
      if (!params || useModel.getState().progress || !isInside(useCamera.getState(), at)) return;
      const clicks = [...params.clicks, at];
      if (areAlike(params.clicks.slice(-1), [at]) || areAlike(proposed, clicks)) continue;
      proposed = clicks;
      awaitMask(ask(clicks));
    }
  } finally {
    isFollowing = false;
  }
}

/** Answers clicks at once, with what hovering has shown or asked for already where that was the same. */
export function answerClicks(clicks: readonly Click[]): void {
  const { preview } = useView.getState();
  if (preview && areAlike(preview.clicks, clicks)) return setView({ preview: { ...preview, from: 'click' } });
  setView({ preview: null });
  const isAsked = asked !== null && areAlike(asked, clicks);
  if (!isAsked && (clicks.length > 0 || currentParams('segment')?.box)) awaitMask(ask(clicks));
}

async function ask(clicks: readonly Click[]): Promise<void> {
  const { document } = useModel.getState();
  const box = currentParams('segment')?.box ?? null;
  if (!document) return;
  asked = clicks;
  const mask = await askQuietly('mask.preview', {
    edit: document.edit,
    clicks: [...clicks],
    box,
    withOthers: false,
  });
  if (asked === clicks) asked = null;
  const { document: now, progress } = useModel.getState();
  const meant = currentParams('segment')?.clicks;
  // Another photo or edit may be open by now.
  if (!mask || !now || !meant || subjectOf(now) !== subjectOf(document)) return;
  if (areAlike(meant, clicks)) {
    if (!isRefined(now, clicks)) setView({ preview: { from: 'click', clicks, mask } });
  } else if (areAlike(meant, clicks.slice(0, -1)) && isHovering() && !progress) {
    setView({ preview: { from: 'hover', clicks, mask } });
  }
}

function isHovering(): boolean {
  const { step, tool, pointer, crosshair } = useView.getState();
  return step === 'segment' && tool === 'click' && (pointer ?? crosshair) !== null;
}

/** Whether the mask of these clicks is in the project: it may have been quicker than a coarse answer to them. */
export function isRefined(document: DocumentState, clicks: readonly Click[]): boolean {
  return (
    areAlike(paramsOf(document, 'segment').clicks, clicks) &&
    stageState(document, 'segment')?.state === 'done'
  );
}

/** Whether clicks are the same to a hand: a few pixels of the screen do not count. */
function areAlike(some: readonly Click[], others: readonly Click[]): boolean {
  const reach = 3 / useCamera.getState().scale;
  return (
    some.length === others.length &&
    some.every(({ x, y, label }, i) => {
      const other = others[i]!;
      return label === other.label && Math.hypot(x - other.x, y - other.y) < reach;
    })
  );
}

/** What questions are about: an edit, and the photo that it works on. */
function subjectOf(document: DocumentState): string {
  return `${frameLayer(document)} ${document.edit}`;
}

/** Subjects whose first answer has been prepared. */
const warmed = new Set<string>();

/**
 * Asks for what nobody will look at, once per photo: the first answer loads the net and reads the photo's edges, and the
 * first click should not have to wait for that.
 */
export async function warmUp(): Promise<void> {
  const { document } = useModel.getState();
  if (!document || hasTarget(document)) return;
  const { photo, edit } = document;
  const subject = subjectOf(document);
  if (warmed.has(subject)) return;
  warmed.add(subject);
  const middle = {
    x: Math.floor(photo.width / 2),
    y: Math.floor(photo.height / 2),
    label: 'include',
  } as const;
  await askQuietly('mask.preview', { edit, clicks: [middle], box: null, withOthers: false });
}
