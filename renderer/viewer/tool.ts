import type { StageId } from '../../preload/contract.ts';
import type { PhotoPoint } from './camera.ts';

/** What a step does with the pointer over the photo. Points are photo pixels. */
export interface PointerTool {
  readonly cursor: string;
  /** True where a drag is the tool's own; otherwise a drag pans and only a click reaches it. */
  readonly drags: boolean;
  down?(point: PhotoPoint, event: PointerEvent): void;
  move?(points: readonly PhotoPoint[], event: PointerEvent): void;
  up?(point: PhotoPoint, event: PointerEvent): void;
  /** The pointer left the window, or Escape was pressed, in the middle of a drag. */
  abandon?(): void;
  click?(point: PhotoPoint, event: { readonly altKey: boolean }): void;
  hover?(point: PhotoPoint | null, event: { readonly altKey: boolean }): void;
}

export const noTool: PointerTool = { cursor: 'grab', drags: false };

const tools = new Map<StageId, () => PointerTool>();

/** A step brings its tool along; asked for at every event, so that it may change with the step's state. */
export function registerTool(step: StageId, tool: () => PointerTool): void {
  tools.set(step, tool);
}

export function toolOf(step: StageId): PointerTool {
  return tools.get(step)?.() ?? noTool;
}
