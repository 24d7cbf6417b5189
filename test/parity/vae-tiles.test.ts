import { describe, expect, test } from 'vitest';
import type { Planes } from '../../main/diffusion/planes.ts';
import { openVae } from '../../main/diffusion/vae.ts';
import { openLocalCheckpoint } from '../support/checkpoint.ts';
import { readGoldens } from './read-goldens.ts';

const goldens = readGoldens<{ program: string; tile: number; pack: string }>('vae-tiles');
const { tile, pack, program } = goldens.index;

function open(tiled: boolean) {
  const { spec } = openLocalCheckpoint(pack);
  const vae = { ...spec.vae, tile, scale: 1 };
  const checkpoint = openLocalCheckpoint(pack, { spec: { vae } });
  return { checkpoint, vae: openVae(checkpoint, { tiled }) };
}

function planes(name: string, channels: number, width: number): Planes {
  const data = goldens.tensor(name);
  return { data, channels, width, height: data.length / channels / width };
}

function largestDifference(got: Planes, expected: Planes): number {
  expect([got.channels, got.width, got.height]).toEqual([expected.channels, expected.width, expected.height]);
  return got.data.reduce((most, v, i) => Math.max(most, Math.abs(v - expected.data[i]!)), 0);
}

describe(`a VAE in tiles (${program})`, () => {
  const latents = planes('latents', 4, 10);
  const picture = planes('picture', 3, 80);
  const shown = planes('shown', 3, 80);
  const moments = planes('moments', 8, 10);
  const means = { ...moments, channels: 4, data: moments.data.subarray(0, moments.data.length / 2) };

  test('decodes', async () => {
    const { vae, checkpoint } = open(true);
    expect(largestDifference(await vae.decode(latents), picture)).toBeLessThan(1e-4);
    expect(vae.decodes).toBe(1);
    expect(checkpoint.runs.get('vae_decoder')).toBe(12);
  });

  test('encodes', async () => {
    const { vae, checkpoint } = open(true);
    expect(largestDifference(await vae.encode(shown, null), means)).toBeLessThan(1e-4);
    expect(vae.encodes).toBe(1);
    expect(checkpoint.runs.get('vae_encoder')).toBe(12);
  });

  test('gives other samples than the whole, which is why it is done for memory alone', async () => {
    const { vae, checkpoint } = open(false);
    const whole = await vae.decode(latents);
    expect(largestDifference(whole, picture)).toBeGreaterThan(1e-3);
    expect(checkpoint.runs.get('vae_decoder')).toBe(1);
  });
});
