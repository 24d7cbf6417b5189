import { describe, expect, it } from 'vitest';
import {
  builtProviders,
  firstLine,
  providerOrder,
  withFallback,
  type Provider,
} from '../../../main/inference/providers.ts';

describe('providerOrder', () => {
  it('puts the CPU last, once', () => {
    expect(providerOrder('auto', ['cuda', 'webgpu', 'cpu']).order).toEqual(['cuda', 'cpu']);
    expect(providerOrder('auto', ['cpu']).order).toEqual(['cpu']);
    expect(providerOrder('cpu', ['cuda', 'cpu']).order).toEqual(['cpu']);
    expect(providerOrder('webgpu', ['webgpu', 'cpu']).order).toEqual(['webgpu', 'cpu']);
  });

  it('reports a provider that the build lacks', () => {
    const { order, missing } = providerOrder('coreml', ['cpu']);
    expect(order).toEqual(['cpu']);
    expect(missing).toMatchObject([{ provider: 'coreml' }]);
  });
});

const start = (working: Provider) => async (provider: Provider) => {
  if (provider !== working) throw new Error(`no ${provider} here\nand a long story`);
  return provider.toUpperCase();
};

describe('withFallback', () => {
  it('takes the first that starts and keeps the reasons of the others', async () => {
    expect(await withFallback(['cuda', 'webgpu', 'cpu'], start('webgpu'))).toEqual({
      value: 'WEBGPU',
      provider: 'webgpu',
      failed: [{ provider: 'cuda', reason: 'no cuda here' }],
    });
  });

  it('does not paper over a failure that the caller wants to hear of', async () => {
    const isFinal = (_error: unknown, provider: Provider) => provider === 'cuda';
    await expect(withFallback(['cuda', 'cpu'], start('cpu'), [], isFinal)).rejects.toThrow('no cuda here');
  });

  it('throws what the last one threw', async () => {
    await expect(withFallback(['cuda', 'cpu'], start('dml'))).rejects.toThrow('no cpu here');
  });
});

it('keeps of onnxruntime’s messages what a person can read', () => {
  const message =
    '/src/webgpu_context.cc:136 Context::Initialize(const Config&)::<lambda()> result == Success was false. No supported adapters\nmore';
  expect(firstLine(new Error(message))).toBe('No supported adapters');
  expect(firstLine('x'.repeat(500))).toHaveLength(200);
});

it('knows the providers of this build', async () => {
  const built = await builtProviders();
  expect(built.at(-1)).toBe('cpu');
  expect(new Set(built).size).toBe(built.length);
});
