import { describe, expect, test } from 'vitest';
import { readSchedulerConfig, STABLE_DIFFUSION } from '../../../../main/diffusion/schedulers/config.ts';
import { RequestError } from '../../../../main/errors.ts';

/** scheduler/scheduler_config.json of Stable Diffusion 1.5 inpainting, as it is published. */
const PUBLISHED = {
  _class_name: 'DDIMScheduler',
  _diffusers_version: '0.6.0.dev0',
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  clip_sample: false,
  num_train_timesteps: 1000,
  set_alpha_to_one: false,
  steps_offset: 1,
  trained_betas: null,
  skip_prk_steps: true,
};

describe('readSchedulerConfig', () => {
  test('reads a published file', () => {
    expect(readSchedulerConfig('ddim', PUBLISHED)).toEqual(STABLE_DIFFUSION);
  });

  test('what the file leaves out takes the default of the class asked for', () => {
    expect(readSchedulerConfig('dpmpp-2m', PUBLISHED).spacing).toBe('linspace');
    expect(readSchedulerConfig('lcm', {})).toMatchObject({ spacing: 'leading', betaEnd: 0.012 });
    expect(readSchedulerConfig('euler', {})).toMatchObject({ betaSchedule: 'linear', betaEnd: 0.02 });
  });

  test.each([
    ['prediction_type', 'sample'],
    ['beta_schedule', 'squaredcos_cap_v2'],
    ['trained_betas', [0.1]],
    ['use_exponential_sigmas', true],
    ['timestep_type', 'continuous'],
    ['timestep_spacing', 'sideways'],
  ])('names what is not supported: %s', (key, value) => {
    const read = () => readSchedulerConfig('euler', { ...PUBLISHED, [key]: value });
    expect(read).toThrow(RequestError);
    expect(read).toThrow(key);
  });
});
