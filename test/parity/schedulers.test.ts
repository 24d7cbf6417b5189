import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { guide, needsUnconditional } from '../../main/diffusion/guidance.ts';
import { keepOutsideMask } from '../../main/diffusion/latent-mask.ts';
import { readSchedulerConfig, STABLE_DIFFUSION } from '../../main/diffusion/schedulers/config.ts';
import { createScheduler } from '../../main/diffusion/schedulers/create-scheduler.ts';
import { alphasCumprod } from '../../main/diffusion/schedulers/noise-schedule.ts';
import type { SchedulerName } from '../../main/diffusion/schedulers/scheduler.ts';
import { startIndexFor, startLatents } from '../../main/diffusion/schedulers/strength.ts';
import { TorchGenerator } from '../../main/diffusion/torch-random.ts';
import { latentsFromParameters } from '../../main/diffusion/vae-latents.ts';
import { readGoldens } from './read-goldens.ts';

// Reference: diffusers 0.42.1 on torch 2.13.0, the step loop of its inpainting pipeline (make-goldens.py).
// Tolerance for latents, at each of the first, middle and last step: no value differs by more than 1e-4 of the
// step's root mean square (which is stricter than 1e-4 of the largest value).
const LATENT_TOLERANCE = 1e-4;
const SIGMA_TOLERANCE = 1e-6;

interface Case {
  readonly name: SchedulerName;
  readonly config: Readonly<Record<string, unknown>>;
  readonly steps: number;
  readonly strength: number;
  readonly guidance: number;
  readonly shape: readonly [number, number, number, number];
  readonly blend: boolean;
  readonly seed: number;
}

const goldens = readGoldens<{ program: string; cases: Case[]; timestepHashes: Record<string, string> }>(
  'schedulers',
);
const pool = goldens.tensor('pool');

describe(`samplers (${goldens.index.program})`, () => {
  const cases = goldens.index.cases.map((golden, i) => ({ golden, i, title: titleOf(golden) }));

  test.each(cases)('case $i: $title', ({ golden, i }) => {
    const expected = goldens.tensor(`case ${i}`);
    const run = runCase(golden);
    const { timesteps, sigmas, initNoiseSigma } = run.scheduler;
    // Only diffusers' sigma-based samplers list their sigmas.
    const hasSigmas = golden.name !== 'ddim' && golden.name !== 'lcm';
    let at = 0;
    const take = (count: number): Float32Array => expected.slice(at, (at += count));

    expect(relativeError([initNoiseSigma], take(1))).toBeLessThan(SIGMA_TOLERANCE);
    expect(maxDifference(timesteps, take(golden.steps))).toBeLessThan(1e-3);
    if (hasSigmas) expect(relativeError(sigmas, take(golden.steps + 1))).toBeLessThan(SIGMA_TOLERANCE);
    for (const latents of run.kept) {
      expect(relativeError(latents, take(latents.length))).toBeLessThan(LATENT_TOLERANCE);
    }
    expect(at).toBe(expected.length);
  });

  test.each(Object.entries(goldens.index.timestepHashes))('timesteps of 1–200 steps: %s', (key, hash) => {
    const [name, spacing] = key.split(' ') as [SchedulerName, 'leading' | 'trailing' | 'linspace'];
    const bytes = createHash('sha256');
    for (let steps = 1; steps <= 200; steps++) {
      const { timesteps } = createScheduler(name, steps, { ...STABLE_DIFFUSION, spacing });
      bytes.update(Int32Array.from(timesteps));
    }
    expect(bytes.digest('hex')).toBe(hash);
  });

  // Equal bit for bit but for zero-terminal SNR, where the square root of this torch build is off by a last bit
  // (which the subtraction near the terminal enlarges).
  test('training schedules', () => {
    const linear = { ...STABLE_DIFFUSION, betaStart: 0.0001, betaEnd: 0.02, betaSchedule: 'linear' as const };
    const zero = { ...STABLE_DIFFUSION, zeroTerminalSnr: true };
    expect(alphasCumprod(STABLE_DIFFUSION)).toEqual(goldens.tensor('alphas scaled_linear'));
    const rescaled = alphasCumprod(zero);
    for (const [i, bar] of goldens.tensor('alphas scaled_linear zero').entries()) {
      expect(Math.abs(rescaled[i]! - bar)).toBeLessThanOrEqual(1e-5 * bar);
    }
    expect(alphasCumprod(linear)).toEqual(goldens.tensor('alphas linear'));
  });
});

test('latents sampled from VAE parameters', () => {
  const parameters = goldens.tensor('vae parameters');
  const latents = new Float32Array(parameters.length / 2);
  const noise = new TorchGenerator(5).randn(latents.length);
  latentsFromParameters(parameters, noise, 0.18215, latents);
  expect(relativeError(latents, goldens.tensor('vae latents'))).toBeLessThan(1e-6);
  latentsFromParameters(parameters, null, 0.18215, latents);
  expect(relativeError(latents, goldens.tensor('vae mode'))).toBeLessThan(1e-6);
});

/** The loop of the pipeline, with the stand-in model of make-goldens.py. */
function runCase(golden: Case) {
  const config = readSchedulerConfig(golden.name, golden.config);
  const scheduler = createScheduler(golden.name, golden.steps, config);
  const length = golden.shape.reduce((product, side) => product * side, 1);
  const generator = new TorchGenerator(golden.seed);
  const noise = generator.randn(length);
  const picture = draw(2000, length);
  const mask = draw(3000, golden.shape[2] * golden.shape[3]).map((value) => (value > 0 ? 1 : 0));
  const known = { original: picture, noise, mask, scratch: new Float32Array(length) };

  const sample = startLatents(scheduler, golden.strength, noise, picture, new Float32Array(length));
  const state = scheduler.createState(length);
  const input = new Float32Array(length);
  const start = startIndexFor(golden.steps, golden.strength);
  const samples: Float32Array[] = [];
  for (let i = start; i < golden.steps; i++) {
    scheduler.scaleModelInput(sample, i, input);
    const timestep = scheduler.timesteps[i]!;
    const output = standInModel(input, timestep, i - start, 1);
    if (needsUnconditional(golden.guidance)) {
      guide(standInModel(input, timestep, i - start, 0), output, golden.guidance, output);
    }
    const fresh = scheduler.needsNoise(i) ? generator.randn(length) : undefined;
    scheduler.step(output, i, sample, state, fresh);
    if (golden.blend) keepOutsideMask(scheduler, i, sample, known);
    samples.push(sample.slice());
  }
  const kept = [samples[0]!, samples[Math.floor(samples.length / 2)]!, samples.at(-1)!];
  return { scheduler, kept };
}

function draw(offset: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => pool[(offset + i) % pool.length]!);
}

function standInModel(input: Float32Array, timestep: number, step: number, branch: number): Float32Array {
  const random = draw(101 * step + 1009 * branch, input.length);
  return random.map((value, i) => 0.6 * value + 0.4 * Math.tanh(input[i]!) * Math.cos(timestep / 250));
}

/** The largest difference in units of the root mean square of what was expected; Infinity for NaN. */
function relativeError(actual: ArrayLike<number>, expected: Float32Array): number {
  const rms = Math.hypot(...expected) / Math.sqrt(expected.length);
  return maxDifference(actual, expected) / rms;
}

function maxDifference(actual: ArrayLike<number>, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity;
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
  return Number.isNaN(worst) ? Infinity : worst;
}

function titleOf({ name, config, steps, strength, guidance, blend, shape }: Case): string {
  const zero = config['rescale_betas_zero_snr'] ? ' zero-SNR' : '';
  const karras = config['use_karras_sigmas'] ? ' karras' : '';
  const model = `${config['timestep_spacing'] ?? 'default'} ${config['prediction_type'] ?? 'epsilon'}`;
  return `${name}${karras} ${model}${zero} ${steps}×${strength} g${guidance} [${shape}]${blend ? ' blend' : ''}`;
}
