import { create } from 'zustand';
import type { ColorPreview, LayerId } from '../../preload/contract.ts';
import { useCamera } from '../viewer/camera.ts';
import { askQuietly } from './bridge.ts';
import { useModel } from './model.ts';
import { lastLayer, type ParamsOf, paramsOf } from './select.ts';

/** The composite as it would be, laid over the one that stands until the exact one takes its place. */
export interface ColorDraft extends ColorPreview {
  /** The composite that it is laid over: with another one its time is over. */
  readonly over: LayerId;
}

export const useColorDraft = create<{ readonly draft: ColorDraft | null }>()(() => ({ draft: null }));

type Values = Partial<ParamsOf<'color'>>;

let waiting: Values | null = null;
let flying: Promise<void> | null = null;
/** Grows when drafts end: an answer from before is nobody's any more. */
let turn = 0;

const NAME = 'color.composite/composite';

/** True where there is a composite that a draft can be laid over. */
export function canDraft(): boolean {
  const { document } = useModel.getState();
  return document !== null && lastLayer(document, NAME) !== null;
}

/** Shows how the composite would look; one question is on its way at a time, and of those that wait the newest. */
export function draftColor(values: Values): void {
  waiting = { ...waiting, ...values };
  flying ??= send().finally(() => {
    flying = null;
  });
}

/** Makes what a first draft needs, so that it comes as quickly as those after it. */
export function warmUp(): void {
  const { document } = useModel.getState();
  if (document && !flying) void ask(paramsOf(document, 'color'));
}

export function endDraft(): void {
  turn += 1;
  waiting = null;
  if (useColorDraft.getState().draft) useColorDraft.setState({ draft: null });
}

/** Settles when no draft is on its way; true where one is shown. */
export async function draftsAnswered(): Promise<boolean> {
  await flying;
  return useColorDraft.getState().draft !== null;
}

async function send(): Promise<void> {
  while (waiting) {
    const mine = turn;
    const values = waiting;
    waiting = null;
    const { document } = useModel.getState();
    const over = document && lastLayer(document, NAME);
    if (!document || !over) return;
    const preview = await ask({ ...paramsOf(document, 'color'), ...values });
    if (preview && mine === turn) useColorDraft.setState({ draft: { ...preview, over } });
  }
}

async function ask(values: object): Promise<ColorPreview | null> {
  const { document } = useModel.getState();
  if (!document) return null;
  const { edit } = document;
  return askQuietly('color.preview', {
    edit,
    values: { ...values } as Record<string, never>,
    level: shownLevel(),
  });
}

/** How often the photo may be halved before a sample is larger than a device pixel. */
function shownLevel(): number {
  const { scale } = useCamera.getState();
  const perPixel = 1 / (scale * window.devicePixelRatio);
  return Math.min(8, Math.max(0, Math.floor(Math.log2(perPixel) + 0.2)));
}
