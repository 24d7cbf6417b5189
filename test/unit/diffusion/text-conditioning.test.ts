import { describe, expect, test } from 'vitest';
import { embedGuidance, timeIds, zeroEmbedding } from '../../../main/diffusion/text-conditioning.ts';

describe('timeIds', () => {
  const conditions = { aesthetic: false, zeroEmptyNegative: true };

  test('are size, crop and target, height first', () => {
    expect([...timeIds(conditions, 1152, 896, false)]).toEqual([896, 1152, 0, 0, 896, 1152]);
    expect([...timeIds(conditions, 1152, 896, true)]).toEqual([896, 1152, 0, 0, 896, 1152]);
  });

  test('end in an aesthetic score for a refiner', () => {
    const refiner = { ...conditions, aesthetic: true };
    expect([...timeIds(refiner, 1024, 768, false)]).toEqual([768, 1024, 0, 0, 6]);
    expect([...timeIds(refiner, 1024, 768, true)]).toEqual([768, 1024, 0, 0, 2.5]);
  });
});

test('a guidance scale is embedded as sines and cosines', () => {
  // get_guidance_scale_embedding(torch.tensor([7.5 - 1]), 6) of diffusers 0.42.1.
  const expected = [-0.044784, 0.826829, 0.605186, -0.998997, -0.562454, 0.796084];
  const embedded = embedGuidance(7.5, 6);
  expected.forEach((value, i) => expect(embedded[i]).toBeCloseTo(value, 3));
  expect(embedded.length).toBe(6);
});

test('nothing said is zeros of the same shape', () => {
  const said = { hidden: Float32Array.of(1, 2), tokens: 1, width: 2, pooled: Float32Array.of(3) };
  expect(zeroEmbedding(said)).toEqual({
    hidden: new Float32Array(2),
    tokens: 1,
    width: 2,
    pooled: new Float32Array(1),
  });
});
