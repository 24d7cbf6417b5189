import { RequestError } from '../../../../errors.ts';
import { adapterOf } from '../../../../inference/adapters/adapter-of.ts';
import type { Frame } from '../../../../imaging/frame.ts';
import { maskArea, maskBox, trimMask } from '../../../../imaging/mask-ops.ts';
import type { Raster } from '../../../../imaging/raster.ts';
import { wholeWindow } from '../../../../imaging/window.ts';
import type { NodeContext } from '../../../node.ts';
import { cropFrame } from '../encode.ts';
import { cropAround, nothingFound, toPhotoRect } from '../find-object.ts';
import { followEdges } from '../follow-edges.ts';
import { type Laid, seedsOf } from '../hints.ts';
import { keepTheObject } from '../keep-object.ts';
import { type MaskedObject, reduce } from '../mask-object.ts';
import type { Box, SegmentParams } from '../params.ts';
import { cropToFit, sampleGrid } from '../scene-grid.ts';
import { stabilityOf } from '../weigh-nets.ts';
import { decodePrompt, type Proposal } from './decode.ts';
import { fitPhoto } from './embed.ts';
import { type EmbeddingParts, unpackTensors } from './embedding.ts';

/** Long side of the crop on which edges are modelled. */
const MODEL_SIDE = 768;
/** Margin around the found box, as a share of its longer side. */
const MARGIN = 0.2;
/** Logit cells are laid this much finer before the photo's edges refine what they say. */
const FINER = 2;
/** How far beyond a box the object may go where the decoder was not told of it, of the box's longer side. */
const BOX_SLACK = 0.04;
/** Logit of what is not the object although the decoder took it for it. */
const REFUSED = -4;

type Params = Pick<SegmentParams, 'clicks' | 'box' | 'edges' | 'proposal' | 'pack'>;

/** A pack's own way from clicks to the mask at photo resolution. Throws RequestError where nothing is found. */
export async function maskByPack(context: NodeContext<Params>): Promise<MaskedObject> {
  const { models, packs, params, inputs, metric, progress } = context;
  const { clicks, box } = params;
  const frame = await context.frame();
  const { width, height } = frame.raster;
  const adapter = adapterOf(packs.manifest(params.pack), 'segment');
  const parts = await inputs.json<EmbeddingParts>('embeddingParts');
  const embedding = unpackTensors(await inputs.raster('embedding'), parts);
  const fit = fitPhoto(adapter, width, height);
  const model = `${params.pack}/decoder` as const;
  const { proposals, ignoredBox } = await decodePrompt(models, adapter, model, embedding, fit, clicks, box);
  await progress(0.4);
  const laid = proposals.map(({ logits, score }) => ({ logits: cropToFit(logits, fit), score }));
  if (box && ignoredBox) for (const { logits } of laid) keepToBox(logits, box, frame);
  const chosen = choose(laid, params.proposal, box && ignoredBox ? boxIn(laid[0]?.logits, box, frame) : null);
  metric('proposals', laid.map(({ score }) => score.toFixed(3)).join(' '));
  const selection = await refine(frame, keepClicked(chosen.logits, params, frame), params);
  return {
    logits: chosen.logits,
    selection,
    predictedIou: Math.min(1, Math.max(0, chosen.score)),
    stability: stabilityOf(chosen.logits),
    proposal: laid.indexOf(chosen),
  };
}

/** The proposal asked for; `auto`: the one with the best estimate, or the one that fits a box the decoder did not see. */
function choose(proposals: readonly Proposal[], wanted: Params['proposal'], box: Raster | null): Proposal {
  if (wanted !== 'auto') {
    const proposal = proposals[wanted];
    if (proposal) return proposal;
    throw new RequestError(
      `segment.proposal is ${wanted}, but the pack proposes ${proposals.length} masks`,
      `Use 0 to ${proposals.length - 1}, or auto`,
    );
  }
  const rate = (proposal: Proposal) => (box ? overlap(proposal.logits, box) : proposal.score);
  return proposals.reduce((best, next) => (rate(next) > rate(best) ? next : best));
}

function overlap({ data }: Raster<Float32Array>, box: Raster): number {
  let both = 0;
  let either = 0;
  for (let i = 0; i < data.length; i++) {
    const inside = box.data[i]! > 0;
    if (data[i]! > 0 && inside) both++;
    if (data[i]! > 0 || inside) either++;
  }
  return both / Math.max(1, either);
}

/** 1 in the cells whose centres lie in the box. */
function boxIn(cells: Raster | undefined, box: Box, { raster }: Frame): Raster<Uint8Array> | null {
  if (!cells) return null;
  const { width, height } = cells;
  const data = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    const py = ((y + 0.5) * raster.height) / height;
    for (let x = 0; x < width; x++, i++) {
      const px = ((x + 0.5) * raster.width) / width;
      if (px >= box.x0 && px < box.x1 && py >= box.y0 && py < box.y1) data[i] = 1;
    }
  }
  return { width, height, channels: 1, data };
}

/** Takes away what lies outside a box with a little slack; changes the logits given. */
function keepToBox(logits: Raster<Float32Array>, { x0, y0, x1, y1 }: Box, frame: Frame): void {
  const slack = BOX_SLACK * Math.max(x1 - x0, y1 - y0);
  const wide = { x0: x0 - slack, y0: y0 - slack, x1: x1 + slack, y1: y1 + slack };
  const inside = boxIn(logits, wide, frame)!;
  for (let i = 0; i < logits.data.length; i++)
    if (!inside.data[i]) logits.data[i] = Math.min(REFUSED, logits.data[i]!);
}

/** The logits with parts refused that hold no click and that the decoder is not sure of; pinholes closed. */
function keepClicked(logits: Raster<Float32Array>, { clicks }: Params, frame: Frame): Raster<Float32Array> {
  const { width, height, data } = logits;
  const division = Uint8Array.from(data, (v) => (v > 0 ? 1 : 0));
  const kept = keepTheObject(division, width, height, seedsOf(layOver(logits, frame), clicks), data);
  const settled = data.map((v, i) => (kept[i] === division[i] ? v : kept[i] ? -REFUSED : REFUSED));
  return { width, height, channels: 1, data: settled };
}

function layOver({ width, height }: Raster, { raster }: Frame): Laid {
  return { rect: { x: 0, y: 0, width: raster.width, height: raster.height }, width, height };
}

/** The logits enlarged as logits around the object, and their border set on the photo's edges. */
async function refine(frame: Frame, logits: Raster<Float32Array>, { clicks, edges }: Params) {
  const { width, height } = frame.raster;
  const found = maskBox(
    wholeWindow({ ...logits, data: Uint8Array.from(logits.data, (v) => (v > 0 ? 255 : 0)) }),
  );
  if (!found) throw nothingFound(clicks);
  const rect = cropAround(toPhotoRect(found, layOver(logits, frame)), MARGIN, { width, height });
  const [sx, sy] = [logits.width / width, logits.height / height];
  const area = { x: rect.x * sx, y: rect.y * sy, width: rect.width * sx, height: rect.height * sy };
  const fine = sampleGrid(
    logits,
    area,
    Math.max(2, Math.round(FINER * area.width)),
    Math.max(2, Math.round(FINER * area.height)),
  );
  const crop = cropFrame(frame, rect);
  const reduced = await reduce(crop.raster, MODEL_SIDE);
  const selection = trimMask(followEdges(crop.raster, reduced, rect, fine, edges));
  if (maskArea(selection) < 16) throw nothingFound(clicks);
  return selection;
}
