import { askQuietly } from '../state/bridge.ts';
import { useModel } from '../state/model.ts';
import { setView, useView } from '../state/view.ts';
import { decideShown } from './shown.ts';

let asking = false;
let next: { readonly x: number; readonly y: number } | null = null;

/** Asks for the exact samples at a photo pixel of what is shown: one question at a time, the newest wins. */
export function readSample(point: { readonly x: number; readonly y: number }): void {
  next = point;
  if (!asking) void ask();
}

async function ask(): Promise<void> {
  asking = true;
  try {
    while (next) {
      const point = next;
      next = null;
      const { document } = useModel.getState();
      const layer = document && decideShown(document, useView.getState()).main[0]?.layer;
      const samples = layer ? await askQuietly('layer.sample', { layer, ...point }) : null;
      if (useView.getState().pointer) setView({ samples });
    }
  } finally {
    asking = false;
  }
}
