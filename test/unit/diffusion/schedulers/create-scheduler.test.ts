import { describe, expect, test } from 'vitest';
import { STABLE_DIFFUSION, type SchedulerConfig } from '../../../../main/diffusion/schedulers/config.ts';
import { createScheduler } from '../../../../main/diffusion/schedulers/create-scheduler.ts';
import { SCHEDULER_NAMES, type Scheduler } from '../../../../main/diffusion/schedulers/scheduler.ts';
import { startLatents } from '../../../../main/diffusion/schedulers/strength.ts';
import { TorchGenerator } from '../../../../main/diffusion/torch-random.ts';
import { RequestError } from '../../../../main/errors.ts';

const LENGTH = 64;
const target = new TorchGenerator(1).randn(LENGTH);

/** Runs with a model that knows the answer: the ε or v that lies between the sample and `target`. */
function runKnowing(
  scheduler: Scheduler,
  config: SchedulerConfig,
  seed: number,
  state = newState(scheduler),
) {
  const generator = new TorchGenerator(seed);
  const sample = startLatents(scheduler, 1, generator.randn(LENGTH), undefined, new Float32Array(LENGTH));
  const input = new Float32Array(LENGTH);
  const output = new Float32Array(LENGTH);
  for (let i = 0; i < scheduler.timesteps.length; i++) {
    scheduler.scaleModelInput(sample, i, input);
    const sigma = scheduler.sigmas[i]!;
    const signal = 1 / Math.sqrt(sigma * sigma + 1);
    const noise = Math.sqrt(1 - signal * signal);
    for (let j = 0; j < LENGTH; j++) {
      const epsilon = (input[j]! - signal * target[j]!) / noise;
      output[j] = config.prediction === 'epsilon' ? epsilon : signal * epsilon - noise * target[j]!;
    }
    const fresh = scheduler.needsNoise(i) ? generator.randn(LENGTH) : undefined;
    const result = scheduler.step(output, i, sample, state, fresh);
    expect(result.sample).toBe(sample);
    expect(distance(result.predictedOriginal, target)).toBeLessThan(1e-3);
  }
  return sample;
}

const newState = (scheduler: Scheduler) => scheduler.createState(LENGTH);
const distance = (a: Float32Array, b: Float32Array) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

describe.each(SCHEDULER_NAMES)('%s', (name) => {
  test.each(['epsilon', 'v_prediction'] as const)(
    'arrives where a model that knows the picture points: %s',
    (prediction) => {
      const config = { ...STABLE_DIFFUSION, prediction, finalAlphaOne: true };
      const scheduler = createScheduler(name, 12, config);
      expect(scheduler.name).toBe(name);
      expect(distance(runKnowing(scheduler, config, 7), target)).toBeLessThan(1e-3);
    },
  );

  test('a run leaves nothing behind in the scheduler', () => {
    const scheduler = createScheduler(name, 6, STABLE_DIFFUSION);
    const first = runKnowing(scheduler, STABLE_DIFFUSION, 7);
    runKnowing(scheduler, STABLE_DIFFUSION, 8);
    expect(runKnowing(scheduler, STABLE_DIFFUSION, 7)).toEqual(first);
  });

  test('refuses arrays of another length than the state', () => {
    const scheduler = createScheduler(name, 4, STABLE_DIFFUSION);
    const state = scheduler.createState(8);
    expect(() => scheduler.step(new Float32Array(8), 0, new Float32Array(7), state)).toThrow(
      /of 8 values but received 7 and 8/,
    );
  });

  test('refuses step counts that are not whole or out of range', () => {
    for (const steps of [0, 2.5, Number.NaN, 1001]) {
      expect(() => createScheduler(name, steps, STABLE_DIFFUSION)).toThrow(RequestError);
    }
  });
});

test('samplers that add noise ask for it, and say so when it is missing', () => {
  const asking = SCHEDULER_NAMES.filter((name) => createScheduler(name, 4, STABLE_DIFFUSION).needsNoise(0));
  expect(asking).toEqual(['euler-ancestral', 'lcm']);
  const scheduler = createScheduler('lcm', 4, STABLE_DIFFUSION);
  const eight = Float32Array.from({ length: 8 }, (_, i) => i);
  const sample = eight.slice();
  expect(() => scheduler.step(eight, 0, sample, scheduler.createState(8))).toThrow(/noise of 8 values/);
  expect(sample).toEqual(eight);
  expect(scheduler.needsNoise(3)).toBe(false);
});

test('a noise-predicting model cannot start from pure noise with DDIM', () => {
  const config = { ...STABLE_DIFFUSION, zeroTerminalSnr: true, spacing: 'trailing' as const };
  expect(() => createScheduler('ddim', 20, config)).toThrow(/cannot start a noise-predicting model/);
  expect(createScheduler('ddim', 20, { ...config, prediction: 'v_prediction' }).sigmas[0]).toBe(Infinity);
  expect(createScheduler('euler', 20, config).sigmas[0]).toBeCloseTo(4096, 0);
});

test.each(['dpmpp-2m', 'euler', 'ddim', 'unipc'] as const)(
  '%s refuses more steps than leading spacing can tell apart',
  (name) => {
    expect(() => createScheduler(name, 1000, STABLE_DIFFUSION)).toThrow(/as many as 1000 steps with leading/);
  },
);

test('LCM takes no more steps than it was distilled on', () => {
  expect(() => createScheduler('lcm', 51, STABLE_DIFFUSION)).toThrow(/at most 50 steps but 51/);
});
