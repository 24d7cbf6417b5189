import { z } from 'zod';
import { RequestError } from '../../errors.ts';
import type { NoiseScheduleOptions } from './noise-schedule.ts';
import type { SchedulerName } from './scheduler.ts';
import type { SpacingOptions } from './spacing.ts';

/** What the model predicts: the noise ε, or the velocity v = √ᾱ·ε − √(1−ᾱ)·x₀. */
export type Prediction = 'epsilon' | 'v_prediction';

/** What a sampler must know of the model it serves. */
export interface SchedulerConfig extends NoiseScheduleOptions, SpacingOptions {
  readonly prediction: Prediction;
  /** Karras noise levels for Euler and UniPC; for DPM++ 2M the sampler's name decides. */
  readonly karras: boolean;
  /** DDIM: the last step arrives at ᾱ = 1 rather than at the ᾱ of timestep 0. */
  readonly finalAlphaOne: boolean;
  /** LCM: size of the grid of timesteps that the model was distilled on. */
  readonly originalSteps: number;
}

/** The configuration of Stable Diffusion 1.5 and SDXL. */
export const STABLE_DIFFUSION: SchedulerConfig = {
  trainTimesteps: 1000,
  betaStart: 0.00085,
  betaEnd: 0.012,
  betaSchedule: 'scaled_linear',
  zeroTerminalSnr: false,
  spacing: 'leading',
  stepsOffset: 1,
  prediction: 'epsilon',
  karras: false,
  finalAlphaOne: false,
  originalSteps: 50,
};

/** The keys read from a diffusers `scheduler_config.json`; absent ones take the defaults of the sampler's class. */
const diffusersConfig = z.object({
  num_train_timesteps: z.int().positive().default(1000),
  beta_start: z.number().positive().optional(),
  beta_end: z.number().positive().optional(),
  beta_schedule: z.enum(['scaled_linear', 'linear']).optional(),
  trained_betas: z.null().optional(),
  prediction_type: z.enum(['epsilon', 'v_prediction']).default('epsilon'),
  timestep_spacing: z.enum(['leading', 'trailing', 'linspace']).optional(),
  steps_offset: z.int().nonnegative().default(0),
  rescale_betas_zero_snr: z.boolean().default(false),
  use_karras_sigmas: z.boolean().nullable().default(false),
  set_alpha_to_one: z.boolean().default(true),
  original_inference_steps: z.int().positive().default(50),
  // Choices of single classes that no sampler here makes; their defaults alone are understood.
  timestep_type: z.literal('discrete').optional(),
  interpolation_type: z.literal('linear').optional(),
  final_sigmas_type: z.literal('zero').optional(),
  use_exponential_sigmas: z.literal(false).nullable().optional(),
  use_beta_sigmas: z.literal(false).nullable().optional(),
  use_flow_sigmas: z.literal(false).nullable().optional(),
  use_lu_lambdas: z.literal(false).nullable().optional(),
  thresholding: z.literal(false).optional(),
});

/**
 * Reads a diffusers `scheduler_config.json` for the sampler `name`, as `<Class>.from_config` would: the file may be
 * of another class, and what it leaves out takes the defaults of the class asked for. `clip_sample` is ignored:
 * latents must not be clipped. Throws RequestError where the file asks for what is not supported.
 */
export function readSchedulerConfig(name: SchedulerName, json: unknown): SchedulerConfig {
  const parsed = diffusersConfig.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new RequestError(
      `The model's scheduler configuration has an unsupported ${issue?.path.join('.') || 'form'}`,
      'Use a model with an ε- or v-predicting scheduler, or correct its scheduler_config.json',
      { cause: parsed.error },
    );
  }
  const config = parsed.data;
  const lcm = name === 'lcm';
  return {
    trainTimesteps: config.num_train_timesteps,
    betaStart: config.beta_start ?? (lcm ? 0.00085 : 0.0001),
    betaEnd: config.beta_end ?? (lcm ? 0.012 : 0.02),
    betaSchedule: config.beta_schedule ?? (lcm ? 'scaled_linear' : 'linear'),
    zeroTerminalSnr: config.rescale_betas_zero_snr,
    spacing: config.timestep_spacing ?? (lcm || name === 'ddim' ? 'leading' : 'linspace'),
    stepsOffset: config.steps_offset,
    prediction: config.prediction_type,
    karras: config.use_karras_sigmas ?? false,
    finalAlphaOne: config.set_alpha_to_one,
    originalSteps: config.original_inference_steps,
  };
}
