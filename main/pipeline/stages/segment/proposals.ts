import { RequestError } from '../../../errors.ts';
import type { Laid } from './hints.ts';
import type { ObjectSearch } from './object-search.ts';
import type { Box, Click, SegmentParams } from './params.ts';
import { readProbability } from './weigh-nets.ts';

/** The masks a click may mean, by their number in `segment.proposal`: logits added for each. */
const PROPOSALS = [
  { kind: 'object', bias: 0 },
  { kind: 'group', bias: 1.5 },
  { kind: 'part', bias: -1.5 },
] as const;

/** The net's probabilities are no finer than this many of the search's pixels. */
const THIN = 4;

export type ProposalKind = (typeof PROPOSALS)[number]['kind'];

/** One mask that the clicks may mean. */
export interface Proposal {
  /** Its number in `segment.proposal`. */
  readonly index: number;
  readonly kind: ProposalKind;
  /** 1 object, 0 rest, per pixel of the search. */
  readonly division: Uint8Array;
  /** How well it is likely to overlap what is meant, 0–1. */
  readonly predictedIou: number;
}

/** Every mask that the clicks may mean: the likely object, with what goes with it, and its part alone. */
export async function proposeObjects(
  search: ObjectSearch,
  clicks: readonly Click[],
  box: Box | null,
): Promise<Proposal[]> {
  const proposals: Proposal[] = [];
  for (const index of PROPOSALS.keys()) proposals.push(await proposeObject(search, clicks, box, index));
  return proposals;
}

/**
 * The proposal that is asked for; `auto` is the likely object.
 * @throws RequestError where there is none of that number
 */
export async function proposeObject(
  search: ObjectSearch,
  clicks: readonly Click[],
  box: Box | null,
  asked: SegmentParams['proposal'],
): Promise<Proposal> {
  const index = numberOf(asked);
  const { kind, bias } = PROPOSALS[index]!;
  const answer = await search.ask(clicks, box);
  const coarse = {
    ...search.at,
    width: Math.ceil(search.at.width / THIN),
    height: Math.ceil(search.at.height / THIN),
  };
  const probability = readProbability(answer, search.seen, coarse);
  const division = await search.divide(clicks, box, bias);
  // The head speaks of its own mask and for all alike, the overlap with its probabilities too low of each.
  const predictedIou = (answer.iou + expectedIou(thin(division, search.at, coarse), probability)) / 2;
  return { index, kind, division, predictedIou };
}

/** @throws RequestError where there is none of that number */
function numberOf(asked: SegmentParams['proposal']): number {
  const index = asked === 'auto' ? 0 : asked;
  if (index < PROPOSALS.length) return index;
  throw new RequestError(
    `segment.proposal is ${asked}, but there are ${PROPOSALS.length} proposals`,
    'Use 0 (the object), 1 (with what goes with it), 2 (a part of it) or auto',
  );
}

/** The division's pixels at the centres of a coarser picture's. */
function thin(division: Uint8Array, from: Laid, to: Laid): Uint8Array {
  const thinned = new Uint8Array(to.width * to.height);
  for (let y = 0, i = 0; y < to.height; y++) {
    const row = Math.floor(((y + 0.5) * from.height) / to.height) * from.width;
    for (let x = 0; x < to.width; x++, i++) {
      thinned[i] = division[row + Math.floor(((x + 0.5) * from.width) / to.width)]!;
    }
  }
  return thinned;
}

/** The IoU of a mask with a random one whose pixels are inside with these probabilities: E|∩| over E|∪|. */
export function expectedIou(division: Uint8Array, probability: Float32Array): number {
  let inside = 0;
  let either = 0;
  for (let i = 0; i < division.length; i++) {
    if (division[i]) {
      inside += probability[i]!;
      either += 1;
    } else either += probability[i]!;
  }
  return either > 0 ? inside / either : 0;
}
