import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPacks } from '../../../main/inference/packs.ts';
import { loadOnnx } from '../../../main/inference/providers.ts';
import { openSessions } from '../../../main/inference/sessions.ts';
import { floatData, floatTensor } from '../../../main/inference/tensor.ts';
import { makeTestPack } from '../../fixtures/engine/test-pack.ts';

let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'sessions-test-'));
  folder = makeTestPack(parent);
});
afterEach(() => rmSync(parent, { recursive: true }));

const open = (options: Partial<Parameters<typeof openSessions>[0]> = {}) =>
  openSessions({ packs: findPacks([folder]), ...options });
const pixels = () =>
  floatTensor(
    Float32Array.from({ length: 12 }, (_, i) => i / 12),
    [1, 3, 2, 2],
  );

describe('openSessions', () => {
  it('runs a graph and measures the run alone', async () => {
    const sessions = open({ provider: 'cpu' });
    const start = performance.now();
    const { outputs, modelMs, provider } = await sessions.run('test/double', { x: pixels() });
    const whole = performance.now() - start; // loading included
    expect([...floatData(outputs['y'], 'y')]).toEqual(
      [...pixels().data].map((v) => Math.fround(2 * Number(v))),
    );
    expect(outputs['y']?.dims).toEqual([1, 3, 2, 2]);
    expect(provider).toBe('cpu');
    expect(modelMs).toBeGreaterThan(0);
    expect(modelMs).toBeLessThan(whole);
  });

  it('switches telemetry off before the library loads', async () => {
    delete process.env['ORT_DISABLE_TELEMETRY'];
    await loadOnnx();
    expect(process.env['ORT_DISABLE_TELEMETRY']).toBe('1');
  });

  it('loads a model once and keeps it', async () => {
    const sessions = open();
    await Promise.all([
      sessions.run('test/double', { x: pixels() }),
      sessions.run('test/double', { x: pixels() }),
    ]);
    truncateSync(join(folder, 'double.onnx'), 0); // a second load would fail
    await sessions.run('test/double', { x: pixels() });
    expect(sessions.loaded()).toEqual(['test/double']);
    await sessions.release();
    await expect(sessions.run('test/double', { x: pixels() })).rejects.toThrow(/cut short/);
  });

  it('tries a load that failed again', async () => {
    const path = join(folder, 'double.onnx');
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, 50));
    const sessions = open();
    await expect(sessions.run('test/double', { x: pixels() })).rejects.toThrow(
      /double\.onnx of the test pack is cut short/,
    );
    writeFileSync(path, whole);
    await expect(sessions.run('test/double', { x: pixels() })).resolves.toBeDefined();
  });

  it('keeps one session under the low preset, the most recent ones under a larger', async () => {
    const low = open({ preset: 'low' });
    const balanced = open({ preset: 'balanced' });
    for (const sessions of [low, balanced]) {
      await sessions.run('test/double', { x: pixels() });
      await sessions.run('test/repeat2', { input: pixels() });
    }
    expect(low.loaded()).toEqual(['test/repeat2']);
    expect(balanced.loaded()).toEqual(['test/double', 'test/repeat2']);
    await balanced.release('test/double');
    expect(balanced.loaded()).toEqual(['test/repeat2']);
  });

  it('keeps a UNet and its control loaded together, since they take turns at every step', async () => {
    const path = join(folder, 'pack.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { models: Record<string, unknown> };
    const { double, repeat2 } = manifest.models;
    const models = { unet: double, controlnet_depth: repeat2, vae_decoder: double, taesd: double };
    const diffusion = {
      family: 'sd15',
      unet: { channels: 9, sampleSize: 8 },
      vae: { scale: 0.18215, tile: 64 },
      textEncoders: [{ model: 'text_encoder', tokenizer: 'tokenizer', pad: 1, hidden: 'last_hidden_state' }],
      scheduler: 'scheduler.json',
      preview: { model: 'taesd' },
    };
    writeFileSync(path, JSON.stringify({ ...manifest, models, diffusion }));
    const sessions = open({ preset: 'low' });
    await sessions.run('test/unet', { x: pixels() });
    await sessions.run('test/controlnet_depth', { input: pixels() });
    await sessions.run('test/unet', { x: pixels() });
    expect(sessions.loaded()).toEqual(['test/controlnet_depth', 'test/unet']);
    await sessions.run('test/taesd', { x: pixels() }); // between two steps
    expect(sessions.loaded()).toEqual(['test/controlnet_depth', 'test/unet', 'test/taesd']);
    await sessions.run('test/vae_decoder', { x: pixels() });
    expect(sessions.loaded()).toEqual(['test/vae_decoder']);
  });

  it('names the model in what goes wrong', async () => {
    const sessions = open();
    await expect(sessions.run('test/double', { wrong: pixels() })).rejects.toMatchObject({
      kind: 'machine',
      message: expect.stringMatching(/The model test\/double failed while running/),
    });
    const huge = {
      x: floatTensor(Float32Array.of(1), [1]),
      shape: { type: 'int64' as const, dims: [1], data: BigInt64Array.of(2n ** 48n) },
    };
    await expect(sessions.run('test/huge', huge)).rejects.toMatchObject({
      kind: 'machine',
      message: 'Memory ran out while running the model test/huge',
    });
    await expect(sessions.run('test/double', { x: pixels() })).resolves.toBeDefined();
  });

  it('describes free dimensions as -1', async () => {
    const { inputs, outputs } = await open().describe('test/repeat2');
    expect(inputs).toEqual([{ name: 'input', type: 'float32', dims: [1, 3, -1, -1] }]);
    expect(outputs[0]).toMatchObject({ name: 'output', type: 'float32' });
  });

  it('falls back to the CPU from a provider that cannot start here, and says why', async () => {
    const provider = process.platform === 'win32' ? 'coreml' : 'dml'; // never part of this platform's build
    const sessions = open({ provider });
    const { failed, provider: got } = await sessions.describe('test/double');
    expect(got).toBe('cpu');
    expect(failed).toEqual([{ provider, reason: expect.stringMatching(/not part of onnxruntime for/) }]);
  });
});
