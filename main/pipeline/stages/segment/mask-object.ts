import { RequestError } from '../../../errors.ts';
import { keepComponents, labelComponents } from '../../../imaging/components.ts';
import type { Frame } from '../../../imaging/frame.ts';
import { clampRect, growRect, type Rect } from '../../../imaging/geometry.ts';
import { boxMean } from '../../../imaging/guided-filter.ts';
import { maskArea, trimMask } from '../../../imaging/mask-ops.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { toSrgb8 } from '../../../imaging/srgb.ts';
import { type MaskWindow, wholeWindow } from '../../../imaging/window.ts';
import type { NodeContext } from '../../node.ts';
import type { ClickFeatures } from './click-head.ts';
import { divideObject, type Seeds } from './divide-object.ts';
import { cropFrame } from './encode.ts';
import { findObject, nothingFound } from './find-object.ts';
import { followEdges } from './follow-edges.ts';
import type { Box, Click, SegmentParams } from './params.ts';

/** Long side of the crop that is divided. */
const WORK_SIDE = 448;
/** Margin around the found box, as a share of its longer side. */
const MARGIN = 0.25;
/** Radius around a click that is certain, as a share of the crop's long side. */
const CLICK_RADIUS = 0.012;
/** The cut may change the net's area by this share; beyond it the net's own mask is taken. */
const LARGEST_CHANGE = 0.35;
/** What the proposals add to the logits: the likely mask, a more generous one, a tighter one. */
const PROPOSALS = [0, 1.5, -1.5] as const;
/** Logit given to each side of a division before it is softened. */
const DECIDED = 4;

export interface MaskedObject {
  /** The net's logits over the whole photo. */
  readonly logits: Raster<Float32Array>;
  /** u8 soft mask, trimmed to its box. */
  readonly selection: MaskWindow;
  readonly predictedIou: number;
  readonly stability: number;
}

/** The whole way from clicks to the mask at photo resolution. Throws RequestError where nothing is found. */
export async function maskObject(
  { models, progress }: Pick<NodeContext, 'models' | 'progress'>,
  frame: Frame,
  seen: ClickFeatures,
  params: Pick<SegmentParams, 'clicks' | 'box' | 'edges' | 'proposal'>,
): Promise<MaskedObject> {
  const { clicks, box } = params;
  const found = await findObject(models, frame, seen, clicks, box);
  await progress(0.4);
  const { width, height } = frame.raster;
  const rect = clampRect(growRect(found.box, margin(found.box)), width, height);
  const small = await toSrgb8(cropFrame(frame, rect), { longSide: WORK_SIDE });
  const logits = found.sample(rect, small.width, small.height);
  const bias = PROPOSALS[proposalIndex(params.proposal)]!;
  for (let i = 0; i < logits.length; i++) logits[i]! += bias;
  if (box) forbidOutside(logits, small, rect, box);
  const seeds = seedsOf(clicks, rect, small);
  const division = chooseDivision(logits, divideObject(small, logits, seeds));
  const cleaned = keepTheObject(division, small, seeds);
  await progress(0.7);
  const raster = { width: small.width, height: small.height, channels: 1, data: soften(cleaned, small) };
  const selection = trimMask(await followEdges(frame, rect, raster, params.edges));
  if (maskArea(selection) < 16) throw nothingFound(clicks);
  return { logits: found.overview, selection, predictedIou: found.predictedIou, stability: found.stability };
}

function margin(box: Rect): number {
  return Math.round(MARGIN * Math.max(box.width, box.height)) + 2;
}

function proposalIndex(proposal: SegmentParams['proposal']): number {
  if (proposal === 'auto') return 0;
  if (proposal < PROPOSALS.length) return proposal;
  throw new RequestError(
    `segment.proposal is ${proposal}, but there are ${PROPOSALS.length} proposals`,
    'Use 0 (likely), 1 (generous), 2 (tight) or auto',
  );
}

/** Beyond the user's box, a little grown, nothing is the object. */
function forbidOutside(logits: Float32Array, { width, height }: Raster, rect: Rect, box: Box): void {
  const slack = 0.04 * Math.max(box.x1 - box.x0, box.y1 - box.y0);
  for (let y = 0, i = 0; y < height; y++) {
    const py = rect.y + ((y + 0.5) * rect.height) / height;
    for (let x = 0; x < width; x++, i++) {
      const px = rect.x + ((x + 0.5) * rect.width) / width;
      const outside =
        px < box.x0 - slack || px > box.x1 + slack || py < box.y0 - slack || py > box.y1 + slack;
      if (outside) logits[i] = -20;
    }
  }
}

function seedsOf(clicks: readonly Click[], rect: Rect, { width, height }: Raster): Seeds {
  const place = (label: Click['label']) =>
    clicks
      .filter((click) => click.label === label)
      .map(({ x, y }) => ({
        x: ((x - rect.x) * width) / rect.width,
        y: ((y - rect.y) * height) / rect.height,
      }));
  return {
    include: place('include'),
    exclude: place('exclude'),
    radius: CLICK_RADIUS * Math.max(width, height),
  };
}

/** The cut's division where it keeps about the net's area, else the net's own. */
function chooseDivision(logits: Float32Array, cut: Uint8Array): Uint8Array {
  let net = 0;
  let kept = 0;
  for (let i = 0; i < cut.length; i++) {
    if (logits[i]! > 0) net++;
    kept += cut[i]!;
  }
  if (net > 0 && Math.abs(kept / net - 1) > LARGEST_CHANGE)
    return Uint8Array.from(logits, (v) => (v > 0 ? 1 : 0));
  return cut;
}

/** Drops parts that hold no include click and are small beside those that do, and fills pinholes. */
function keepTheObject(division: Uint8Array, { width, height }: Raster, seeds: Seeds): Uint8Array {
  const asMask = (samples: Uint8Array): MaskWindow =>
    wholeWindow({ width, height, channels: 1, data: samples.map((v) => v * 255) });
  const object = asMask(division);
  const parts = labelComponents(object);
  const held = new Set(
    seeds.include.map(({ x, y }) => parts.labels[Math.floor(y) * width + Math.floor(x)] ?? 0),
  );
  const main = Math.max(0, ...parts.components.filter((p) => held.has(p.label)).map((p) => p.area));
  const least = (main || Math.max(0, ...parts.components.map((p) => p.area))) * 0.05;
  const kept = keepComponents(object, parts, (p) => held.has(p.label) || p.area >= least).raster.data;
  const rest = asMask(kept.map((v) => (v ? 0 : 1)));
  const gaps = labelComponents(rest);
  const pinhole = 0.0004 * width * height;
  const open = keepComponents(rest, gaps, (p) => p.area >= pinhole).raster.data;
  return open.map((v) => (v ? 0 : 1));
}

/** Logits of a division with its staircase smoothed. */
function soften(division: Uint8Array, { width, height }: Raster): Float32Array {
  const share = Float32Array.from(division);
  boxMean(share, width, height, 1, share);
  for (let i = 0; i < share.length; i++) share[i] = DECIDED * (2 * share[i]! - 1);
  return share;
}
