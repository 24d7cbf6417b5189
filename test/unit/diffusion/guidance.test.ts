import { expect, test } from 'vitest';
import { guide, needsUnconditional } from '../../../main/diffusion/guidance.ts';

test('moves from the unconditional output through the conditional one', () => {
  const batch = Float32Array.of(1, 2, 3, 0);
  guide(batch.subarray(0, 2), batch.subarray(2), 7.5, batch.subarray(2));
  expect([...batch]).toEqual([1, 2, 16, -13]);
});

test('is on above 1 alone', () => {
  expect([0, 1, 1.01, 7.5].map(needsUnconditional)).toEqual([false, false, true, true]);
});

test('refuses outputs of different length', () => {
  const two = new Float32Array(2);
  expect(() => guide(two, new Float32Array(3), 2, two)).toThrow(/2, 3 and 2/);
});
