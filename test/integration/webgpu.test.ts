import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineOptions } from '../../main/engine/supervisor.ts';
import { installFixtures } from '../fixtures/adapters/packs.ts';
import { openWorkbench, testRequest } from '../fixtures/engine/workbench.ts';

/** SwiftShader comes with Debian's and Ubuntu's chromium; Dawn refuses Mesa's lavapipe of Debian 12. */
const drivers = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
];
const driver = process.env['VK_DRIVER_FILES'] ?? drivers.find((path) => existsSync(path));
const loader = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib64/libvulkan.so.1'].some((path) =>
  existsSync(path),
);
const reason =
  process.platform !== 'linux' || process.arch !== 'x64'
    ? 'software Vulkan is looked for on Linux x64 only'
    : !driver
      ? 'no software Vulkan here: install chromium, or set VK_DRIVER_FILES'
      : !loader
        ? 'no Vulkan loader here: install libvulkan1'
        : null;

const tinyUnet = fileURLToPath(new URL('../fixtures/packs/tiny-pix2pix', import.meta.url));
const modules = [new URL('../fixtures/engine/compare-nodes.ts', import.meta.url).href];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'webgpu-test-'));
  installFixtures(folder, ['taesd']);
  if (driver) process.env['VK_DRIVER_FILES'] = driver; // the engine's children inherit it
});
afterAll(() => rmSync(folder, { recursive: true }));

async function outputsOf(model: string, provider: NonNullable<EngineOptions['provider']>) {
  const bench = await openWorkbench({ packs: [folder, tinyUnet], modules, provider, threads: 1 });
  const out = join(folder, `${provider}.json`);
  const params = { model, out };
  try {
    const result = await bench.engine.runNode(testRequest(bench, 'compare.run', ['value'], { params }));
    return { result, values: JSON.parse(readFileSync(out, 'utf8')) as Record<string, number[]> };
  } finally {
    await bench.close();
  }
}

describe.skipIf(reason !== null)(`WebGPU on a software Vulkan${reason ? `: ${reason}` : ''}`, () => {
  it.each([
    ['a small decoder', 'taesd/decoder'],
    ['a tiny UNet', 'tiny-pix2pix/unet'], // half a minute, nearly all of it compiling shaders
  ])(
    'gives the CPU’s result for %s',
    async (_, model) => {
      const cpu = await outputsOf(model, 'cpu');
      const gpu = await outputsOf(model, 'webgpu');
      expect(cpu.result.provider).toBe('cpu');
      expect(gpu.result.provider).toBe('webgpu');
      expect(gpu.result.metrics).not.toHaveProperty('providerNote');
      expect(Object.keys(gpu.values)).toEqual(Object.keys(cpu.values));
      for (const [name, expected] of Object.entries(cpu.values)) {
        const worst = expected.reduce((most, v, i) => Math.max(most, Math.abs(v - gpu.values[name]![i]!)), 0);
        expect([name, worst]).toEqual([name, expect.toSatisfy((difference: number) => difference < 1e-2)]);
        expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.05); // not nothing against nothing
      }
    },
    240_000,
  );
  it('names a provider that was asked for and could not start', async () => {
    process.env['VK_DRIVER_FILES'] = '/nonexistent.json';
    try {
      const { result } = await outputsOf('taesd/decoder', 'webgpu');
      expect(result.provider).toBe('cpu');
      expect(result.metrics['providerNote']).toMatch(/^webgpu could not be used \(.+\): it ran on cpu$/);
    } finally {
      process.env['VK_DRIVER_FILES'] = driver;
    }
  });
});
