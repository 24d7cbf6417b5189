import { RequestError } from '../../../errors.ts';
import type { ObjectSearch } from './object-search.ts';
import type { Box, Click, SegmentParams } from './params.ts';
import { readProbability } from './weigh-nets.ts';

/** The masks a click may mean, by their number in `segment.proposal`: logits added for each. */
const PROPOSALS = [
  { kind: 'object', bias: 0 },
  { kind: 'group', bias: 1.5 },
  { kind: 'part', bias: -1.5 },
] as const;

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
  const answer = await search.ask(clicks, box);
  const probability = readProbability(answer, search.seen, search.at);
  const proposals: Proposal[] = [];
  for (const [index, { kind, bias }] of PROPOSALS.entries()) {
    const division = await search.divide(clicks, box, bias);
    // The head speaks of its own mask and for all alike, the overlap with its probabilities too low of each.
    const predictedIou = (answer.iou + expectedIou(division, probability)) / 2;
    proposals.push({ index, kind, division, predictedIou });
  }
  return proposals;
}

/**
 * The proposal that is asked for; `auto` is the likely object.
 * @throws RequestError where there is none of that number
 */
export function chooseProposal(proposals: readonly Proposal[], asked: SegmentParams['proposal']): Proposal {
  const chosen = proposals[asked === 'auto' ? 0 : asked];
  if (chosen) return chosen;
  throw new RequestError(
    `segment.proposal is ${asked}, but there are ${proposals.length} proposals`,
    'Use 0 (the object), 1 (with what goes with it), 2 (a part of it) or auto',
  );
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
