import type { Prediction } from './config.ts';
import type { Scheduler, SchedulerName, SchedulerState, StepResult } from './scheduler.ts';
import { noiseRate, signalRate } from './sigmas.ts';

/**
 * One step of every sampler is linear in the arrays it reads, so a sampler is a table of factors per step:
 *
 *     x₀ = fromSample·x + fromOutput·output
 *     x′ = keep·x + original·x₀ + slope·(x₀ − x₀ of the step before) + noise·ε
 *
 * computed in double and rounded to float32 when stored.
 */
export interface StepTable {
  readonly fromSample: Float64Array;
  readonly fromOutput: Float64Array;
  readonly keep: Float64Array;
  readonly original: Float64Array;
  /** Second-order methods; not used by the first step of a run, which has no step before. */
  readonly slope?: Float64Array;
  readonly noise?: Float64Array;
}

/** A noise level as the factors of x = signal·x₀ + noise·ε. */
export interface Rates {
  readonly signal: Float64Array;
  readonly noise: Float64Array;
}

export interface Grid {
  readonly name: SchedulerName;
  readonly timesteps: Float32Array;
  readonly sigmas: Float32Array;
  readonly initNoiseSigma: number;
  /** Rates of `addNoise`, per step. */
  readonly rates: Rates;
  /** Factors of the model's input, per step; absent where the model takes the sample as it is. */
  readonly inputScale?: Float64Array;
}

/** √ᾱ and √(1−ᾱ) of each of the first `steps` noise levels. */
export function ratesOf(sigmas: Float32Array, steps: number): Rates {
  const signal = new Float64Array(steps);
  const noise = new Float64Array(steps);
  for (let i = 0; i < steps; i++) {
    signal[i] = signalRate(sigmas[i]!);
    noise[i] = noiseRate(sigmas[i]!);
  }
  return { signal, noise };
}

/**
 * The factors that turn a sample x = signal·x₀ + noise·ε and the model's output into x₀:
 * (x − noise·ε)/signal, or signal·x − noise·v (Salimans and Ho, "Progressive Distillation", appendix D).
 */
export function originalFactors(
  rates: Rates,
  prediction: Prediction,
): Pick<StepTable, 'fromSample' | 'fromOutput'> {
  const { signal, noise } = rates;
  if (prediction === 'v_prediction') return { fromSample: signal, fromOutput: noise.map((n) => -n) };
  return { fromSample: signal.map((a) => 1 / a), fromOutput: noise.map((n, i) => -n / signal[i]!) };
}

/** A sampler that takes its steps by the table. */
export function linearScheduler(grid: Grid, table: StepTable): Scheduler {
  return {
    ...schedulerOn(grid),
    needsNoise: (stepIndex) => (table.noise?.[stepIndex] ?? 0) !== 0,
    createState: (length) => createState(length, table.slope ? 2 : 1, false),
    step(modelOutput, stepIndex, sample, state, noise) {
      checkStep(modelOutput, sample, state);
      const noiseFactor = table.noise?.[stepIndex] ?? 0;
      const fresh = noiseFactor === 0 ? null : checkNoise(noise, sample);
      const original = currentOriginal(state);
      predictOriginal(table, stepIndex, modelOutput, sample, original);
      mix(sample, table.keep[stepIndex]!, original, table.original[stepIndex]!);
      const slope = table.slope?.[stepIndex] ?? 0;
      if (slope !== 0 && state.taken > 0) addSlope(sample, slope, original, previousOriginal(state, 1));
      if (fresh) addScaled(sample, noiseFactor, fresh);
      return finishStep(state, sample, original);
    },
  };
}

/** The parts that all samplers share. */
export function schedulerOn(grid: Grid): Omit<Scheduler, 'needsNoise' | 'createState' | 'step'> {
  const { name, timesteps, sigmas, initNoiseSigma, rates, inputScale } = grid;
  return {
    name,
    timesteps,
    sigmas,
    initNoiseSigma,
    scaleModelInput(sample, stepIndex, out) {
      const factor = inputScale?.[stepIndex] ?? 1;
      for (let i = 0; i < sample.length; i++) out[i] = sample[i]! * factor;
      return out;
    },
    addNoise(original, noise, stepIndex, out) {
      const signalFactor = rates.signal[stepIndex]!;
      const noiseFactor = rates.noise[stepIndex]!;
      for (let i = 0; i < original.length; i++)
        out[i] = signalFactor * original[i]! + noiseFactor * noise[i]!;
      return out;
    },
  };
}

/** Working memory that remembers `depth` predicted originals and, where asked, the sample before the last step. */
export function createState(length: number, depth: number, keepsSample: boolean): SchedulerState {
  const originals = Array.from({ length: depth }, () => new Float32Array(length));
  return {
    taken: 0,
    originals,
    lastSample: new Float32Array(keepsSample ? length : 0),
    lastOrder: 0,
    result: { sample: originals[0]!, predictedOriginal: originals[0]! },
  };
}

/** Where this step's predicted original goes. */
export function currentOriginal(state: SchedulerState): Float32Array {
  return state.originals[state.taken % state.originals.length]!;
}

/** The predicted original of `back` steps ago. */
export function previousOriginal(state: SchedulerState, back: number): Float32Array {
  return state.originals[(state.taken - back) % state.originals.length]!;
}

/** x₀ = fromSample·x + fromOutput·output, into `out`. */
export function predictOriginal(
  table: Pick<StepTable, 'fromSample' | 'fromOutput'>,
  stepIndex: number,
  modelOutput: Float32Array,
  sample: Float32Array,
  out: Float32Array,
): void {
  const a = table.fromSample[stepIndex]!;
  const b = table.fromOutput[stepIndex]!;
  for (let i = 0; i < sample.length; i++) out[i] = a * sample[i]! + b * modelOutput[i]!;
}

/** target = keep·target + factor·source. */
export function mix(target: Float32Array, keep: number, source: Float32Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = keep * target[i]! + factor * source[i]!;
}

/** target += factor·(to − from). */
export function addSlope(target: Float32Array, factor: number, to: Float32Array, from: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i]! + factor * (to[i]! - from[i]!);
}

/** Closes a step: counts it and hands out the state's own result object. */
export function finishStep(
  state: SchedulerState,
  sample: Float32Array,
  predictedOriginal: Float32Array,
): StepResult {
  state.taken++;
  state.result.sample = sample;
  state.result.predictedOriginal = predictedOriginal;
  return state.result;
}

/** Throws TypeError where the arrays of a step differ in length. */
export function checkStep(modelOutput: Float32Array, sample: Float32Array, state: SchedulerState): void {
  const length = state.originals[0]!.length;
  if (sample.length === length && modelOutput.length === length) return;
  throw new TypeError(
    `Expected sample and model output of ${length} values but received ${sample.length} and ${modelOutput.length}`,
  );
}

function addScaled(target: Float32Array, factor: number, source: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i]! + factor * source[i]!;
}

function checkNoise(noise: Float32Array | undefined, sample: Float32Array): Float32Array {
  if (noise?.length === sample.length) return noise;
  throw new TypeError(`Expected noise of ${sample.length} values but received ${noise?.length ?? 'none'}`);
}
