import { expect, test } from 'vitest';
import { latentsFromParameters } from '../../../main/diffusion/vae-latents.ts';

test('scales mean and deviation, and bounds the variance', () => {
  const parameters = Float32Array.of(1, 1, 2 * Math.log(3), -1000);
  const out = latentsFromParameters(parameters, Float32Array.of(2, 2), 0.5, new Float32Array(2));
  expect(out[0]).toBeCloseTo(0.5 * (1 + 3 * 2), 5);
  expect(out[1]).toBeCloseTo(0.5, 5);
  expect([...latentsFromParameters(parameters, null, 0.5, out)]).toEqual([0.5, 0.5]);
  expect(() => latentsFromParameters(parameters, null, 1, new Float32Array(3))).toThrow(TypeError);
});
