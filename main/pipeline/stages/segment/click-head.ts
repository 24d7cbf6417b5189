import type { Raster } from '../../../imaging/raster.ts';
import { floatData, floatTensor, type ModelRunner, type Tensor } from '../../../inference/tensor.ts';
import type { Box, Click } from './params.ts';
import { sampleGrid, type SceneFit, toCells } from './scene-grid.ts';

export const CLICK_HEAD = 'starter/scene-clicks';

/** Deviation of a click's bump in cells of 4 net pixels, as in training. */
const CLICK_SIGMA = 2;

/** What the head says of the object: logits per 2 net pixels, and how good it thinks its mask is (0–1). */
export interface ClickAnswer {
  readonly logits: Raster<Float32Array>;
  readonly iou: number;
}

export interface ClickFeatures {
  readonly fit: SceneFit;
  readonly features: Tensor;
  readonly featuresLow: Tensor;
}

/**
 * Asks the head for the object under the clicks, twice where that helps: the second time it sees its own answer, as it
 * did in training after a correcting click.
 * @param previous logits of an earlier answer on the same grid, or null
 */
export async function askClickHead(
  models: ModelRunner,
  seen: ClickFeatures,
  clicks: readonly Click[],
  box: Box | null,
  previous: Raster<Float32Array> | null,
): Promise<ClickAnswer> {
  const cells = seen.features.dims.at(-1)!;
  const maps = drawClickMaps(seen.fit, cells, clicks, box);
  if (previous) maps.set(toProbabilities(previous, cells), 2 * cells * cells);
  const outputs = await models.run(CLICK_HEAD, {
    features: seen.features,
    features_low: seen.featuresLow,
    clicks: floatTensor(maps, [1, 3, cells, cells]),
  });
  const logits = outputs['logits'];
  const data = floatData(logits, 'logits');
  const side = logits!.dims.at(-1)!;
  return {
    logits: { width: side, height: side, channels: 1, data },
    iou: Math.min(1, Math.max(0, floatData(outputs['iou'], 'iou')[0]!)),
  };
}

/** `clicks` [3,cells,cells]: bumps of include clicks, of exclude clicks, and the box filled with 0.5. */
export function drawClickMaps(
  fit: SceneFit,
  cells: number,
  clicks: readonly Click[],
  box: Box | null,
): Float32Array {
  const step = fit.side / cells;
  const maps = new Float32Array(3 * cells * cells);
  for (const click of clicks) {
    const plane = click.label === 'include' ? 0 : cells * cells;
    drawBump(maps.subarray(plane, plane + cells * cells), cells, toCells(fit, click, step));
  }
  if (box) {
    const from = toCells(fit, { x: box.x0, y: box.y0 }, step);
    const to = toCells(fit, { x: box.x1, y: box.y1 }, step);
    const left = Math.max(0, Math.round(from.x));
    const right = Math.min(cells, Math.max(left + 1, Math.round(to.x)));
    for (let y = Math.max(0, Math.round(from.y)); y < Math.min(cells, Math.round(to.y)); y++) {
      maps.fill(0.5, (2 * cells + y) * cells + left, (2 * cells + y) * cells + right);
    }
  }
  return maps;
}

/** exp(−d²/2σ²) around a point in cells, joined with what is there by maximum. */
function drawBump(map: Float32Array, cells: number, at: { readonly x: number; readonly y: number }): void {
  const fall = -1 / (2 * CLICK_SIGMA * CLICK_SIGMA);
  for (let y = 0; y < cells; y++) {
    for (let x = 0; x < cells; x++) {
      const value = Math.exp(fall * ((x + 0.5 - at.x) ** 2 + (y + 0.5 - at.y) ** 2));
      const i = y * cells + x;
      if (value > map[i]!) map[i] = value;
    }
  }
}

function toProbabilities(logits: Raster<Float32Array>, cells: number): Float32Array {
  const probability = { ...logits, data: logits.data.map((v) => 1 / (1 + Math.exp(-v))) };
  return sampleGrid(probability, { x: 0, y: 0, width: logits.width, height: logits.height }, cells, cells)
    .data;
}
