import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diffusionSchema } from '../../../../../main/diffusion/pack.ts';
import { STABLE_DIFFUSION } from '../../../../../main/diffusion/schedulers/config.ts';
import { alphasCumprod } from '../../../../../main/diffusion/schedulers/noise-schedule.ts';
import type { Frame } from '../../../../../main/imaging/frame.ts';
import { createRaster } from '../../../../../main/imaging/raster.ts';
import {
  floatData,
  floatTensor,
  type ModelRunner,
  type Tensor,
} from '../../../../../main/inference/tensor.ts';
import type { NodeContext } from '../../../../../main/pipeline/node.ts';
import { runMatch } from '../../../../../main/pipeline/stages/color/match.ts';
import { inpaintParams } from '../../../../../main/pipeline/stages/inpaint/params.ts';
import { planInpaint } from '../../../../../main/pipeline/stages/inpaint/plan.ts';
import { inpaintNodes } from '../../../../../main/pipeline/stages/inpaint/run.ts';
import { emptyRecipe, withStage } from '../../../../../main/pipeline/recipe.ts';
import { packsFolder } from '../../../../support/checkpoint.ts';
import { tryNode, type Written } from '../../../../support/node-context.ts';

/*
 * A checkpoint that gives back what it is shown: its latents are means of 8 × 8 pixels, and its UNet takes the noise for
 * what lies between the sample and the masked picture. Whatever the patch then differs from the photo by, besides the
 * blocks, the crop, the resizes and the stitch have done.
 */

const FACTOR = 8;
const SIZE = { width: 700, height: 520 };
const hole = { x: 260, y: 200, width: 170, height: 120 };
const bars = alphasCumprod(STABLE_DIFFUSION);

const spec = diffusionSchema.parse({
  family: 'sd15',
  unet: { channels: 9, sampleSize: 16 },
  vae: { scale: 1, tile: 512 },
  textEncoders: [{ model: 'text_encoder', tokenizer: 'tokenizer', pad: 0, hidden: 'last_hidden_state' }],
  scheduler: 'scheduler.json',
  preview: {
    matrix: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 0],
    ],
  },
});

const scheduler = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear', steps_offset: 1 };

const tensors: Record<string, [string[], string[]]> = {
  'mirror/unet': [['sample', 'timestep', 'encoder_hidden_states'], ['out_sample']],
  'mirror/text_encoder': [['input_ids'], ['last_hidden_state']],
  'mirror/vae_encoder': [['sample'], ['latent_parameters']],
  'mirror/vae_decoder': [['latent_sample'], ['sample']],
};

const models: ModelRunner = {
  describe: async (model) => {
    const [inputs, outputs] = tensors[model]!;
    const info = (name: string) => ({ name, type: name === 'input_ids' ? 'int64' : 'float32', dims: [-1] });
    return { inputs: inputs.map(info), outputs: outputs.map(info) };
  },
  run: async (model, feeds) => {
    if (model === 'mirror/text_encoder')
      return { last_hidden_state: floatTensor(new Float32Array(77 * 2), [1, 77, 2]) };
    if (model === 'mirror/vae_encoder') return { latent_parameters: averageBlocks(feeds['sample']!) };
    if (model === 'mirror/vae_decoder') return { sample: spreadBlocks(feeds['latent_sample']!) };
    return { out_sample: takeForNoise(feeds['sample']!, Number(feeds['timestep']!.data[0])) };
  },
};

function averageBlocks(tensor: Tensor): Tensor {
  const [, , height, width] = tensor.dims as [number, number, number, number];
  const [h, w] = [height / FACTOR, width / FACTOR];
  const data = floatData(tensor, 'sample');
  const out = new Float32Array(8 * h * w).fill(-30, 4 * h * w);
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        out[(c * h + (y >> 3)) * w + (x >> 3)]! += data[(c * height + y) * width + x]! / 64;
  return floatTensor(out, [1, 8, h, w]);
}

function spreadBlocks(tensor: Tensor): Tensor {
  const [, , h, w] = tensor.dims as [number, number, number, number];
  const data = floatData(tensor, 'latent_sample');
  const [height, width] = [h * FACTOR, w * FACTOR];
  const out = new Float32Array(3 * height * width);
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        out[(c * height + y) * width + x] = data[(c * h + (y >> 3)) * w + (x >> 3)]!;
  return floatTensor(out, [1, 3, height, width]);
}

/** ε of x = √ᾱ·z + √(1−ᾱ)·ε, where z is the masked picture in channels 5 to 8. */
function takeForNoise(tensor: Tensor, timestep: number): Tensor {
  const [batch, channels, h, w] = tensor.dims as [number, number, number, number];
  const data = floatData(tensor, 'sample');
  const length = 4 * h * w;
  const out = new Float32Array(batch * length);
  const [signal, noise] = [Math.sqrt(bars[timestep]!), Math.sqrt(1 - bars[timestep]!)];
  for (let b = 0; b < batch; b++) {
    const from = b * channels * h * w;
    for (let i = 0; i < length; i++)
      out[b * length + i] = (data[from + i]! - signal * data[from + 5 * h * w + i]!) / noise;
  }
  return floatTensor(out, [batch, 4, h, w]);
}

/** Three slopes in other directions: from the means of three differences a shift and a common offset can be told. */
function drawFrame(): Frame {
  const raster = createRaster('u8', SIZE.width, SIZE.height, 3);
  for (let y = 0, i = 0; y < SIZE.height; y++)
    for (let x = 0; x < SIZE.width; x++, i += 3) {
      raster.data[i] = 20 + 0.3 * x;
      raster.data[i + 1] = 30 + 0.4 * y;
      raster.data[i + 2] = 250 - 0.2 * x - 0.2 * y;
    }
  const info = {
    ...SIZE,
    channels: 3,
    depth: 8,
    format: 'png',
    convertedFromCmyk: false,
    notes: [],
  } as const;
  return { info, raster, icc: null };
}

function maskInput(): Written {
  const raster = createRaster('u8', hole.width, hole.height);
  raster.data.fill(255);
  return { raster, window: { ...SIZE, rect: hole, background: 'zero' } };
}

function controlInput(): Written {
  const raster = createRaster('u8', 70, 52);
  const rect = { x: 0, y: 0, width: 70, height: 52 };
  return { raster, window: { width: 70, height: 52, rect, background: 'zero' } };
}

/** Runs the nodes that the plan names, each with the inputs it names. */
async function runPlan(more: Record<string, unknown>, context: Partial<NodeContext> = {}) {
  const asked = { engine: 'diffuse', pack: 'mirror', scheduler: 'ddim', steps: 2, ...more };
  const recipe = withStage(emptyRecipe(), 0, 'inpaint', asked);
  const made = new Map<string, Written>([
    ['segment.grow/mask', maskInput()],
    ['depth.floor/control', controlInput()],
  ]);
  const metrics: Record<string, unknown> = {};
  const frame = drawFrame();
  const tokenizer = join(packsFolder, 'tiny-sd15-base');
  for (const node of planInpaint(recipe.edits[0]!)) {
    const inputs = Object.fromEntries(
      Object.entries(node.inputs).map(([name, ref]) => [name, made.get(ref)]),
    );
    const trial = tryNode({
      params: node.params.params,
      frame,
      inputs,
      models,
      packs: {
        manifest: () => ({ diffusion: spec }) as never,
        read: async (_pack, path) =>
          path === 'scheduler.json'
            ? new TextEncoder().encode(JSON.stringify(scheduler))
            : new Uint8Array(readFileSync(join(tokenizer, path))),
      },
    });
    await inpaintNodes[node.id]!({ ...trial.context, ...context } as NodeContext<never>);
    for (const [name, value] of trial.written) made.set(`${node.id}/${name}`, value);
    for (const [name, value] of trial.metrics) metrics[`${node.id} ${name}`] = value;
  }
  return { made, metrics, frame };
}

/** How far the patch lies to the right of and below the photo, pixels, and how much brighter it is, 0–255. */
function compare(patch: Written | undefined, frame: Frame) {
  if (!patch || !('raster' in patch)) throw new Error('no patch');
  const { raster, window } = patch;
  const sums = [0, 0, 0];
  let count = 0;
  for (let y = 0; y < raster.height; y++)
    for (let x = 0; x < raster.width; x++) {
      const [px, py] = [window.rect.x + x, window.rect.y + y];
      const near =
        px > hole.x - 30 &&
        px < hole.x + hole.width + 30 &&
        py > hole.y - 30 &&
        py < hole.y + hole.height + 30;
      if (near) continue;
      count++;
      for (let c = 0; c < 3; c++)
        sums[c]! +=
          raster.data[(y * raster.width + x) * 3 + c]! - frame.raster.data[(py * SIZE.width + px) * 3 + c]!;
    }
  const [red, green, blue] = sums.map((sum) => sum / count) as [number, number, number];
  // red = −0.3·right + brighter, green = −0.4·down + brighter, blue = 0.2·right + 0.2·down + brighter
  const [a, b] = [blue - red, blue - green];
  const right = (0.6 * a - 0.2 * b) / (0.5 * 0.6 - 0.2 * 0.2);
  const down = (0.5 * b - 0.2 * a) / (0.5 * 0.6 - 0.2 * 0.2);
  return { right, down, brighter: red + 0.3 * right };
}

describe.skipIf(!existsSync(join(packsFolder, 'tiny-sd15-base', 'tokenizer')))('a painted crop', () => {
  it('comes back to where it was taken from, to a fraction of a pixel', async () => {
    const { made, frame, metrics } = await runPlan({});
    const { right, down, brighter } = compare(made.get('inpaint.patch/patch'), frame);
    expect(Math.abs(right)).toBeLessThan(0.15);
    expect(Math.abs(down)).toBeLessThan(0.15);
    expect(Math.abs(brighter)).toBeLessThan(0.2);
    expect(metrics).toMatchObject({ 'inpaint.sample vaeEncodes': 1, 'inpaint.decode vaeDecodes': 1 });
    expect(metrics['inpaint.patch regionArea']).toBe(hole.width * hole.height);
  });

  it('is grey in the hole, which the model was not shown', async () => {
    const { made } = await runPlan({});
    const patch = made.get('inpaint.patch/patch')!;
    if (!('raster' in patch)) throw new Error('no patch');
    const { rect } = patch.window;
    const x = hole.x + hole.width / 2 - rect.x;
    const y = hole.y + hole.height / 2 - rect.y;
    const at = (y * rect.width + x) * 3;
    for (const v of patch.raster.data.slice(at, at + 3)) expect(Math.abs(v - 128)).toBeLessThan(2);
  });

  it('needs no correction where nothing drifted', async () => {
    const { made, frame } = await runPlan({});
    const inputs = {
      mask: maskInput(),
      region: made.get('inpaint.patch/region'),
      patch: made.get('inpaint.patch/patch'),
      hole: made.get('inpaint.crop/hole'),
    };
    const params = { method: 'known-rim', strength: 1, grain: 0 } as const;
    const trial = tryNode({ params, frame, inputs });
    await runMatch(trial.context);
    expect(Number(trial.metrics.get('rimAfter'))).toBeLessThan(0.03);
    for (const gain of String(trial.metrics.get('driftGain')).split(' ').map(Number))
      expect(Math.abs(gain - 1)).toBeLessThan(0.06);
  });

  it('keeps its place through the detail pass, in overlapping windows', async () => {
    const { made, frame, metrics } = await runPlan({ detail: 0.5 });
    const detailed = made.get('inpaint.detail/detailed')!;
    if (!('raster' in detailed)) throw new Error('nothing detailed');
    expect(detailed.raster.width).toBeGreaterThan(2 * 16 * FACTOR);
    const { right, down, brighter } = compare(made.get('inpaint.patch/patch'), frame);
    expect(Math.abs(right)).toBeLessThan(0.15);
    expect(Math.abs(down)).toBeLessThan(0.15);
    expect(Math.abs(brighter)).toBeLessThan(0.2);
    expect(metrics).toMatchObject({ 'inpaint.detail vaeEncodes': 2, 'inpaint.detail vaeDecodes': 1 });
  });

  it('is shown while it comes about, where somebody looks', async () => {
    const shown: string[] = [];
    const preview: NodeContext['preview'] = async ({ width, height, channels }, done) => {
      shown.push(`${width}x${height}x${channels} ${done > 0 && done < 1}`);
    };
    await runPlan({ steps: 6 }, { preview, memory: 'high' });
    expect(shown.length).toBe(2);
    expect(new Set(shown).size).toBe(1);
    expect(shown[0]).toMatch(/^\d+x\d+x3 true$/);
  });

  it('stops between two steps when it is cancelled', async () => {
    let calls = 0;
    const progress: NodeContext['progress'] = async (_done, label) => {
      if (label?.startsWith('Step') && ++calls === 2) throw new Error('cancelled');
    };
    await expect(runPlan({ steps: 6 }, { progress })).rejects.toThrow('cancelled');
    expect(calls).toBe(2);
  });

  it('says where the prompt is too long', async () => {
    const { metrics } = await runPlan({ prompt: 'sofa '.repeat(200) });
    expect(metrics['inpaint.sample notes']).toMatch(/tokens too long/);
  });
});

describe('the plan of diffuse', () => {
  const ids = (more: Record<string, unknown>) =>
    planInpaint(
      withStage(emptyRecipe(), 0, 'inpaint', { engine: 'diffuse', pack: 'mirror', ...more }).edits[0]!,
    ).map(({ id }) => id);

  it('has the plate below strength 1 alone, and a detail pass where it is asked for', () => {
    const plain = ['inpaint.crop', 'inpaint.sample', 'inpaint.decode', 'inpaint.patch'];
    expect(ids({})).toEqual(plain);
    expect(ids({ strength: 0.9 })).toEqual(['inpaint.plate', ...plain]);
    expect(ids({ detail: 0.3 })).toEqual([...plain.slice(0, 3), 'inpaint.detail', 'inpaint.patch']);
  });

  it('depends on the whole pack', () => {
    const edit = withStage(emptyRecipe(), 0, 'inpaint', { engine: 'diffuse', pack: 'mirror' }).edits[0]!;
    for (const { id, files } of planInpaint(edit))
      if (id !== 'inpaint.patch') expect(files, id).toEqual(['mirror/']);
  });

  it('keeps sliders of the placed piece out of what is painted', () => {
    expect(inpaintParams.parse({}).engine).toBe('place');
    const sample = (more: Record<string, unknown>) => {
      const recipe = withStage(emptyRecipe(), 0, 'inpaint', { engine: 'diffuse', pack: 'mirror', ...more });
      return planInpaint(recipe.edits[0]!).find(({ id }) => id === 'inpaint.sample')!.params.identity;
    };
    expect(sample({ yaw: 30, scale: 2 })).toEqual(sample({}));
    expect(sample({ guidance: 5 })).not.toEqual(sample({}));
  });
});
