import { setView, useView } from '../state/view.ts';
import { toPane, useCamera } from './camera.ts';
import { panBy } from './move.ts';
import { readSample } from './sample.ts';
import { toolOf } from './tool.ts';

const ways: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
/** CSS pixels per press. */
const STEP = 8;
/** The crosshair keeps this far from the pane's edge, CSS pixels. */
const EDGE = 40;

/** Arrow keys over the photo move the crosshair; with Shift five times as far, with Alt one photo pixel. */
export function moveCrosshair(event: { readonly key: string; shiftKey: boolean; altKey: boolean }): boolean {
  const way = ways[event.key];
  if (!way) return false;
  const c = useCamera.getState();
  const from = useView.getState().crosshair ?? { x: Math.round(c.cx), y: Math.round(c.cy) };
  const step = event.altKey ? 1 : Math.max(1, Math.round((STEP * (event.shiftKey ? 5 : 1)) / c.scale));
  const crosshair = {
    x: Math.min(c.photoWidth - 1, Math.max(0, from.x + way[0] * step)),
    y: Math.min(c.photoHeight - 1, Math.max(0, from.y + way[1] * step)),
  };
  setView({ crosshair, pointer: crosshair });
  readSample(crosshair);
  followWithPhoto(crosshair.x, crosshair.y);
  toolOf(useView.getState().step).hover?.(crosshair, { altKey: false });
  return true;
}

function followWithPhoto(x: number, y: number): void {
  const c = useCamera.getState();
  const p = toPane(c, x, y);
  const dx = Math.max(0, EDGE - p.x) - Math.max(0, p.x - (c.paneWidth - EDGE));
  const dy = Math.max(0, EDGE + 40 - p.y) - Math.max(0, p.y - (c.paneHeight - EDGE));
  if (dx !== 0 || dy !== 0) panBy(dx, dy);
}
