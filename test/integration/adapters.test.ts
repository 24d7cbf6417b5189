import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine, type Engine } from '../../main/engine/supervisor.ts';
import { createRaster, type Raster } from '../../main/imaging/raster.ts';
import { findPacks, starterFolder, type Pack } from '../../main/inference/packs.ts';
import { emptyRecipe, type Recipe, withStage } from '../../main/pipeline/recipe.ts';
import { closeWorkbench, openPhoto, runRecipe, type Workbench } from '../../main/pipeline/workbench.ts';
import { requirePacks } from '../../main/pipeline/required-packs.ts';
import { inpaintNodes } from '../../main/pipeline/stages/inpaint/run.ts';
import { upscaleParams } from '../../main/pipeline/stages/upscale/params.ts';
import { upscaleNodes } from '../../main/pipeline/stages/upscale/run.ts';
import { bytesOf, samplesOf } from '../../main/store/artifact.ts';
import { installFixtures } from '../fixtures/adapters/packs.ts';
import { tryNode, wholeOf, type Written } from '../support/node-context.ts';
import { openPackModels } from '../support/pack-models.ts';

/** A photo of 640×400 whose red channel grows from left to right. */
const [WIDTH, HEIGHT] = [640, 400];

let folder: string;
let packs: Pack[];
let engine: Engine;
let bench: Workbench;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adapters-test-'));
  const folders = [installFixtures(join(folder, 'packs')), starterFolder];
  packs = findPacks(folders);
  engine = startEngine({ packs: folders, provider: 'cpu' });
  const samples = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let i = 0; i < WIDTH * HEIGHT; i++)
    samples.set([Math.floor(((i % WIDTH) * 255) / WIDTH), 120, 90], i * 3);
  const photo = join(folder, 'photo.png');
  await sharp(samples, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png()
    .toFile(photo);
  bench = await openPhoto(engine, packs, photo, join(folder, 'photo.davenport'), async (recipe) => ({
    recipe,
    files: [],
    label: 'start',
  }));
});
afterAll(async () => {
  await closeWorkbench(bench);
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const click = { x: 400, y: 150, label: 'include' as const };

function segmented(values: Record<string, unknown>): Recipe {
  return withStage(emptyRecipe(), 0, 'segment', { edges: 0, ...values });
}

async function runUntil(recipe: Recipe, until: 'segment' | 'depth') {
  const outcomes = await runRecipe(bench, recipe, { until });
  return new Map(outcomes.map((outcome) => [outcome.node.id, outcome]));
}

/** Mean position and box of a mask's pixels of at least one half. */
async function measureMask(recipe: Recipe) {
  const outcomes = await runUntil(recipe, 'segment');
  const run = outcomes.get('segment.mask')?.run;
  const { meta, bytes } = await bench.project.readArtifact(run!.ids['selection']!);
  const { rect } = meta.window!;
  let [area, x, y] = [0, 0, 0];
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i]! < 128) continue;
    area++;
    x += rect.x + (i % rect.width) + 0.5;
    y += rect.y + Math.floor(i / rect.width) + 0.5;
  }
  return { outcomes, area, x: x / area, y: y / area, rect, metrics: run!.metrics };
}

describe.each([
  ['sam', 120 / 1024, 120 / 1024],
  ['mobile-sam', 120 / 1024, 120 / 1024],
  ['sam2', 120 / 1024, (120 / 1024) * (HEIGHT / WIDTH)], // stretched to a square, so the disk is an ellipse
])('segment.pack=%s', (pack, across, down) => {
  it('lays the best proposal of the click over the photo', async () => {
    const mask = await measureMask(segmented({ pack, clicks: [click] }));
    expect(mask.x).toBeCloseTo(click.x, 0);
    expect(mask.y).toBeCloseTo(click.y, 0);
    const expected = Math.PI * across * WIDTH * down * WIDTH;
    expect(mask.area / expected).toBeGreaterThan(0.95);
    expect(mask.area / expected).toBeLessThan(1.05);
    expect(mask.metrics).toMatchObject({ proposals: '0.700 0.900 0.800', proposal: 1, predictedIou: 0.9 });
  });

  it('encodes the photo once and gives the proposal asked for', async () => {
    const clicks = [{ ...click, x: 300 }];
    const small = await measureMask(segmented({ pack, clicks, proposal: 0 }));
    expect(small.outcomes.get('segment.embed')?.status).toBe('reused');
    expect(small.x).toBeCloseTo(300, 0);
    const large = await measureMask(segmented({ pack, clicks, proposal: 1 }));
    expect(large.area / small.area).toBeGreaterThan(3.6);
    expect(large.area / small.area).toBeLessThan(4.4);
    await expect(measureMask(segmented({ pack, clicks, proposal: 3 }))).rejects.toMatchObject({
      kind: 'request',
      message: 'segment.proposal is 3, but the pack proposes 3 masks',
    });
  });

  it('takes a box, and an exclude click out of it', async () => {
    const box = { x0: 320, y0: 120, x1: 480, y1: 260 };
    const mask = await measureMask(segmented({ pack, box }));
    expect(mask.x).toBeCloseTo(400, 0);
    expect(mask.y).toBeCloseTo(190, 0);
    const clicks = [click, { x: click.x + 40, y: click.y, label: 'exclude' }];
    const whole = await measureMask(segmented({ pack, clicks: [click] }));
    const cut = await measureMask(segmented({ pack, clicks }));
    expect(cut.area).toBeLessThan(0.9 * whole.area);
    expect(cut.x).toBeLessThan(click.x - 2);
  });
});

it('gives a pack’s disparity of the normalised photo to the depth stage', async () => {
  const recipe = withStage(segmented({ clicks: [click] }), 0, 'depth', { pack: 'depth' });
  const outcomes = await runUntil(recipe, 'depth');
  const { meta, bytes } = await bench.project.readArtifact(outcomes.get('depth.net')!.run!.ids['disparity']!);
  const [height, width] = meta.shape as [number, number];
  expect([height, width]).toEqual([518, 826]); // 518 for the shorter side, both multiples of 14
  const disparity = samplesOf('f32', bytes) as Float32Array;
  for (const share of [0.25, 0.5, 0.9]) {
    const x = Math.floor(share * width);
    expect(disparity[100 * width + x]).toBeCloseTo(share, 1.5);
  }
  const depth = await bench.project.readArtifact(outcomes.get('depth.estimate')!.run!.ids['depth']!);
  const near = samplesOf('f32', depth.bytes) as Float32Array;
  const columns = depth.meta.shape[1]!;
  expect(near[200 * columns + columns - 20]! - near[200 * columns + 20]!).toBeGreaterThan(0.5);
  expect(outcomes.get('segment.encode')?.run?.provider).toBe('cpu');
});

describe('upscale.pack', () => {
  it.each([
    ['x2-free', 2, 75, 301],
    ['x2-free', 2, 519, 9],
    ['x4-64', 4, 150, 70],
    ['x4-64', 4, 40, 20],
    ['swin-x4', 4, 261, 35],
  ])('%s enlarges ×%i, %i×%i, without a seam', async (pack, factor, width, height) => {
    const composite = noise(width, height);
    const raster = await upscale(composite, { pack, factor });
    expect(Buffer.compare(bytesOf(raster.data), bytesOf(repeat(composite, factor).data))).toBe(0);
  });

  it('says where the net enlarges by less than is asked for', async () => {
    const { metrics, raster } = await upscaleTrial(noise(40, 20), { pack: 'x2-free', factor: 4 });
    expect([raster.width, raster.height]).toEqual([160, 80]);
    expect(metrics.get('upscaleNote')).toMatch(/x2-free\/upscale enlarges ×2/);
  });
});

function noise(width: number, height: number): Raster<Uint8Array> {
  const raster = createRaster('u8', width, height, 3);
  for (let i = 0, state = 7; i < raster.data.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    raster.data[i] = state >>> 24;
  }
  return raster;
}

function repeat({ width, height, data }: Raster<Uint8Array>, factor: number): Raster<Uint8Array> {
  const out = createRaster('u8', width * factor, height * factor, 3);
  for (let y = 0, to = 0; y < out.height; y++)
    for (let x = 0; x < out.width; x++)
      for (let c = 0; c < 3; c++)
        out.data[to++] = data[(Math.floor(y / factor) * width + Math.floor(x / factor)) * 3 + c]!;
  return out;
}

const written = (raster: Raster): Written => {
  const { width, height } = raster;
  return { raster, window: { width, height, rect: { x: 0, y: 0, width, height }, background: 'zero' } };
};

async function upscaleTrial(composite: Raster, params: object) {
  const local = openPackModels(packs);
  const inputs = { composite: written(composite) };
  const trial = tryNode({
    params: upscaleParams.parse(params),
    inputs,
    models: local.models,
    packs: local.packs,
  });
  await upscaleNodes['upscale.frame']!(trial.context as never);
  await local.release();
  return { raster: wholeOf(trial.written.get('upscaled')), metrics: trial.metrics };
}

async function upscale(composite: Raster, params: object) {
  return (await upscaleTrial(composite, params)).raster;
}

describe('inpaint.platePack', () => {
  /** Red on the left, blue on the right; the hole lies over the border. */
  async function plateColor(platePack: string): Promise<'red' | 'blue'> {
    const raster = createRaster('u8', 160, 120, 3);
    for (let i = 0; i < 160 * 120; i++) {
      const grain = (i * 37) % 9;
      raster.data.set(i % 160 < 80 ? [200 + grain, 30, 30] : [30, 30, 200 + grain], i * 3);
    }
    const mask = createRaster('u8', 40, 40, 1);
    mask.data.fill(255);
    const info = {
      width: 160,
      height: 120,
      channels: 3,
      depth: 8,
      format: 'png',
      convertedFromCmyk: false,
      notes: [],
    };
    const local = openPackModels(packs);
    const rect = { x: 60, y: 40, width: 40, height: 40 };
    const trial = tryNode({
      params: { context: 0.5, platePack },
      frame: { raster, icc: null, info } as never,
      inputs: { mask: { raster: mask, window: { width: 160, height: 120, rect, background: 'zero' } } },
      models: local.models,
      packs: local.packs,
    });
    await inpaintNodes['inpaint.plate']!(trial.context as never);
    await local.release();
    const plate = trial.written.get('plate') as Extract<Written, { raster: Raster }>;
    const { window } = plate;
    let red = 0;
    for (let y = 50; y < 70; y++)
      for (let x = 70; x < 90; x++) {
        const at = ((y - window.rect.y) * plate.raster.width + x - window.rect.x) * 3;
        if (plate.raster.data[at]! > plate.raster.data[at + 2]!) red++;
      }
    return red > 200 ? 'red' : 'blue';
  }

  it('lets the pack’s idea decide what stands behind the object', async () => {
    expect([await plateColor('lama'), await plateColor('migan')]).toEqual(['red', 'blue']);
  });
});

describe('a pack that does not serve', () => {
  it.each([
    ['segment', { pack: 'depth' }, 'The pack “depth” cannot be used for segment: it serves the stage depth'],
    ['depth', { pack: 'sam' }, 'The pack “sam” cannot be used for depth: it serves the stage segment'],
    [
      'inpaint',
      { platePack: 'x4-64' },
      'The pack “x4-64” cannot be used for inpaint: it serves the stage upscale',
    ],
    ['upscale', { pack: 'lama' }, 'The pack “lama” cannot be used for upscale: it serves the stage inpaint'],
    ['segment', { pack: 'nobody' }, 'There is no pack “nobody” on this machine'],
  ] as const)('is refused for %s before anything runs: %j', (stage, values, message) => {
    const recipe = withStage(segmented({ clicks: [click] }), 0, stage, values);
    expect(() => requirePacks(recipe, packs)).toThrow(
      expect.objectContaining({ kind: 'request', message }) as unknown as Error,
    );
  });
});
