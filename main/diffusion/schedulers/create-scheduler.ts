import { assertNever, RequestError } from '../../errors.ts';
import type { SchedulerConfig } from './config.ts';
import { createDdim } from './ddim.ts';
import { createDpmpp2m } from './dpmpp-2m.ts';
import { createEuler, createEulerAncestral } from './euler.ts';
import { createLcm } from './lcm.ts';
import type { Scheduler, SchedulerName } from './scheduler.ts';
import { createUniPc } from './unipc.ts';

/**
 * A sampler set to `steps` steps at full strength (see strength.ts for runs that start later).
 * Throws RequestError where the steps cannot be told apart (too many for the spacing), and where an ε-predicting
 * model would start from pure noise, in which no ε can be told from the sample (DDIM and LCM with zero-terminal SNR).
 */
export function createScheduler(name: SchedulerName, steps: number, config: SchedulerConfig): Scheduler {
  if (!Number.isInteger(steps) || steps < 1 || steps > config.trainTimesteps) {
    throw new RequestError(
      `The number of steps must be a whole number from 1 to ${config.trainTimesteps}`,
      'Ask for 20 to 50 steps',
    );
  }
  const scheduler = createByName(name, steps, config);
  checkGrid(scheduler, config);
  return scheduler;
}

function createByName(name: SchedulerName, steps: number, config: SchedulerConfig): Scheduler {
  switch (name) {
    case 'dpmpp-2m-karras':
      return createDpmpp2m(steps, config, true);
    case 'dpmpp-2m':
      return createDpmpp2m(steps, config, false);
    case 'euler':
      return createEuler(steps, config);
    case 'euler-ancestral':
      return createEulerAncestral(steps, config);
    case 'ddim':
      return createDdim(steps, config);
    case 'unipc':
      return createUniPc(steps, config);
    case 'lcm':
      return createLcm(steps, config);
    default:
      return assertNever(name);
  }
}

function checkGrid({ sigmas, timesteps, name }: Scheduler, config: SchedulerConfig): void {
  if (sigmas[0] === Infinity && config.prediction === 'epsilon') {
    throw new RequestError(
      `The scheduler ${name} cannot start a noise-predicting model from pure noise`,
      'Choose euler or dpmpp-2m, or correct prediction_type in the scheduler_config.json of the model',
    );
  }
  for (let i = 0; i < timesteps.length; i++) {
    if (sigmas[i]! > 0 && (i === timesteps.length - 1 || sigmas[i]! > sigmas[i + 1]!)) continue;
    throw new RequestError(
      `The scheduler ${name} cannot take as many as ${timesteps.length} steps with ${config.spacing} spacing`,
      'Ask for fewer steps',
    );
  }
}
