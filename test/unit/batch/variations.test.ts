import { describe, expect, test } from 'vitest';
import { combine } from '../../../main/batch/variations.ts';
import { parseSeeds } from '../../../main/cli/seeds.ts';

describe('variations', () => {
  test('every prompt under every seed, under a name that tells both and is there once', () => {
    const made = combine(['A green sofa!', 'a “green” sofa', 'Grünes Sofa / Samt', '…'], [1, 2, 2]);
    expect(made.map(({ stem }) => stem)).toEqual([
      'a-green-sofa-seed-1',
      'a-green-sofa-seed-2',
      'a-green-sofa-2-seed-1',
      'a-green-sofa-2-seed-2',
      'grünes-sofa-samt-seed-1',
      'grünes-sofa-samt-seed-2',
      'variation-seed-1',
      'variation-seed-2',
    ]);
    expect(combine(['x', 'x'], [7])).toHaveLength(1);
    expect(() => combine(['x'], [])).toThrow(/No seed/);
  });

  test.each([
    ['1-4', [1, 2, 3, 4]],
    ['3, 7,5-6,7', [3, 7, 5, 6]],
    ['0', [0]],
  ])('seeds %s', (text, seeds) => expect(parseSeeds(text)).toEqual(seeds));

  test.each(['', 'a', '4-1', '1-', '-3', '0-4294967296', '1-100000'])('%j is no list of seeds', (text) =>
    expect(() => parseSeeds(text)).toThrow(),
  );
});
