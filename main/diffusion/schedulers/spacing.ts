/** How the steps of a run are laid over the training timesteps; names as in diffusers' `timestep_spacing`. */
export type TimestepSpacing = 'leading' | 'trailing' | 'linspace';

export interface SpacingOptions {
  readonly spacing: TimestepSpacing;
  readonly trainTimesteps: number;
  /** Added to every timestep of `leading` (1 in Stable Diffusion's configs). */
  readonly stepsOffset: number;
}

/**
 * Timesteps of a method that visits both ends (Euler, DDIM): descending, `steps` of them; fractional for `linspace`.
 * Source: `set_timesteps` of diffusers' Euler schedulers; DDIM rounds the same numbers.
 */
export function spaceSteps(steps: number, options: SpacingOptions): Float64Array {
  if (options.spacing === 'trailing') return trailing(steps, options.trainTimesteps);
  if (options.spacing === 'leading') return leading(steps, steps, options);
  return linspace(options.trainTimesteps - 1, steps).reverse();
}

/**
 * Timesteps of a multistep method (DPM-Solver++, UniPC), whose spacing counts the end as one more step and then
 * leaves it out: descending, `steps` of them, whole numbers.
 */
export function spaceMultistep(steps: number, options: SpacingOptions): Float64Array {
  if (options.spacing === 'trailing') return trailing(steps, options.trainTimesteps);
  if (options.spacing === 'leading') return leading(steps, steps + 1, options);
  return linspace(options.trainTimesteps - 1, steps + 1)
    .reverse()
    .slice(0, steps)
    .map(roundHalfEven);
}

/** To the nearest whole number, halves to the even one (numpy's `round`; 48 trailing steps depend on it). */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * round(1000 − i·1000/N) − 1. numpy's `arange` steps by the difference of its first two values, whose rounding
 * decides which way a half goes. It also counts one value too many for some N (61, 103, 121, …), which in diffusers
 * gives a step at timestep −1; such a step means nothing and is left out here.
 */
function trailing(steps: number, trainTimesteps: number): Float64Array {
  const difference = trainTimesteps - trainTimesteps / steps - trainTimesteps;
  return Float64Array.from({ length: steps }, (_, i) => roundHalfEven(trainTimesteps + i * difference) - 1);
}

/** The last `steps` of `count` multiples of ⌊1000/count⌋, descending, plus the offset. */
function leading(steps: number, count: number, options: SpacingOptions): Float64Array {
  const ratio = Math.floor(options.trainTimesteps / count);
  return Float64Array.from({ length: steps }, (_, i) => (count - 1 - i) * ratio + options.stepsOffset);
}

/** numpy's `linspace(0, end, count)`; [0] for a count of one. */
function linspace(end: number, count: number): Float64Array {
  const values = Float64Array.from({ length: count }, (_, i) => i * (end / (count - 1)));
  values[0] = 0;
  if (count > 1) values[count - 1] = end;
  return values;
}
