import type { SchedulerConfig } from './config.ts';
import { alphasCumprod, liftTerminal, trainSigmas } from './noise-schedule.ts';
import { karrasSigmas, sigmasAt, timestepAt, withFinal } from './sigmas.ts';
import { roundHalfEven, spaceMultistep, spaceSteps } from './spacing.ts';

/** Timesteps of a run and their noise levels with the final 0. */
export interface SigmaGrid {
  readonly timesteps: Float32Array;
  readonly sigmas: Float32Array;
}

/** Grid of the Euler samplers: fractional timesteps; Karras levels between those that plain spacing visits. */
export function eulerGrid(steps: number, config: SchedulerConfig, karras: boolean): SigmaGrid {
  const train = sigmasOf(config);
  // numpy's linspace is rounded to float32 before σ is read off at it.
  const timesteps = Float64Array.from(Float32Array.from(spaceSteps(steps, config)));
  const sigmas = sigmasAt(timesteps, train);
  if (!karras) return { timesteps: Float32Array.from(timesteps), sigmas: withFinal(sigmas, 0) };
  const levels = karrasSigmas(sigmas[steps - 1]!, sigmas[0]!, steps);
  const logTrain = train.map(Math.log);
  return {
    timesteps: Float32Array.from(levels, (sigma) => timestepAt(sigma, logTrain)),
    sigmas: withFinal(levels, 0),
  };
}

/** Grid of DPM-Solver++ and UniPC: whole timesteps; Karras levels between the first and last training level. */
export function multistepGrid(steps: number, config: SchedulerConfig, karras: boolean): SigmaGrid {
  const train = sigmasOf(config);
  if (!karras) {
    const timesteps = spaceMultistep(steps, config);
    return { timesteps: Float32Array.from(timesteps), sigmas: withFinal(sigmasAt(timesteps, train), 0) };
  }
  const levels = karrasSigmas(train[0]!, train[train.length - 1]!, steps);
  const logTrain = train.map(Math.log);
  return {
    timesteps: Float32Array.from(levels, (sigma) => roundHalfEven(timestepAt(sigma, logTrain))),
    sigmas: withFinal(levels, 0),
  };
}

function sigmasOf(config: SchedulerConfig): Float32Array {
  const cumprods = alphasCumprod(config);
  return trainSigmas(config.zeroTerminalSnr ? liftTerminal(cumprods) : cumprods);
}
