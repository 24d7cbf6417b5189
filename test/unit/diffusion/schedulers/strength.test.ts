import { expect, test } from 'vitest';
import { STABLE_DIFFUSION } from '../../../../main/diffusion/schedulers/config.ts';
import { createScheduler } from '../../../../main/diffusion/schedulers/create-scheduler.ts';
import { startIndexFor, startLatents } from '../../../../main/diffusion/schedulers/strength.ts';
import { RequestError } from '../../../../main/errors.ts';

test('a run takes the last ⌊steps·strength⌋ steps', () => {
  expect(startIndexFor(30, 1)).toBe(0);
  expect(startIndexFor(25, 0.6)).toBe(10);
  expect(startIndexFor(7, 0.6)).toBe(3);
  expect(startIndexFor(30, 0.9999)).toBe(1);
});

test('refuses strengths that leave no step or are none', () => {
  for (const strength of [0, 0.05, -1, 1.2, Number.NaN]) {
    expect(() => startIndexFor(10, strength)).toThrow(RequestError);
  }
});

test('starts from scaled noise at 1 and from the noised picture below', () => {
  const scheduler = createScheduler('euler', 10, STABLE_DIFFUSION);
  const noise = Float32Array.of(1, -1);
  const picture = Float32Array.of(0.25, 0.25);
  const out = new Float32Array(2);
  startLatents(scheduler, 1, noise, undefined, out);
  expect(out[0]).toBeCloseTo(scheduler.initNoiseSigma, 4);
  startLatents(scheduler, 0.5, noise, picture, out);
  expect(out[1]).toBeCloseTo(0.25 - scheduler.sigmas[5]!, 5);
  expect(() => startLatents(scheduler, 0.5, noise, undefined, out)).toThrow(TypeError);
});
