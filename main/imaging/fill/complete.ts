import { RequestError } from '../../errors.ts';
import { randomStream } from '../random.ts';
import type { Raster } from '../raster.ts';
import { createField, type Field, refineField } from './field.ts';
import {
  buildLevels,
  countSources,
  hasSourcesForAll,
  type Level,
  type LevelInput,
  MIN_SOURCES,
} from './level.ts';
import { improveField } from './patch-match.ts';
import { seedColors, seedFromGuide, spreadColors } from './seed-colors.ts';
import { measureDepth, voteColors } from './vote.ts';

/** Longest side, in pixels, of the levels that are searched in earnest … */
const SEARCH_SIDE = 448;
/** … and of the last one, which only aligns what was found. */
const ALIGN_SIDE = 2 * SEARCH_SIDE;

export interface CompleteOptions {
  readonly seed: number;
  /** First colors of the coarsest level, u8 RGB of the whole crop at any size. */
  readonly guide?: Raster<Uint8Array> | undefined;
  /** Called between passes with 0–1; what it throws or rejects with ends the work. */
  readonly progress?: ((done: number) => Promise<void> | void) | undefined;
}

/** Where every target pixel of the finest level is copied from. */
export interface Completion {
  readonly level: Level;
  readonly field: Field;
  /** The crop's labels as they were used: a surface that cannot be copied from has joined another. */
  readonly labels: Raster<Uint8Array>;
}

/**
 * Completes the hole from coarse to fine: at every level patches are matched and the hole repainted from them in turn,
 * until the field of the finest level says where each pixel is copied from.
 */
export async function completeHole(input: LevelInput, options: CompleteOptions): Promise<Completion> {
  const { levels, labels } = buildUsableLevels(input);
  const random = randomStream(options.seed);
  const coarsest = levels.at(-1)!;
  seedColors(coarsest);
  if (options.guide) seedFromGuide(coarsest, options.guide);
  const total = levels.reduce((sum, level) => sum + level.hole.length * plan(level, levels.length).rounds, 0);
  let done = 0;
  let field = createField(coarsest);
  for (let n = levels.length - 1; n >= 0; n--) {
    const level = levels[n]!;
    const depth = measureDepth(level);
    const { rounds, passes, radius, thorough } = plan(level, levels.length);
    if (n < levels.length - 1) {
      field = refineField(field, levels[n + 1]!, level);
      // The first colors of this level: what the coarser one's displacements bring at this resolution.
      spreadColors(levels[n + 1]!, level);
      voteColors(level, field, depth);
    }
    for (let round = 0; round < rounds; round++) {
      const last = round === rounds - 1;
      improveField(level, field, random, {
        passes,
        radius,
        anywhere: thorough,
        thorough,
        coherence: last ? 1.25 : thorough ? 1 : 1.1,
      });
      if (!last) voteColors(level, field, depth);
      done += level.hole.length;
      await options.progress?.(Math.min(1, done / total));
    }
    if (n > 0) voteColors(level, field, depth);
  }
  return { level: levels[0]!, field, labels };
}

/** The levels, after surfaces of the hole that cannot be copied from anywhere have joined one that can. */
function buildUsableLevels(input: LevelInput): { levels: Level[]; labels: Raster<Uint8Array> } {
  const longest = Math.max(input.image.width, input.image.height);
  const scale = Math.min(1, ALIGN_SIDE / longest);
  const levels = buildLevels(input, scale);
  if (hasSourcesForAll(levels[0]!)) return { levels, labels: input.labels };
  const counts = countSources(levels[0]!);
  const largest = counts.indexOf(Math.max(...counts));
  if (counts[largest] === 0) {
    throw new RequestError(
      'The mask leaves no background to copy from',
      'Give a larger inpaint.context, or a smaller mask',
    );
  }
  const data = input.labels.data.map((label, i) =>
    input.hole.data[i] !== 0 && counts[label]! < MIN_SOURCES ? largest : label,
  );
  const labels = { ...input.labels, data };
  return { levels: buildLevels({ ...input, labels }, scale), labels };
}

/** How much a level is worked: coarse ones, which decide the structure, most. */
function plan(
  level: Level,
  levels: number,
): { rounds: number; passes: number; radius: number; thorough: boolean } {
  const side = Math.max(level.width, level.height);
  if (side > SEARCH_SIDE && levels > 1) return { rounds: 2, passes: 2, radius: 2, thorough: false };
  if (side > SEARCH_SIDE / 2) return { rounds: 3, passes: 2, radius: 16, thorough: false };
  return { rounds: side > 100 ? 8 : 14, passes: 3, radius: side >> 1, thorough: true };
}
