import { RequestError } from '../../../errors.ts';
import { labelComponents } from '../../../imaging/components.ts';
import type { Frame } from '../../../imaging/frame.ts';
import { clampRect, growRect, type Rect, unionRect } from '../../../imaging/geometry.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { wholeWindow } from '../../../imaging/window.ts';
import type { ModelRunner } from '../../../inference/tensor.ts';
import { askClickHead, type ClickAnswer, type ClickFeatures } from './click-head.ts';
import { encodeScene } from './encode.ts';
import type { Box, Click } from './params.ts';
import { cropToFit, sampleGrid, type SceneFit, toCells } from './scene-grid.ts';

/** An object is looked at again, enlarged, where the enlargement is at least this. */
const LEAST_ZOOM = 1.4;
/** Margin of the second look, as a share of the object's longer side. */
const ZOOM_MARGIN = 0.4;
/** Beyond this share of the second look's extent from its border it alone counts; at the border the first does. */
const SEAM = 0.08;

/** What the net makes of the clicks. */
export interface FoundObject {
  /** The first look's logits, laid over the whole photo. */
  readonly overview: Raster<Float32Array>;
  /** Box of what is likely the object, whole photo px, inside the photo. */
  readonly box: Rect;
  /** Logits at the centres of a `width`×`height` raster laid over a rectangle of the photo. */
  sample(rect: Rect, width: number, height: number): Float32Array;
  /** The net's own estimate, 0–1. */
  readonly predictedIou: number;
  /** Share of the pixels with logit > −1 that also have logit > 1. */
  readonly stability: number;
}

/**
 * Asks the net for the object under the clicks; a small object is shown to it once more, enlarged, together with the
 * first answer. Throws RequestError where the net finds nothing there.
 */
export async function findObject(
  models: ModelRunner,
  frame: Frame,
  seen: ClickFeatures,
  clicks: readonly Click[],
  box: Box | null,
): Promise<FoundObject> {
  const first = await answerClicks(models, seen, clicks, box);
  const photo: Rect = { x: 0, y: 0, width: frame.raster.width, height: frame.raster.height };
  const overview = lookOf(first.logits, seen.fit);
  const found = boxOfObject(first.logits, seen.fit, clicks, box);
  const closer = zoomRect(found, photo);
  if (!closer) return { ...judge(first), overview: overview.raster, box: found, sample: overview.sample };
  const scene = await encodeScene(models, frame, closer, seen.fit.side);
  const before = gridOf(overview, scene.fit, first.logits.width);
  const second = await askClickHead(models, scene, clicksWithin(clicks, closer), null, before);
  const detail = lookOf(second.logits, scene.fit);
  return {
    ...judge(second),
    overview: overview.raster,
    box: boxOfObject(second.logits, scene.fit, clicks, box),
    sample: (rect, width, height) => {
      const far = overview.sample(rect, width, height);
      const near = detail.sample(rect, width, height);
      return blendLooks(far, near, rect, closer, width, height);
    },
  };
}

/** The head's answer to all clicks; with more than one it sees its answer to them once more, as it was trained. */
async function answerClicks(
  models: ModelRunner,
  seen: ClickFeatures,
  clicks: readonly Click[],
  box: Box | null,
): Promise<ClickAnswer> {
  if (clicks.length <= 1) return askClickHead(models, seen, clicks, box, null);
  const first = clicks.findIndex((click) => click.label === 'include');
  const early = await askClickHead(models, seen, first < 0 ? clicks : [clicks[first]!], box, null);
  return askClickHead(models, seen, clicks, box, early.logits);
}

interface Look {
  readonly raster: Raster<Float32Array>;
  readonly sample: FoundObject['sample'];
}

/** Logits of a fit's rectangle that can be read in photo coordinates. */
function lookOf(logits: Raster<Float32Array>, fit: SceneFit): Look {
  const step = fit.side / logits.width;
  return {
    raster: cropToFit(logits, fit),
    sample: (rect, width, height) => {
      const from = toCells(fit, rect, step);
      const to = toCells(fit, { x: rect.x + rect.width, y: rect.y + rect.height }, step);
      // What the fit padded holds no answer: its last row and column go on instead.
      const shown = visiblePart(logits, fit);
      return sampleGrid(
        shown,
        { x: from.x, y: from.y, width: to.x - from.x, height: to.y - from.y },
        width,
        height,
      ).data;
    },
  };
}

/** The cells that show the photo, in whole cells. */
function visiblePart(logits: Raster<Float32Array>, fit: SceneFit): Raster<Float32Array> {
  const step = fit.side / logits.width;
  const width = Math.min(logits.width, Math.ceil(fit.width / step));
  const height = Math.min(logits.height, Math.ceil(fit.height / step));
  if (width === logits.width && height === logits.height) return logits;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++)
    data.set(logits.data.subarray(y * logits.width, y * logits.width + width), y * width);
  return { width, height, channels: 1, data };
}

/** A look on the square grid of another fit; beyond the fit's rectangle certain background. */
function gridOf(look: Look, fit: SceneFit, cells: number): Raster<Float32Array> {
  const step = fit.side / cells;
  const width = Math.min(cells, Math.max(1, Math.round(fit.width / step)));
  const height = Math.min(cells, Math.max(1, Math.round(fit.height / step)));
  const inside = look.sample(fit.rect, width, height);
  const data = new Float32Array(cells * cells).fill(-8);
  for (let y = 0; y < height; y++) data.set(inside.subarray(y * width, (y + 1) * width), y * cells);
  return { width: cells, height: cells, channels: 1, data };
}

function judge({ logits, iou }: ClickAnswer): Pick<FoundObject, 'predictedIou' | 'stability'> {
  let sure = 0;
  let likely = 0;
  for (const v of logits.data) {
    if (v > 1) sure++;
    if (v > -1) likely++;
  }
  return { predictedIou: iou, stability: likely > 0 ? sure / likely : 0 };
}

/**
 * The box, in photo px, around the parts of the answer that hold an include click, and around parts a fifth as large
 * as those; around the user's box where there is one. Throws RequestError where there is neither.
 */
function boxOfObject(
  logits: Raster<Float32Array>,
  fit: SceneFit,
  clicks: readonly Click[],
  box: Box | null,
): Rect {
  const shown = visiblePart(logits, fit);
  const step = fit.side / logits.width;
  const mask = {
    width: shown.width,
    height: shown.height,
    channels: 1,
    data: new Uint8Array(shown.data.length),
  };
  for (let i = 0; i < mask.data.length; i++) mask.data[i] = shown.data[i]! > 0 ? 255 : 0;
  const parts = labelComponents(wholeWindow(mask));
  const held = new Set<number>();
  for (const click of clicks) {
    if (click.label === 'exclude') continue;
    const label = labelNear(parts.labels, mask.width, mask.height, toCells(fit, click, step));
    if (label > 0) held.add(label);
  }
  const largest = Math.max(
    0,
    ...parts.components.filter((p) => held.has(p.label) || box !== null).map((p) => p.area),
  );
  let cells: Rect = { x: 0, y: 0, width: 0, height: 0 };
  for (const part of parts.components) {
    if (held.has(part.label) || (largest > 0 && part.area > largest / 5)) cells = unionRect(cells, part.rect);
  }
  const drawn = box && { x: box.x0, y: box.y0, width: box.x1 - box.x0, height: box.y1 - box.y0 };
  if (cells.width === 0 && !drawn) throw nothingFound(clicks);
  const found = toPhotoRect(cells, fit, step);
  const whole = drawn
    ? cells.width === 0
      ? toWholePixels(drawn)
      : unionRect(found, toWholePixels(drawn))
    : found;
  return clampRect(whole, fit.rect.x + fit.rect.width, fit.rect.y + fit.rect.height);
}

/** The label at a point or, where there is none, of a neighbour within two cells. */
function labelNear(labels: Int32Array, width: number, height: number, at: { x: number; y: number }): number {
  const cx = Math.min(width - 1, Math.max(0, Math.floor(at.x)));
  const cy = Math.min(height - 1, Math.max(0, Math.floor(at.y)));
  if (labels[cy * width + cx]! > 0) return labels[cy * width + cx]!;
  for (let y = Math.max(0, cy - 2); y <= Math.min(height - 1, cy + 2); y++) {
    for (let x = Math.max(0, cx - 2); x <= Math.min(width - 1, cx + 2); x++) {
      if (labels[y * width + x]! > 0) return labels[y * width + x]!;
    }
  }
  return 0;
}

function toPhotoRect(cells: Rect, fit: SceneFit, step: number): Rect {
  const sx = (step * fit.rect.width) / fit.width;
  const sy = (step * fit.rect.height) / fit.height;
  return toWholePixels({
    x: fit.rect.x + cells.x * sx,
    y: fit.rect.y + cells.y * sy,
    width: cells.width * sx,
    height: cells.height * sy,
  });
}

function toWholePixels(rect: Rect): Rect {
  const x = Math.floor(rect.x);
  const y = Math.floor(rect.y);
  return { x, y, width: Math.ceil(rect.x + rect.width) - x, height: Math.ceil(rect.y + rect.height) - y };
}

/** What names the clicks in the error's first line. */
export function nothingFound(clicks: readonly Click[]): RequestError {
  const first = clicks.find((click) => click.label === 'include') ?? clicks[0];
  const where = first ? ` at the click ${Math.round(first.x)},${Math.round(first.y)}` : '';
  return new RequestError(
    `Nothing was found${where}`,
    'Click nearer the middle of the object, add a second click on it, or give a box around it',
  );
}

/** The part of the photo for a closer look; null where it would enlarge too little to be worth it. */
function zoomRect(box: Rect, photo: Rect): Rect | null {
  const longer = Math.max(box.width, box.height);
  const grown = clampRect(growRect(box, Math.round(ZOOM_MARGIN * longer)), photo.width, photo.height);
  const zoom = Math.max(photo.width, photo.height) / Math.max(grown.width, grown.height, 1);
  return zoom >= LEAST_ZOOM ? grown : null;
}

function clicksWithin(clicks: readonly Click[], rect: Rect): Click[] {
  return clicks.filter(
    (click) =>
      click.x >= rect.x &&
      click.y >= rect.y &&
      click.x < rect.x + rect.width &&
      click.y < rect.y + rect.height,
  );
}

/** Inside the closer look mostly its logits, outside only the overview's, with a ramp between them. */
function blendLooks(
  far: Float32Array,
  near: Float32Array,
  rect: Rect,
  closer: Rect,
  width: number,
  height: number,
): Float32Array {
  const output = new Float32Array(far.length);
  for (let y = 0; y < height; y++) {
    const py = rect.y + ((y + 0.5) * rect.height) / height;
    const down = rampInside(py, closer.y, closer.height);
    for (let x = 0; x < width; x++) {
      const px = rect.x + ((x + 0.5) * rect.width) / width;
      const share = 0.75 * Math.min(down, rampInside(px, closer.x, closer.width));
      const i = y * width + x;
      output[i] = near[i]! * share + far[i]! * (1 - share);
    }
  }
  return output;
}

function rampInside(at: number, start: number, extent: number): number {
  return Math.min(1, Math.max(0, Math.min(at - start, start + extent - at) / (SEAM * extent)));
}
