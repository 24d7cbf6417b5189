/** Values of the pipeline's parameter `inpaint.scheduler`. */
export const SCHEDULER_NAMES = [
  'dpmpp-2m-karras',
  'dpmpp-2m',
  'euler',
  'euler-ancestral',
  'ddim',
  'unipc',
  'lcm',
] as const;

export type SchedulerName = (typeof SCHEDULER_NAMES)[number];

/** What a step gives back; both arrays belong to the caller or the state and are overwritten later. */
export interface StepResult {
  /** The very array that was passed in, now at the next step's noise level. */
  readonly sample: Float32Array;
  /** The model's idea of the clean latents, as of this step; valid until the next step. For previews. */
  readonly predictedOriginal: Float32Array;
}

/** What a multistep method remembers between the steps of one run; made by `createState`, opaque to callers. */
export interface SchedulerState {
  /** Steps taken since the run's start. */
  taken: number;
  /** Predicted originals of the last steps, a ring: that of step `taken` lies at `taken % originals.length`. */
  readonly originals: readonly Float32Array[];
  /** The sample before the last step (UniPC's corrector starts from it again); empty for other methods. */
  readonly lastSample: Float32Array;
  /** Order of the last step (UniPC). */
  lastOrder: number;
  readonly result: { sample: Float32Array; predictedOriginal: Float32Array };
}

/**
 * One sampler set to a number of steps. All arrays are latents of any shape (`[B,4,h,w]`), float32, flat; a sampler
 * works sample by sample and never looks at the shape. Steps are named by their index, 0 the noisiest, because
 * Karras spacing rounds different steps to equal timesteps. No method here allocates.
 */
export interface Scheduler {
  readonly name: SchedulerName;
  /** What the model is told at each step, 0–999, descending; whole numbers, but fractional for some Euler ones. */
  readonly timesteps: Float32Array;
  /** Noise levels σ = √((1−ᾱ)/ᾱ), descending: one for each step and what the last step arrives at (mostly 0). */
  readonly sigmas: Float32Array;
  /** Factor for standard normal noise that makes it the sample at step 0 of a run at full strength. */
  readonly initNoiseSigma: number;
  /** True where `step` reads a fresh standard normal array; draw it only then, to keep the generator in time. */
  needsNoise(stepIndex: number): boolean;
  /** Working memory of one run over latents of `length` samples. */
  createState(length: number): SchedulerState;
  /** What the model is fed at this step, written to `out` (which may be `sample` itself) and returned. */
  scaleModelInput(sample: Float32Array, stepIndex: number, out: Float32Array): Float32Array;
  /** `original` with noise at the level of step `stepIndex`, written to `out` (may be `original`) and returned. */
  addNoise(original: Float32Array, noise: Float32Array, stepIndex: number, out: Float32Array): Float32Array;
  /**
   * Takes one step: changes `sample` in place. `modelOutput` is ε or v after guidance. Steps of one state must
   * follow one another; the first may be any (strength). Throws TypeError for lengths that differ and for
   * missing noise.
   */
  step(
    modelOutput: Float32Array,
    stepIndex: number,
    sample: Float32Array,
    state: SchedulerState,
    noise?: Float32Array,
  ): StepResult;
}
