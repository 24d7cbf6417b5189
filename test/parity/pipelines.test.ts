import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { paint, type PaintRequest } from '../../main/diffusion/paint.ts';
import type { Planes } from '../../main/diffusion/planes.ts';
import { SCHEDULER_NAMES, type SchedulerName } from '../../main/diffusion/schedulers/scheduler.ts';
import { openVae } from '../../main/diffusion/vae.ts';
import { plannedEncodes } from '../../main/diffusion/vae-passes.ts';
import type { Raster } from '../../main/imaging/raster.ts';
import { openLocalCheckpoint } from '../support/checkpoint.ts';
import { readGoldens } from './read-goldens.ts';

/** Largest difference from diffusers' latents, relative to their root mean square. */
const LATENT_TOLERANCE = 1e-4;
/** Largest difference from diffusers' picture, 0–1. */
const IMAGE_TOLERANCE = 1 / 255;

/** One run of a pipeline of diffusers: see make_pipeline_goldens.py. */
interface Case {
  readonly name: string;
  readonly pack: string;
  readonly pipeline: string;
  readonly prompt: string;
  readonly negative: string | null;
  readonly seed: number;
  readonly steps: number;
  readonly guidance: number;
  readonly scheduler: SchedulerName;
  readonly schedulerConfig: Readonly<Record<string, unknown>>;
  readonly strength: number;
  readonly width: number;
  readonly height: number;
  readonly control: readonly { kind: string; scale: number; start: number; end: number }[];
  readonly ip: { readonly scale: number } | null;
  readonly imageGuidance: number | null;
  readonly refiner: { readonly from: number } | null;
  readonly tensors: Readonly<Record<string, string>>;
  readonly kept: readonly number[];
}

const path = new URL('goldens/pipelines.safetensors', import.meta.url);
if (!existsSync(path)) throw new Error('The goldens are missing: run make_pipeline_goldens.py');
const goldens = readGoldens<{ program: string; cases: Case[] }>('pipelines');
const { cases } = goldens.index;

describe(`whole runs (${goldens.index.program})`, () => {
  test.each(cases.map((golden, i) => ({ golden, i, title: titleOf(golden) })))(
    'case $i: $title',
    async ({ golden, i }) => {
      const { kept, vae, decoded, expectedEncodes } = await runCase(golden, true);
      for (const [k, word] of ['first', 'middle', 'last'].entries()) {
        expect(relativeError(kept.get(golden.kept[k]!)!, goldens.tensor(`${i} ${word}`))).toBeLessThan(
          LATENT_TOLERANCE,
        );
      }
      expect(maxDifference(decoded, goldens.tensor(`${i} image`))).toBeLessThan(IMAGE_TOLERANCE);
      expect([vae.encodes, vae.decodes]).toEqual([expectedEncodes, 1]);
    },
  );

  test('guidance one evaluation after the other gives the same', async () => {
    for (const name of ['inpaint depth lineart', 'instruct', 'xl refined', 'reference depth']) {
      const i = cases.findIndex((golden) => golden.name === name && golden.guidance > 1);
      const { kept } = await runCase(cases[i]!, false);
      const last = kept.get(cases[i]!.kept[2]!)!;
      expect(relativeError(last, goldens.tensor(`${i} last`))).toBeLessThan(LATENT_TOLERANCE);
    }
  });
});

describe('the cases cover', () => {
  test('at least sixty runs', () => expect(cases.length).toBeGreaterThanOrEqual(60));

  test('every sampler with every spacing it has', () => {
    const found = new Set(
      cases.map((c) => `${c.scheduler} ${String(c.schedulerConfig['timestep_spacing'])}`),
    );
    for (const name of SCHEDULER_NAMES.filter((n) => n !== 'lcm')) {
      for (const spacing of ['leading', 'trailing', 'linspace'])
        expect(found).toContain(`${name} ${spacing}`);
    }
    expect(cases.some((c) => c.scheduler === 'lcm')).toBe(true);
  });

  test('every pipeline with both targets, strengths and guidances', () => {
    for (const name of new Set(cases.map((c) => c.name))) {
      const own = cases.filter((c) => c.name === name);
      expect(new Set(own.map((c) => c.schedulerConfig['prediction_type']))).toEqual(
        new Set(['epsilon', 'v_prediction']),
      );
      expect(new Set(own.map((c) => c.guidance > 1)).size).toBe(2);
      if (name !== 'instruct') expect(new Set(own.map((c) => c.strength)).size).toBe(2);
    }
  });
});

function titleOf({ name, scheduler, schedulerConfig, strength, guidance, steps }: Case): string {
  const { timestep_spacing: spacing, prediction_type: target } = schedulerConfig;
  return `${name}, ${scheduler} ${String(spacing)} ${String(target)}, ${steps} steps, strength ${strength}, guidance ${guidance}`;
}

async function runCase(golden: Case, batched: boolean) {
  const checkpoint = openLocalCheckpoint(golden.pack, {
    files: { 'scheduler/scheduler_config.json': golden.schedulerConfig },
  });
  const vae = openVae(checkpoint, { tiled: false });
  const kept = new Map<number, Float32Array>();
  const { spec } = checkpoint;
  const controls = golden.control.map(({ kind, ...rest }, k) => ({
    model: spec.controls.find((control) => control.kind === kind)!.model,
    picture: readPlanes(golden, k === 0 ? 'control' : 'control2', 0, 1 / 255),
    ...rest,
  }));
  const request: PaintRequest = {
    picture: readPlanes(golden, 'image', -1, 2 / 255),
    mask: { ...readBytes(golden, 'mask', golden.width, golden.height), channels: 1 },
    prompt: golden.prompt,
    negative: golden.negative ?? '',
    seed: golden.seed,
    steps: golden.steps,
    guidance: golden.guidance,
    pictureGuidance: golden.imageGuidance ?? 0,
    scheduler: golden.scheduler,
    strength: golden.strength,
    controls,
    reference: golden.ip ? { picture: readBytes(golden, 'reference', 56, 56), scale: golden.ip.scale } : null,
    refineFrom: golden.refiner?.from ?? null,
    batched,
    onStep: (done, _steps, { latents }) => void kept.set(done - 1, latents.data.slice()),
  };
  const latents = await paint(checkpoint, vae, request);
  const expectedEncodes = plannedEncodes(spec, golden.strength);
  return { kept, vae, decoded: toPicture(await vae.decode(latents)), expectedEncodes };
}

/** A shared picture, [H,W,3] of 0–255, as planes of offset + factor·v. */
function readPlanes(golden: Case, name: string, offset: number, factor: number): Planes {
  const { width, height } = golden;
  const plane = width * height;
  const samples = goldens.tensor(golden.tensors[name]!);
  const data = new Float32Array(3 * plane);
  for (let i = 0; i < plane; i++)
    for (let c = 0; c < 3; c++) data[c * plane + i] = offset + factor * samples[3 * i + c]!;
  return { data, channels: 3, width, height };
}

function readBytes(golden: Case, name: string, width: number, height: number): Raster<Uint8Array> {
  return { width, height, channels: 3, data: Uint8Array.from(goldens.tensor(golden.tensors[name]!)) };
}

/** [3,H,W] in −1..1 → [H,W,3] in 0–1, clipped, as diffusers gives its pictures. */
function toPicture({ data, width, height }: Planes): Float32Array {
  const plane = width * height;
  return Float32Array.from({ length: 3 * plane }, (_, i) => {
    const v = data[(i % 3) * plane + Math.floor(i / 3)]!;
    return Math.min(1, Math.max(0, v / 2 + 0.5));
  });
}

function maxDifference(got: Float32Array, expected: Float32Array): number {
  expect(got.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < got.length; i++) largest = Math.max(largest, Math.abs(got[i]! - expected[i]!));
  return largest;
}

function relativeError(got: Float32Array, expected: Float32Array): number {
  const square = expected.reduce((sum, v) => sum + v * v, 0) / expected.length;
  return maxDifference(got, expected) / Math.sqrt(square);
}
