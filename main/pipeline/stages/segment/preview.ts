import { boxMean } from '../../../imaging/guided-filter.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { nothingFound } from './find-object.ts';
import type { ObjectSearch } from './object-search.ts';
import type { Box, Click, SegmentParams } from './params.ts';
import { sampleGrid } from './scene-grid.ts';
import { type ProposalKind, proposeObject, proposeObjects } from './proposals.ts';

/** One mask that the clicks may mean, coarse. */
export interface PreviewedProposal {
  /** Its number in `segment.proposal`. */
  readonly index: number;
  readonly kind: ProposalKind;
  /** How well it is likely to overlap what is meant, 0–1. */
  readonly predictedIou: number;
  /** u8, 255 inside, over the whole photo, at most 384 px long. */
  readonly mask: Raster<Uint8Array>;
}

export interface ObjectPreview {
  /** Position in `proposals` of the one that is taken. */
  readonly chosen: number;
  /** Those that differ; the likely object first. */
  readonly proposals: readonly PreviewedProposal[];
}

/** Long side of the masks. */
const SIDE = 384;
/** Two masks that overlap by more than this are one proposal. */
const SAME = 0.95;

/**
 * The mask that clicks mean, before its edges are refined: what shows while the retoucher still clicks.
 * @param withOthers whether the other masks that they may mean are wanted beside it
 * @throws RequestError where nothing is found or there is no such proposal
 */
export async function previewObject(
  search: ObjectSearch,
  clicks: readonly Click[],
  box: Box | null,
  proposal: SegmentParams['proposal'],
  withOthers: boolean,
): Promise<ObjectPreview> {
  const chosen = await proposeObject(search, clicks, box, proposal);
  if (!chosen.division.includes(1)) throw nothingFound(clicks);
  const { width, height } = search.at;
  const all = withOthers ? await proposeObjects(search, clicks, box) : [chosen];
  const kept = all.filter(
    (p, k) =>
      p.index === chosen.index ||
      (p.division.includes(1) &&
        overlap(p.division, chosen.division) < SAME &&
        all.slice(0, k).every((q) => overlap(p.division, q.division) < SAME)),
  );
  return {
    chosen: kept.findIndex(({ index }) => index === chosen.index),
    proposals: kept.map(({ index, kind, predictedIou, division }) => ({
      index,
      kind,
      predictedIou,
      mask: soften(division, width, height),
    })),
  };
}

/** A division as a smaller mask with its staircase smoothed. */
function soften(division: Uint8Array, width: number, height: number): Raster<Uint8Array> {
  const shrink = Math.max(1, Math.max(width, height) / SIDE);
  const share = new Float32Array(division);
  boxMean(share, width, height, Math.round(shrink), share);
  const size = (side: number) => Math.max(1, Math.round(side / shrink));
  const whole = { x: 0, y: 0, width, height };
  const small = sampleGrid({ width, height, channels: 1, data: share }, whole, size(width), size(height));
  const data = new Uint8Array(small.data.length);
  for (let i = 0; i < data.length; i++) data[i] = 255 * small.data[i]! + 0.5;
  return { ...small, data };
}

function overlap(a: Uint8Array, b: Uint8Array): number {
  let both = 0;
  let either = 0;
  for (let i = 0; i < a.length; i++) {
    both += a[i]! & b[i]!;
    either += a[i]! | b[i]!;
  }
  return either > 0 ? both / either : 1;
}
