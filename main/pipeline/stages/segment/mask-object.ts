import type { Frame } from '../../../imaging/frame.ts';
import { boxMean } from '../../../imaging/guided-filter.ts';
import { maskArea, trimMask } from '../../../imaging/mask-ops.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { resizeRaster } from '../../../imaging/resize.ts';
import { toSrgb8 } from '../../../imaging/srgb.ts';
import type { MaskWindow } from '../../../imaging/window.ts';
import type { NodeContext } from '../../node.ts';
import { divideObject } from './divide-object.ts';
import { cropFrame } from './encode.ts';
import { cropAround, findObject, type FoundObject, nothingFound } from './find-object.ts';
import { followEdges } from './follow-edges.ts';
import { type Laid, logitsOfHints, seedsOf } from './hints.ts';
import { keepTheObject } from './keep-object.ts';
import type { ObjectSearch } from './object-search.ts';
import type { SegmentParams } from './params.ts';
import { sampleGrid } from './scene-grid.ts';

/** Long side of the crop on which edges are modelled, and of the one that is divided. */
const MODEL_SIDE = 768;
const WORK_SIDE = 448;
/** Margin around the found box, as a share of its longer side. */
const MARGIN = 0.2;
/** How firmly the search's division is held while its border is refined, in logits. */
const FOUND = 1.5;
const REFINE_WEIGHTS = { color: 0.4, smoothness: 8, rounds: 2 };
/** The refinement may change the area by this share; beyond it the search's division is taken. */
const LARGEST_CHANGE = 0.35;
/** Logit given to each side of a division before it is softened. */
const DECIDED = 4;

export interface MaskedObject {
  /** The net's logits over the whole photo. */
  readonly logits: Raster<Float32Array>;
  /** u8 soft mask, trimmed to its box. */
  readonly selection: MaskWindow;
  readonly predictedIou: number;
  readonly stability: number;
  /** Which of the proposals it is. */
  readonly proposal: number;
}

/** The whole way from clicks to the mask at photo resolution. Throws RequestError where nothing is found. */
export async function maskObject(
  { progress }: Pick<NodeContext, 'progress'>,
  frame: Frame,
  search: ObjectSearch,
  params: Pick<SegmentParams, 'clicks' | 'box' | 'edges' | 'proposal'>,
): Promise<MaskedObject> {
  const { clicks, box } = params;
  const found = await findObject(search, clicks, box, params.proposal);
  await progress(0.4);
  const { width, height } = frame.raster;
  const rect = cropAround(found.box, MARGIN, { width, height });
  const crop = cropFrame(frame, rect);
  const reduced = await reduce(crop.raster, MODEL_SIDE);
  const small = await toSrgb8({ ...crop, raster: reduced }, { longSide: WORK_SIDE });
  const division = refineDivision(
    small,
    { rect, width: small.width, height: small.height },
    found,
    frame,
    params,
  );
  await progress(0.7);
  const raster = { width: small.width, height: small.height, channels: 1, data: soften(division, small) };
  const selection = trimMask(followEdges(crop.raster, reduced, rect, raster, params.edges));
  if (maskArea(selection) < 16) throw nothingFound(clicks);
  const { logits, predictedIou, stability, proposal } = found;
  return { logits, selection, predictedIou, stability, proposal };
}

/** The search's division, made again on the enlarged crop. */
function refineDivision(
  small: Raster<Uint8Array>,
  at: Laid,
  found: FoundObject,
  frame: Frame,
  { clicks, box }: Pick<SegmentParams, 'clicks' | 'box'>,
): Uint8Array {
  const { width, height } = frame.raster;
  const coarse = found.division;
  const area = {
    x: (at.rect.x * coarse.width) / width,
    y: (at.rect.y * coarse.height) / height,
    width: (at.rect.width * coarse.width) / width,
    height: (at.rect.height * coarse.height) / height,
  };
  const held = { ...coarse, data: new Float32Array(coarse.data) };
  const share = sampleGrid(held, area, at.width, at.height).data;
  for (let i = 0; i < share.length; i++) share[i] = 2 * share[i]! - 1;
  boxMean(
    share,
    at.width,
    at.height,
    Math.max(1, Math.round((found.grain * at.width) / at.rect.width)),
    share,
  );
  const net = found.weighNet(at);
  const logits = share.map((v, i) => FOUND * v + 0.5 * net[i]!);
  if (box) {
    const hints = logitsOfHints(at, [], box, Math.max(width, height));
    for (let i = 0; i < logits.length; i++) logits[i]! += Math.min(0, hints[i]!);
  }
  const seeds = seedsOf(at, clicks);
  const own = Uint8Array.from(share, (v) => (v > 0 ? 1 : 0));
  const cut = keepTheObject(
    divideObject(small, logits, seeds, REFINE_WEIGHTS),
    at.width,
    at.height,
    seeds,
    net,
  );
  return changesTooMuch(own, cut) ? own : cut;
}

function changesTooMuch(before: Uint8Array, after: Uint8Array): boolean {
  let had = 0;
  let has = 0;
  for (let i = 0; i < before.length; i++) {
    had += before[i]!;
    has += after[i]!;
  }
  return Math.abs(has / Math.max(1, had) - 1) > LARGEST_CHANGE;
}

export function reduce(raster: Frame['raster'], longSide: number): Promise<Frame['raster']> {
  const scale = Math.min(1, longSide / Math.max(raster.width, raster.height));
  const size = (side: number) => Math.max(1, Math.round(side * scale));
  return resizeRaster(raster, size(raster.width), size(raster.height));
}

/** Logits of a division with its staircase smoothed. */
function soften(division: Uint8Array, { width, height }: Raster): Float32Array {
  const share = Float32Array.from(division);
  boxMean(share, width, height, 1, share);
  for (let i = 0; i < share.length; i++) share[i] = DECIDED * (2 * share[i]! - 1);
  return share;
}
