import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importFolder } from '../../../../main/inference/install/import-folder.ts';
import type { GraphProbe } from '../../../../main/inference/install/install.ts';
import { findPacks } from '../../../../main/inference/packs.ts';
import { openSessions } from '../../../../main/inference/sessions.ts';
import { floatTensor } from '../../../../main/inference/tensor.ts';
import { fixtureGraph, installFixtures } from '../../../fixtures/adapters/packs.ts';

const published = fileURLToPath(new URL('../../../fixtures/packs/synthetic', import.meta.url));

let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'import-test-'));
  folder = join(parent, 'packs');
});
afterEach(() => rmSync(parent, { recursive: true }));

const probe: GraphProbe = (at, model) =>
  openSessions({ packs: findPacks([at]), provider: 'cpu' }).describe(model);
const bring = (source: string, id?: string) => importFolder(source, { folder, probe, id });
const installed = () => findPacks([folder]).map(({ manifest }) => manifest.id);

describe('published folders', () => {
  it.each([
    ['slimsam', 'sam', ['decoder', 'encoder']],
    ['mobile-sam', 'mobile-sam', ['decoder', 'encoder']],
    ['sam2.1-hiera-tiny', 'sam2', ['decoder', 'encoder']],
    ['depth-anything-v2-small', 'depth-anything', ['depth']],
    ['real-esrgan-x4-fixed', 'super-resolution', ['upscale']],
    ['swin2sr', 'super-resolution', ['upscale']],
    ['migan', 'migan', ['fill']],
    ['lama', 'lama', ['fill']],
    ['taesd', 'taesd', ['decoder']],
  ])('%s is recognised as %s', async (name, kind, models) => {
    const { pack, unproven } = await bring(join(published, name));
    expect(pack.manifest.adapter?.kind).toBe(kind);
    expect(Object.keys(pack.manifest.models).sort()).toEqual(models);
    expect(unproven).toHaveLength(models.length);
    expect(installed()).toEqual([name.replace('.', '-')]);
  });

  it('takes the plain graph of several, the licence of the model card, and the id that is asked for', async () => {
    const source = join(parent, 'depth');
    mkdirSync(join(source, 'onnx'), { recursive: true });
    for (const name of ['model.onnx', 'model_fp16.onnx', 'model_quantized.onnx'])
      copyFileSync(fixtureGraph('depth/model.onnx'), join(source, 'onnx', name));
    writeFileSync(
      join(source, 'README.md'),
      '---\nlibrary_name: transformers.js\nlicense: apache-2.0\n---\n# Model\n',
    );
    const { pack } = await bring(source, 'my-depth');
    expect(pack.manifest).toMatchObject({
      id: 'my-depth',
      licence: 'apache-2.0',
      models: { depth: { file: 'onnx/model.onnx' } },
    });
    expect(readdirSync(join(pack.folder, 'onnx'))).toEqual(['model.onnx']);
    await expect(bring(source, 'my-depth')).rejects.toThrow(/“my-depth” is installed already/);
  });

  it('refuses what is no folder, holds nothing, or holds something else', async () => {
    await expect(bring(join(parent, 'none.zip'))).rejects.toMatchObject({
      next: expect.stringMatching(/Unpack it first/),
    });
    const empty = join(parent, 'empty');
    mkdirSync(empty);
    await expect(bring(empty)).rejects.toThrow(/holds no graphs that Davenport knows/);
    copyFileSync(fixtureGraph('../models/slow.onnx'), join(empty, 'model.onnx'));
    await expect(bring(empty)).rejects.toThrow(/named like none that Davenport knows/);
    expect(installed()).toEqual([]);
  });
});

describe('a Stable Diffusion folder of optimum’s', () => {
  /** The stand-in's graphs with the configuration files that an export of SD 1.5 has beside them. */
  function layOut(without: string[] = []): string {
    const source = join(parent, 'sd15');
    cpSync(join(published, 'optimum-sd15'), source, { recursive: true });
    const tokenizer = {
      added_tokens: [{ id: 3, content: '<|endoftext|>' }],
      model: { vocab: { a: 0, b: 1 } },
    };
    const files = {
      'unet/config.json': { in_channels: 4, sample_size: 64, cross_attention_dim: 768 },
      'vae_decoder/config.json': {
        latent_channels: 4,
        sample_size: 512,
        block_out_channels: [128, 256, 512, 512],
      },
      'scheduler/scheduler_config.json': { beta_start: 0.00085, beta_end: 0.012 },
      'tokenizer/tokenizer.json': tokenizer,
      'tokenizer/tokenizer_config.json': { pad_token: '<|endoftext|>' },
    };
    for (const [path, value] of Object.entries(files)) {
      if (without.includes(path)) continue;
      mkdirSync(join(source, path, '..'), { recursive: true });
      writeFileSync(join(source, path), JSON.stringify(value));
    }
    return source;
  }

  it('gets the diffusion section that its configuration files call for', async () => {
    const { pack } = await bring(layOut());
    expect(Object.keys(pack.manifest.models).sort()).toEqual([
      'text_encoder',
      'unet',
      'vae_decoder',
      'vae_encoder',
    ]);
    expect(pack.manifest.diffusion).toEqual({
      family: 'sd15',
      unet: { model: 'unet', channels: 4, sampleSize: 64, residuals: 0 },
      vae: {
        encoder: 'vae_encoder',
        decoder: 'vae_decoder',
        latentChannels: 4,
        factor: 8,
        scale: 0.18215,
        tile: 512,
      },
      textEncoders: [
        { model: 'text_encoder', tokenizer: 'tokenizer', length: 77, pad: 3, hidden: 'last_hidden_state' },
      ],
      scheduler: 'scheduler/scheduler_config.json',
      controls: [],
    });
    expect(pack.manifest.files.map(({ path }) => path).sort()).toEqual([
      'scheduler/scheduler_config.json',
      'tokenizer/tokenizer.json',
      'tokenizer/tokenizer_config.json',
    ]);
  });

  it('runs with timesteps and token ids in the types that its graphs want', async () => {
    const { pack } = await bring(layOut());
    const sessions = openSessions({ packs: [pack], provider: 'cpu' });
    const ids = { type: 'int64' as const, dims: [1, 77], data: new BigInt64Array(77).fill(2n) };
    const text = await sessions.run('sd15/text_encoder', { input_ids: ids });
    const step = (timestep: number) =>
      sessions.run('sd15/unet', {
        sample: floatTensor(new Float32Array(4 * 64).fill(0.5), [1, 4, 8, 8]),
        timestep: floatTensor(Float32Array.of(timestep), [1]),
        encoder_hidden_states: text.outputs['last_hidden_state']!,
      });
    const [late, early] = [await step(951), await step(1)];
    expect(late.outputs['out_sample']?.dims).toEqual([1, 4, 8, 8]);
    expect(late.outputs['out_sample']?.data).not.toEqual(early.outputs['out_sample']?.data);
  });

  it.each(['unet/config.json', 'tokenizer/tokenizer.json', 'scheduler/scheduler_config.json'])(
    'is refused without %s, which is named',
    async (path) => {
      await expect(bring(layOut([path]))).rejects.toMatchObject({
        kind: 'request',
        message: expect.stringMatching(new RegExp(`^${path} is missing in `)),
      });
      expect(installed()).toEqual([]);
    },
  );
});

describe('a folder with a pack.json', () => {
  let source: string;
  beforeEach(() => {
    source = join(installFixtures(join(parent, 'from'), ['sam']), 'sam');
  });
  const rewrite = (change: (manifest: Record<string, unknown>) => void) => {
    const manifest = JSON.parse(readFileSync(join(source, 'pack.json'), 'utf8')) as Record<string, unknown>;
    change(manifest);
    writeFileSync(join(source, 'pack.json'), JSON.stringify(manifest));
  };

  it('is copied as it is', async () => {
    const { pack, unproven } = await bring(source);
    expect(pack.manifest.id).toBe('sam');
    expect(unproven).toEqual([]);
    expect(installed()).toEqual(['sam']);
  });

  it.each([
    [
      'a missing file',
      () => unlinkSync(join(source, 'decoder.onnx')),
      /decoder\.onnx of the sam pack is missing/,
    ],
    [
      'a truncated file',
      () => truncateSync(join(source, 'encoder.onnx'), 50),
      /encoder\.onnx of the sam pack is cut short/,
    ],
    [
      'an unknown engine',
      () => rewrite((manifest) => (manifest['adapter'] = { kind: 'flux' })),
      /adapter\.kind: the engine “flux” is unknown to this version/,
    ],
    [
      'graphs that do not fit',
      () => rewrite((manifest) => (manifest['adapter'] = { kind: 'mobile-sam' })),
      /The model sam\/encoder does not fit: it has no input “input_image”/,
    ],
    [
      'a file outside itself',
      () => rewrite((manifest) => (manifest['files'] = [{ path: '../x', sha256: '0'.repeat(64), bytes: 1 }])),
      /leaves the pack’s folder/,
    ],
  ])('is refused with %s in one line, and nothing is installed', async (_, spoil, message) => {
    spoil();
    await expect(bring(source)).rejects.toMatchObject({
      kind: 'machine',
      message: expect.stringMatching(message),
    });
    expect(installed()).toEqual([]);
  });

  it('must not take the starter pack’s place', async () => {
    rewrite((manifest) => (manifest['id'] = 'starter'));
    await expect(bring(source)).rejects.toThrow(/starter pack comes with Davenport/);
  });

  it('may be a copy of an installed one', async () => {
    await bring(source);
    cpSync(join(folder, 'sam'), join(parent, 'copy'), { recursive: true });
    await expect(bring(join(parent, 'copy'))).rejects.toThrow(/“sam” is installed already/);
  });
});

describe('a checkpoint with a pack.json', () => {
  const tiny = fileURLToPath(new URL('../../../fixtures/packs/tiny-sd15-inpaint', import.meta.url));
  interface Section {
    unet: { channels: number };
    controls: { model: string }[];
    scheduler: string;
  }
  const spoilt = (change: (section: Section) => void): string => {
    const source = join(parent, 'checkpoint');
    cpSync(tiny, source, { recursive: true });
    const path = join(source, 'pack.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { diffusion: Section };
    change(manifest.diffusion);
    writeFileSync(path, JSON.stringify(manifest));
    return source;
  };

  it('is brought where its graphs are what it says', async () => {
    await bring(spoilt(() => {}));
    expect(installed()).toEqual(['tiny-sd15-inpaint']);
  });

  it.each<[string, (section: Section) => void, RegExp]>([
    ['other channels', (s) => (s.unet.channels = 4), /\/unet takes 9 channels, but its pack.json says 4/],
    [
      'a control it has not',
      (s) => (s.controls[0]!.model = 'controlnet_canny'),
      /lists no model controlnet_canny/,
    ],
    ['a scheduler it has not', (s) => (s.scheduler = 'other.json'), /lists no file other.json/],
  ])('is refused with %s, and nothing is installed', async (_, change, message) => {
    await expect(bring(spoilt(change))).rejects.toMatchObject({
      kind: 'machine',
      message: expect.stringMatching(message),
      next: expect.stringMatching(/^Nothing was/),
    });
    expect(installed()).toEqual([]);
  });
});
