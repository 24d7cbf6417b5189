import { InvalidArgumentError } from 'commander';

/** Seeds are whole numbers of 32 bits. */
const MOST_SEED = 4_294_967_295;
/** A range this long is a slip of the hand. */
const MOST_SEEDS = 10_000;

/** Reads `1-8`, `3,7,11` or both together. */
export function parseSeeds(text: string): number[] {
  const seeds = text.split(',').flatMap((part) => {
    const match = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part);
    if (!match) throw new InvalidArgumentError('Give seeds like 1-8 or 3,7,11.');
    const first = Number(match[1]);
    const last = Number(match[2] ?? first);
    if (last < first || last > MOST_SEED || last - first >= MOST_SEEDS)
      throw new InvalidArgumentError(`${part.trim()} is no range of seeds.`);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  return [...new Set(seeds)];
}
