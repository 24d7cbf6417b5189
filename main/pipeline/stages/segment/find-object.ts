import { RequestError } from '../../../errors.ts';
import type { Frame } from '../../../imaging/frame.ts';
import { clampRect, growRect, type Rect } from '../../../imaging/geometry.ts';
import { maskBox } from '../../../imaging/mask-ops.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { toSrgb8 } from '../../../imaging/srgb.ts';
import { wholeWindow } from '../../../imaging/window.ts';
import type { ModelRunner } from '../../../inference/tensor.ts';
import { askClickHead, type ClickAnswer, type ClickFeatures } from './click-head.ts';
import { divideObject } from './divide-object.ts';
import { type Laid, logitsOfHints, seedsOf } from './hints.ts';
import { keepTheObject } from './keep-object.ts';
import type { Box, Click } from './params.ts';
import { cropToFit, sampleGrid, type SceneFit } from './scene-grid.ts';

/** Long side of the whole photo in which the object is first sought. */
const SEARCH_SIDE = 256;
/** Weight of the net's logits, cut off at ±NET_LIMIT first. Its own estimate of them is too rough to weigh by. */
const NET_WEIGHT = 1.5;
const NET_LIMIT = 4;
/** Weight of the layout's word that a pixel is floor, wall or ceiling and no object, cut off likewise. */
const LAYOUT_WEIGHT = 2;
const LAYOUT_LIMIT = 3;
/** Smoothness of the search's cut: objects are large and whole, leaks are narrow. */
const SEARCH_WEIGHTS = { color: 0.5, smoothness: 15, rounds: 4 };
/** Reach of a correcting click over its distance from the mask's border, both of the long side. */
const STEP_OVER = 20;

/** A photo's encoding as the search needs it. */
export interface SeenScene extends ClickFeatures {
  /** Logits of object, floor, wall and ceiling over the whole photo, 4 channels. */
  readonly layout: Raster;
}

/** Where the object is. */
export interface FoundObject {
  /** The net's own logits over the whole photo. */
  readonly logits: Raster<Float32Array>;
  /** 1 object, 0 rest, over the whole photo. */
  readonly division: Raster<Uint8Array>;
  /** The division's box, whole photo px. */
  readonly box: Rect;
  /** The nets' evidence, in logits, at the centres of a picture's pixels. */
  weighNet(at: Laid): Float32Array;
  /** The net's own estimate, 0–1. */
  readonly predictedIou: number;
  /** Share of the net's pixels with logit > −1 that also have logit > 1. */
  readonly stability: number;
}

/**
 * Finds the object under clicks or in a box, coarsely: the net's answer, nearness to the clicks and colour are weighed
 * against each other by minimum cuts over the whole reduced photo. Throws RequestError where nothing is found.
 * @param bias logits added for a more generous (positive) or tighter mask
 */
export async function findObject(
  models: ModelRunner,
  frame: Frame,
  seen: SeenScene,
  clicks: readonly Click[],
  box: Box | null,
  bias: number,
): Promise<FoundObject> {
  const { width, height } = frame.raster;
  const small = await reducedPhoto(frame);
  const at: Laid = { rect: { x: 0, y: 0, width, height }, width: small.width, height: small.height };
  const search: Search = { seen, small, at, bias, ask: askOnce(models, seen, box) };
  const data = await divideByClicks(search, clicks, box);
  const division = { width: at.width, height: at.height, channels: 1, data };
  const found = maskBox(wholeWindow(division));
  if (!found) throw nothingFound(clicks);
  const answer = await search.ask(clicks);
  return {
    logits: cropToFit(answer.logits, seen.fit),
    division,
    box: toPhotoRect(found, at),
    weighNet: (where) => weighNets(answer, seen, where),
    predictedIou: answer.iou,
    stability: stabilityOf(answer.logits),
  };
}

interface Search {
  /** The net's answer to clicks and, where they are not an exclude click's, to the user's box. */
  readonly ask: (clicks: readonly Click[], boxed?: boolean) => Promise<ClickAnswer>;
  readonly seen: SeenScene;
  readonly small: Raster<Uint8Array>;
  readonly at: Laid;
  readonly bias: number;
}

/**
 * One click after the other, each by itself: an include click outside the mask adds what belongs to it; then an exclude
 * click inside takes away what belongs to it and not to the include clicks. So no click undoes what another found, as
 * one cut over all of them would for the sake of common colours.
 */
async function divideByClicks(
  search: Search,
  clicks: readonly Click[],
  box: Box | null,
): Promise<Uint8Array> {
  const { at } = search;
  const mask = new Uint8Array(at.width * at.height);
  const include = clicks.filter((click) => click.label === 'include');
  if (box) mask.set(await divideOne(search, include, box, 1));
  for (const click of include) {
    const pixel = pixelOf(at, click);
    if (mask[pixel]) continue;
    const part = await divideOne(search, [click], box, stepOver(mask, at, pixel));
    for (let i = 0; i < mask.length; i++) if (part[i]) mask[i] = 1;
  }
  const rivals = include.map((click): Click => ({ ...click, label: 'exclude' }));
  for (const click of clicks) {
    const pixel = pixelOf(at, click);
    if (click.label === 'include' || !mask[pixel]) continue;
    const part = await divideOne(
      search,
      [{ ...click, label: 'include' }, ...rivals],
      null,
      stepOver(mask, at, pixel),
    );
    for (let i = 0; i < mask.length; i++) if (part[i]) mask[i] = 0;
  }
  return mask;
}

function pixelOf({ rect, width, height }: Laid, { x, y }: Click): number {
  const column = Math.min(width - 1, Math.floor(((x - rect.x) * width) / rect.width));
  return Math.min(height - 1, Math.floor(((y - rect.y) * height) / rect.height)) * width + column;
}

/**
 * How far a correcting click reaches, as a multiple of the usual: close to the mask's border it means what spilt over
 * it or was left out, further away a thing of its own.
 */
function stepOver(mask: Uint8Array, { width, height }: Laid, pixel: number): number {
  const [cx, cy] = [pixel % width, Math.floor(pixel / width)];
  let depth = Infinity;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== mask[pixel])
      depth = Math.min(depth, Math.hypot((i % width) - cx, Math.floor(i / width) - cy));
  }
  return Math.min(1, Math.max(0.1, (STEP_OVER * depth) / Math.max(width, height)));
}

/** What belongs to the include clicks and not to the others: 1, else 0. `scale` shortens the clicks' reach. */
async function divideOne(
  search: Search,
  clicks: readonly Click[],
  box: Box | null,
  scale: number,
): Promise<Uint8Array> {
  const { seen, small, at, bias } = search;
  const answer = await search.ask(clicks, box !== null);
  const net = weighNets(answer, seen, at);
  const longSide = Math.max(at.rect.width, at.rect.height);
  const hints = logitsOfHints(at, clicks, box, scale * longSide);
  const seeds = seedsOf(at, clicks, scale);
  const cut = divideObject(
    small,
    hints.map((v, i) => v + net[i]! + bias),
    seeds,
    SEARCH_WEIGHTS,
  );
  return keepTheObject(cut, at.width, at.height, seeds, net);
}

/** Asks the net no question twice: one click alone is both the first part and the whole. */
function askOnce(models: ModelRunner, seen: ClickFeatures, box: Box | null): Search['ask'] {
  const answers = new Map<string, Promise<ClickAnswer>>();
  return (clicks, boxed = box !== null) => {
    const question = JSON.stringify([clicks, boxed]);
    const answer = answers.get(question) ?? answerClicks(models, seen, clicks, boxed ? box : null);
    answers.set(question, answer);
    return answer;
  };
}

/** The net's answer, asked twice: the second time it sees its first answer, as it did in training. */
async function answerClicks(
  models: ModelRunner,
  seen: ClickFeatures,
  clicks: readonly Click[],
  box: Box | null,
): Promise<ClickAnswer> {
  const first = await askClickHead(models, seen, clicks, box, null);
  const second = await askClickHead(models, seen, clicks, box, first.logits);
  const data = first.logits.data.map((v, i) => (v + second.logits.data[i]!) / 2);
  return { logits: { ...first.logits, data }, iou: Math.max(first.iou, second.iou) };
}

/** What the click head says for the object, and the layout against it, at the pixels of a picture laid over the photo. */
function weighNets({ logits }: ClickAnswer, { fit, layout }: SeenScene, at: Laid): Float32Array {
  const evidence = readAt(visiblePart(logits, fit), fit.rect, at);
  const surroundings = readAt(againstObject(layout), fit.rect, at);
  for (let i = 0; i < evidence.length; i++) {
    const net = Math.max(-NET_LIMIT, Math.min(NET_LIMIT, evidence[i]!));
    const room = Math.max(-LAYOUT_LIMIT, Math.min(0, surroundings[i]!));
    evidence[i] = NET_WEIGHT * net + LAYOUT_WEIGHT * room;
  }
  return evidence;
}

/** Samples of a one-channel raster that lies over `extent` of the photo, at the pixels of a picture. */
function readAt(raster: Raster<Float32Array>, extent: Rect, { rect, width, height }: Laid): Float32Array {
  const [sx, sy] = [raster.width / extent.width, raster.height / extent.height];
  const area = {
    x: (rect.x - extent.x) * sx,
    y: (rect.y - extent.y) * sy,
    width: rect.width * sx,
    height: rect.height * sy,
  };
  return sampleGrid(raster, area, width, height).data;
}

/** The object's logit over the best of floor, wall and ceiling. */
function againstObject({ width, height, data }: Raster): Raster<Float32Array> {
  const margin = new Float32Array(width * height);
  for (let i = 0; i < margin.length; i++) {
    margin[i] = data[4 * i]! - Math.max(data[4 * i + 1]!, data[4 * i + 2]!, data[4 * i + 3]!);
  }
  return { width, height, channels: 1, data: margin };
}

/** The cells that show the photo, in whole cells: what the fit padded holds no answer. */
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

const reducedPhotos = new WeakMap<Frame, Promise<Raster<Uint8Array>>>();

/** The photo at the search's size; kept with the frame, since every further click asks for it. */
function reducedPhoto(frame: Frame): Promise<Raster<Uint8Array>> {
  const reduced = reducedPhotos.get(frame) ?? toSrgb8(frame, { longSide: SEARCH_SIDE });
  reducedPhotos.set(frame, reduced);
  return reduced;
}

function stabilityOf({ data }: Raster<Float32Array>): number {
  let sure = 0;
  let likely = 0;
  for (const v of data) {
    if (v > 1) sure++;
    if (v > -1) likely++;
  }
  return likely > 0 ? sure / likely : 0;
}

/** The whole photo pixels under a rectangle of a picture. */
function toPhotoRect(rect: Rect, { rect: photo, width, height }: Laid): Rect {
  const [sx, sy] = [photo.width / width, photo.height / height];
  const x = Math.floor(rect.x * sx);
  const y = Math.floor(rect.y * sy);
  const whole = {
    x,
    y,
    width: Math.ceil((rect.x + rect.width) * sx) - x,
    height: Math.ceil((rect.y + rect.height) * sy) - y,
  };
  return clampRect(whole, photo.width, photo.height);
}

/** The crop to work in: the object's box with a margin, a share of its longer side. */
export function cropAround(
  box: Rect,
  margin: number,
  photo: { readonly width: number; readonly height: number },
): Rect {
  return clampRect(
    growRect(box, Math.round(margin * Math.max(box.width, box.height)) + 2),
    photo.width,
    photo.height,
  );
}

/** Names the first click. */
export function nothingFound(clicks: readonly Click[]): RequestError {
  const first = clicks.find((click) => click.label === 'include') ?? clicks[0];
  const where = first ? ` at the click ${Math.round(first.x)},${Math.round(first.y)}` : '';
  return new RequestError(
    `Nothing was found${where}`,
    'Click nearer the middle of the object, add a second click on it, or give a box around it',
  );
}
