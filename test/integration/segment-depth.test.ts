import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { RequestError } from '../../main/errors.ts';
import { decodeFrame } from '../../main/imaging/decode.ts';
import { encodeFrame } from '../../main/imaging/encode.ts';
import type { Frame } from '../../main/imaging/frame.ts';
import { grabCutByClicks } from '../support/click-protocol.ts';
import { createRaster, type Raster } from '../../main/imaging/raster.ts';
import { depthNodes } from '../../main/pipeline/stages/depth/run.ts';
import type { Click } from '../../main/pipeline/stages/segment/params.ts';
import { segmentNodes } from '../../main/pipeline/stages/segment/run.ts';
import type { FloorPlane } from '../../main/placement/floor-plane.ts';
import { drawHandMask, overlapOf, readHandMasks } from '../support/hand-masks.ts';
import {
  jsonOf,
  openLocalModels,
  tryNode,
  type TrialSetup,
  wholeOf,
  type Written,
} from '../support/node-context.ts';
import { hasRealPhotos, realPhotos } from '../support/sample.ts';

const models = openLocalModels(fileURLToPath(new URL('../../models/', import.meta.url)));
const nodes = { ...segmentNodes, ...depthNodes };

async function runNode<P>(id: string, setup: TrialSetup<P>) {
  const trial = tryNode({ models, ...setup });
  await nodes[id]!(trial.context as never);
  return trial;
}

const include = (x: number, y: number): Click => ({ x, y, label: 'include' });
const maskDefaults = { clicks: [] as readonly Click[], box: null, edges: 1, proposal: 'auto' };

async function encode(frame: Frame) {
  return (await runNode('segment.encode', { params: {}, frame })).written;
}

async function mask(frame: Frame, encoded: Map<string, Written>, params: Partial<typeof maskDefaults>) {
  const inputs = {
    features: encoded.get('features'),
    featuresLow: encoded.get('features_low'),
    layout: encoded.get('layout'),
  };
  return runNode('segment.mask', { params: { ...maskDefaults, ...params }, frame, inputs });
}

/** A red chair-like box on a wooden floor before a grey wall, 600×400. */
function paintRoom(): Frame {
  const raster = createRaster('u8', 600, 400, 3);
  for (let y = 0; y < 400; y++) {
    for (let x = 0; x < 600; x++) {
      const grain = ((x * 31 + y * 57) % 11) - 5;
      const chair = x >= 220 && x < 380 && y >= 150 && y < 320;
      const board = y >= 250 && (x + 2 * (y - 250)) % 90 < 3 ? -25 : 0;
      const color = chair
        ? [170, 40, 45]
        : y < 250
          ? [190, 190, 185]
          : [150 + board, 110 + board, 70 + board];
      raster.data.set(
        color.map((v) => v + grain),
        (y * 600 + x) * 3,
      );
    }
  }
  const info = {
    width: 600,
    height: 400,
    channels: 3,
    depth: 8,
    format: 'png',
    convertedFromCmyk: false,
    notes: [],
  } as const;
  return { info, raster, icc: null };
}

describe('segment', () => {
  const frame = paintRoom();
  let encoded: Map<string, Written>;
  beforeAll(async () => {
    encoded = await encode(frame);
  });

  it('encodes the photo: whole features, disparity and layout cut to the photo', async () => {
    const { inputs } = await models.describe('starter/scene-encoder');
    const side = inputs[0]!.dims.at(-1)!;
    const size = (name: string) => {
      const { width, height, channels } = wholeOf(encoded.get(name));
      return [width, height, channels];
    };
    expect(size('features').slice(0, 2)).toEqual([side / 4, side / 4]);
    expect(size('features_low').slice(0, 2)).toEqual([side / 16, side / 16]);
    // The photo is 3:2.
    expect(size('disparity')).toEqual([side / 2, Math.round(side / 3), 1]);
    expect(size('layout')).toEqual([side / 4, Math.round(side / 6), 4]);
  });

  it('masks the object under a click at photo size, the same on every run', async () => {
    const first = await mask(frame, encoded, { clicks: [include(300, 230)] });
    const selection = wholeOf(first.written.get('selection'));
    expect([selection.width, selection.height, selection.channels]).toEqual([600, 400, 1]);
    const truth = createRaster('u8', 600, 400);
    for (let y = 150; y < 320; y++) truth.data.fill(255, y * 600 + 220, y * 600 + 380);
    expect(overlapOf(selection, truth)).toBeGreaterThan(0.9);
    expect(Object.keys(Object.fromEntries(first.metrics)).sort()).toEqual([
      'area',
      'predictedIou',
      'proposal',
      'stability',
    ]);
    const second = await mask(frame, encoded, { clicks: [include(300, 230)] });
    expect(second.written.get('selection')).toEqual(first.written.get('selection'));
  });

  it('keeps an excluded part out and stays within a box', async () => {
    const without = await mask(frame, encoded, {
      clicks: [include(300, 230), { x: 360, y: 300, label: 'exclude' }],
    });
    expect(wholeOf(without.written.get('selection')).data[300 * 600 + 360]).toBeLessThan(128);
    const boxed = await mask(frame, encoded, { box: { x0: 210, y0: 140, x1: 390, y1: 330 } as never });
    const { window } = boxed.written.get('selection') as Extract<Written, { raster: Raster }>;
    expect(window.rect.x).toBeGreaterThanOrEqual(195);
    expect(window.rect.x + window.rect.width).toBeLessThanOrEqual(405);
  });

  it('names a proposal that does not exist', async () => {
    const asked = mask(frame, encoded, { clicks: [include(300, 230)], proposal: 5 as never });
    await expect(asked).rejects.toThrow(RequestError);
  });

  it('imports a mask of another size and refuses one of another shape or without an object', async () => {
    const grey = createRaster('u8', 300, 200);
    for (let y = 50; y < 100; y++) grey.data.fill(255, y * 300 + 100, y * 300 + 200);
    const png = (raster: Raster<Uint8Array>) => encodeFrame(raster, { format: 'png', icc: null });
    const blobs = {
      good: await png(grey),
      square: await png(createRaster('u8', 200, 200)),
      empty: await png(createRaster('u8', 300, 200)),
    };
    const imported = await runNode('segment.import', { params: { mask: 'good' }, frame, blobs });
    const selection = wholeOf(imported.written.get('selection'));
    expect(selection.data[150 * 600 + 300]).toBe(255);
    expect(selection.data[150 * 600 + 150]).toBe(0);
    expect(imported.metrics.get('area')).toBeCloseTo(1 / 12, 2);
    for (const name of ['square', 'empty']) {
      await expect(runNode('segment.import', { params: { mask: name }, frame, blobs })).rejects.toThrow(
        RequestError,
      );
    }
  });

  it('grows a selection by 0.3 % of the diagonal, or by what is asked for', async () => {
    const raster = createRaster('u8', 10, 10);
    raster.data.fill(255);
    const rect = { x: 100, y: 100, width: 10, height: 10 };
    const selection: Written = { raster, window: { width: 1600, height: 1200, rect, background: 'zero' } };
    const grown = await runNode('segment.grow', { params: { grow: 'auto' }, inputs: { selection } });
    const { window } = grown.written.get('mask') as Extract<Written, { raster: Raster }>;
    expect(window.rect).toEqual({ x: 94, y: 94, width: 22, height: 22 });
    const kept = await runNode('segment.grow', { params: { grow: 0 }, inputs: { selection } });
    expect(kept.written.get('mask')).toMatchObject({ window: { rect } });
  });
});

describe('depth', () => {
  it('writes depth, floor and control of a photo, near being 1', async () => {
    const frame = paintRoom();
    const encoded = await encode(frame);
    const inputs = { disparity: encoded.get('disparity'), layout: encoded.get('layout') };
    const estimate = await runNode('depth.estimate', { params: { invert: false }, frame, inputs });
    const depth = wholeOf(estimate.written.get('depth'));
    expect([depth.width, depth.height]).toEqual([600, 400]);
    expect(depth.data.every((v) => v >= 0 && v <= 1)).toBe(true);
    const floor = await runNode('depth.floor', {
      params: { floor: { left: 180, right: 180 } },
      frame,
      inputs: { depth: estimate.written.get('depth'), layout: encoded.get('layout') },
    });
    const plane = jsonOf<FloorPlane>(floor.written.get('floor'));
    expect(plane).toMatchObject({ width: 600, height: 400, source: 'user' });
    expect(plane.horizon).toBeCloseTo(180, 6);
    const control = wholeOf(floor.written.get('control'));
    expect([control.width, control.height, control.data.constructor]).toEqual([600, 400, Uint8Array]);
  });
});

describe.skipIf(!hasRealPhotos)('on real photos (../shared/photos)', () => {
  const small = readHandMasks().filter(
    (m) => !m.photo.startsWith('sectional') || m.name.endsWith('-armchair'),
  );

  it('masks by one click clearly better than GrabCut around the click', { timeout: 180_000 }, async () => {
    const scores: { ours: number; baseline: number }[] = [];
    for (const hand of small) {
      const frame = await openPhoto(hand.photo);
      const { width, height } = frame.raster;
      const truth = await drawHandMask(hand, width, height);
      const [x, y] = hand.clicks[0]!;
      const made = await mask(frame, await encode(frame), { clicks: [include(x, y)] });
      const ours = overlapOf(wholeOf(made.written.get('selection')), truth);
      scores.push({ ours, baseline: overlapOf(await grabCutByClicks(frame, [include(x, y)]), truth) });
    }
    const mean = (key: 'ours' | 'baseline') =>
      scores.reduce((sum, score) => sum + score[key], 0) / scores.length;
    expect(mean('ours')).toBeGreaterThan(mean('baseline') + 0.1);
  });

  it.each([
    ['sectional-12mp.jpg', 0.386, 2.9],
    ['bedroom.jpg', 0.433, 0],
    ['library-armchairs.png', 0.217, -2.5],
    ['study-portrait.png', 0.507, 0],
  ])('finds the horizon of %s', async (photo, horizon, rollDegrees) => {
    const frame = await openPhoto(photo);
    const encoded = await encode(frame);
    const depth: Written = {
      raster: createRaster('f32', 8, 8),
      window: { width: 8, height: 8, rect: { x: 0, y: 0, width: 8, height: 8 }, background: 'zero' },
    };
    const trial = await runNode('depth.floor', {
      params: { floor: 'auto' },
      frame,
      inputs: { depth, layout: encoded.get('layout') },
    });
    const plane = jsonOf<FloorPlane>(trial.written.get('floor'));
    expect(Math.abs(plane.horizon / plane.height - horizon)).toBeLessThan(0.03);
    expect(Math.abs((plane.roll * 180) / Math.PI - rollDegrees)).toBeLessThan(1);
  });
});

async function openPhoto(name: string): Promise<Frame> {
  return decodeFrame(readFileSync(join(realPhotos, name)), name);
}
