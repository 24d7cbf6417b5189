import { fadeWeights, planTiles } from '../imaging/tiles.ts';
import type { CellRect } from './planes.ts';

/** A window of latents with its weights along both sides; the weights of all windows add up to 1 in every cell. */
export interface WindowPlan {
  readonly rect: CellRect;
  readonly across: Float32Array;
  readonly down: Float32Array;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Share of a window's shorter side over which it fades into the next. */
const OVERLAP = 0.25;

/** Covers latents with windows of one size (smaller only where the latents are). Sizes in cells. */
export function planWindows(latents: Size, window: Size): WindowPlan[] {
  const columns = planSide(latents.width, window.width);
  return planSide(latents.height, window.height).flatMap((v) =>
    columns.map((h) => ({
      rect: { x: h.start, y: v.start, width: h.weights.length, height: v.weights.length },
      across: h.weights,
      down: v.weights,
    })),
  );
}

function planSide(length: number, window: number): { start: number; weights: Float32Array }[] {
  const tiles = planTiles(length, 1, window, Math.floor(window * OVERLAP));
  return tiles.map(({ rect, keep, fade }) => {
    const from = keep.x - rect.x;
    return {
      start: rect.x,
      weights: fadeWeights(rect.width, from, from + keep.width, fade.left, fade.right),
    };
  });
}
