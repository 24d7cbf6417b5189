import { create } from 'zustand';
import type { Click } from '../../main/pipeline/stages/segment/params.ts';
import type { MaskPreview, StageId } from '../../preload/contract.ts';

export type Tool = 'click' | 'box' | 'brush' | 'eraser';
export type Compare = 'none' | 'wipe' | 'side';
export type DepthShown = 'photo' | 'map';

export interface Preview {
  readonly from: 'hover' | 'click';
  /** The clicks it answers; of hovering, the one that has not been made is the last. */
  readonly clicks: readonly Click[];
  readonly mask: MaskPreview;
}

/** What the window alone knows: nothing of it is kept with the project. */
interface View {
  readonly step: StageId;
  readonly tool: Tool;
  readonly compare: Compare;
  /** `\` is held. */
  readonly before: boolean;
  /** Tint of the mask over the photo. */
  readonly overlay: boolean;
  /** Drift or relight field over the photo, in the color step. */
  readonly drift: boolean;
  readonly depthShown: DepthShown;
  readonly grid: boolean;
  readonly drawer: boolean;
  /** Keys of the intermediates picked in the drawer: one shows it, two stand side by side. */
  readonly picked: readonly string[];
  /** Diameter in photo pixels. */
  readonly brushSize: number;
  /** 0–1. */
  readonly hardness: number;
  /** Coarse answer to the pointer or the last click; gone when the refined mask is there. */
  readonly preview: Preview | null;
  /** Index of the click marker that keys act on. */
  readonly marker: number | null;
  readonly sheet: 'keys' | 'history' | 'preferences' | 'recipes' | 'save-recipe' | null;
  /** Photo pixel that keys act on; null while the mouse is in charge. */
  readonly crosshair: { readonly x: number; readonly y: number } | null;
  /** What the read-out says: photo pixel under the pointer. */
  readonly pointer: { readonly x: number; readonly y: number } | null;
  readonly samples: readonly number[] | null;
}

const start: View = {
  step: 'segment',
  tool: 'click',
  compare: 'none',
  before: false,
  overlay: true,
  drift: false,
  depthShown: 'photo',
  grid: true,
  drawer: false,
  picked: [],
  brushSize: 60,
  hardness: 0.8,
  preview: null,
  marker: null,
  sheet: null,
  crosshair: null,
  pointer: null,
  samples: null,
};

export const useView = create<View>()(() => start);

export function setView(values: Partial<View>): void {
  useView.setState(values);
}

/** A new document begins with a clean table; the tools stay as they were set. */
export function resetView(step: StageId): void {
  const { overlay, drawer, grid, brushSize, hardness } = useView.getState();
  useView.setState({ ...start, step, overlay, drawer, grid, brushSize, hardness });
}

/** Picks an intermediate; with `add` beside the one that is picked already. Picking it again lets it go. */
export function pickIntermediate(key: string, add: boolean): void {
  const { picked, step } = useView.getState();
  const rest = picked.filter((k) => k !== key);
  const last = picked[picked.length - 1];
  if (rest.length < picked.length)
    setView({ picked: rest, compare: rest.length > 0 ? 'none' : usualCompare(step) });
  else if (add && last !== undefined) setView({ picked: [last, key], compare: 'side' });
  else setView({ picked: [key], compare: 'none' });
}

/** Lets all picked intermediates go: the step's own picture shows again. */
export function unpickAll(): void {
  setView({ picked: [], compare: usualCompare(useView.getState().step) });
}

/** How a step compares unless the user says otherwise: color is judged against what it began with. */
export function usualCompare(step: StageId): Compare {
  return step === 'color' ? 'wipe' : 'none';
}
