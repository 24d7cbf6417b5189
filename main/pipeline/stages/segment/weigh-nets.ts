import type { Rect } from '../../../imaging/geometry.ts';
import type { Raster } from '../../../imaging/raster.ts';
import type { ClickAnswer, ClickFeatures } from './click-head.ts';
import type { Laid } from './hints.ts';
import { sampleGrid, type SceneFit } from './scene-grid.ts';

/** Weight of the net's logits, cut off at ±NET_LIMIT first. Its own estimate of them is too rough to weigh by. */
const NET_WEIGHT = 1.5;
const NET_LIMIT = 4;
/** Weight of the layout's word that a pixel is floor, wall or ceiling and no object, cut off likewise. */
const LAYOUT_WEIGHT = 2;
const LAYOUT_LIMIT = 3;

/** A photo's encoding as the search needs it. */
export interface SeenScene extends ClickFeatures {
  /** Logits of object, floor, wall and ceiling over the whole photo, 4 channels. */
  readonly layout: Raster;
}

/** What the click head says for the object, and the layout against it, in logits at the pixels of a picture. */
export function weighNets({ logits }: ClickAnswer, { fit, layout }: SeenScene, at: Laid): Float32Array {
  const evidence = readAt(visiblePart(logits, fit), fit.rect, at);
  const surroundings = readAt(againstObject(layout), fit.rect, at);
  for (let i = 0; i < evidence.length; i++) {
    const net = Math.max(-NET_LIMIT, Math.min(NET_LIMIT, evidence[i]!));
    const room = Math.max(-LAYOUT_LIMIT, Math.min(0, surroundings[i]!));
    evidence[i] = NET_WEIGHT * net + LAYOUT_WEIGHT * room;
  }
  return evidence;
}

/** The click head's probabilities at the pixels of a picture, 0–1. */
export function readProbability({ logits }: ClickAnswer, { fit }: SeenScene, at: Laid): Float32Array {
  const values = readAt(visiblePart(logits, fit), fit.rect, at);
  for (let i = 0; i < values.length; i++) values[i] = 1 / (1 + Math.exp(-values[i]!));
  return values;
}

/** Share of the net's pixels with logit > −1 that also have logit > 1: how little its mask hangs on the threshold. */
export function stabilityOf({ data }: Raster<Float32Array>): number {
  let sure = 0;
  let likely = 0;
  for (const v of data) {
    if (v > 1) sure++;
    if (v > -1) likely++;
  }
  return likely > 0 ? sure / likely : 0;
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
