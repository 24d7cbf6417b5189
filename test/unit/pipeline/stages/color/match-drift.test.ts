import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../../../main/imaging/frame.ts';
import { createRaster, type Raster } from '../../../../../main/imaging/raster.ts';
import { runMatch, type MatchParams } from '../../../../../main/pipeline/stages/color/match.ts';
import { tryNode, type Written } from '../../../../support/node-context.ts';

const SIZE = { width: 240, height: 180 };
const crop = { x: 30, y: 20, width: 160, height: 128 };
const hole = { x: 80, y: 60, width: 60, height: 50 };
const defaults: MatchParams = { method: 'known-rim', strength: 1, grain: 0 };

/** A room with light falling off to the right; 16 bits where asked. */
function drawPhoto(depth: 8 | 16): Frame {
  const raster = createRaster(depth === 8 ? 'u8' : 'u16', SIZE.width, SIZE.height, 3);
  const scale = depth === 8 ? 1 : 257;
  for (let y = 0, i = 0; y < SIZE.height; y++)
    for (let x = 0; x < SIZE.width; x++)
      for (let c = 0; c < 3; c++, i++)
        raster.data[i] = scale * (190 - 0.25 * x - 20 * c + 14 * Math.sin(x / 5) * Math.cos(y / 7));
  const info = {
    ...SIZE,
    channels: 3,
    depth,
    format: 'png',
    convertedFromCmyk: false,
    notes: [],
  } as const;
  return { info, raster: raster as Frame['raster'], icc: null };
}

/** What a model gives back: the crop, greener and darker to one side; a flat blue thing in the hole. */
function paintPatch({ raster, info }: Frame): Raster {
  const patch = createRaster(info.depth === 8 ? 'u8' : 'u16', crop.width, crop.height, 3);
  const scale = info.depth === 8 ? 1 : 257;
  for (let y = 0, i = 0; y < crop.height; y++) {
    for (let x = 0; x < crop.width; x++) {
      const [px, py] = [crop.x + x, crop.y + y];
      const inside = isInside(px, py);
      for (let c = 0; c < 3; c++, i++) {
        const v = inside ? [60, 80, 150][c]! : raster.data[(py * SIZE.width + px) * 3 + c]! / scale;
        patch.data[i] = scale * (0.9 * v + (c === 1 ? 14 : 2) - 0.05 * x);
      }
    }
  }
  return patch;
}

function isInside(x: number, y: number): boolean {
  return x >= hole.x && x < hole.x + hole.width && y >= hole.y && y < hole.y + hole.height;
}

function maskInput(): Written {
  const raster = createRaster('u8', hole.width, hole.height);
  raster.data.fill(255);
  return { raster, window: { ...SIZE, rect: hole, background: 'zero' } };
}

/** The hole at a quarter of the crop's size. */
function holeInput(): Written {
  const raster = createRaster('u8', crop.width / 4, crop.height / 4);
  for (let y = 0, i = 0; y < raster.height; y++)
    for (let x = 0; x < raster.width; x++, i++)
      if (isInside(crop.x + 4 * x + 2, crop.y + 4 * y + 2)) raster.data[i] = 255;
  const rect = { x: 0, y: 0, width: raster.width, height: raster.height };
  return { raster, window: { width: raster.width, height: raster.height, rect, background: 'zero' } };
}

async function match(depth: 8 | 16, params: Partial<MatchParams> = {}) {
  const frame = drawPhoto(depth);
  const patch: Written = {
    raster: paintPatch(frame),
    window: { ...SIZE, rect: crop, background: 'frame' },
  };
  const inputs = { mask: maskInput(), region: maskInput(), patch, hole: holeInput() };
  const trial = tryNode<MatchParams>({ params: { ...defaults, ...params }, frame, inputs });
  await runMatch(trial.context);
  const written = trial.written.get('matched');
  if (!written || !('raster' in written)) throw new Error('nothing was matched');
  const scale = depth === 8 ? 1 : 257;
  const mean = [0, 1, 2].map((c) => {
    let sum = 0;
    for (let i = c; i < written.raster.data.length; i += 3) sum += written.raster.data[i]! / scale;
    return (3 * sum) / written.raster.data.length;
  });
  return { trial, written, mean };
}

describe('color.match of a painted crop', () => {
  it.each([8, 16] as const)('takes the drift of the rim out of the new pixels, %i bits', async (depth) => {
    const { mean, written, trial } = await match(depth);
    [60, 80, 150].forEach((v, c) => expect(Math.abs(mean[c]! - v)).toBeLessThan(2.5));
    expect(written.window.rect).toEqual(hole);
    expect(Number(trial.metrics.get('rimAfter'))).toBeLessThan(0.3 * Number(trial.metrics.get('rimBefore')));
  });

  it('leaves the patch as it came at strength 0, and half way at one half', async () => {
    const [none, half, full] = await Promise.all([0, 0.5, 1].map((strength) => match(8, { strength })));
    expect(Math.abs(none!.mean[1]! - 80)).toBeGreaterThan(0.5);
    for (let c = 0; c < 3; c++) expect(half!.mean[c]).toBeCloseTo((none!.mean[c]! + full!.mean[c]!) / 2, 0);
    const field = none!.trial.written.get('field');
    if (!field || !('raster' in field)) throw new Error('no field');
    expect(field.raster.data.every((v) => v === 1)).toBe(true);
  });

  it('paints with the old object’s colors by the textbook’s method', async () => {
    const { mean } = await match(8, { method: 'mean-std' });
    expect(mean[2]!).toBeLessThan(mean[0]!);
  });

  it('adds grain to the region alone', async () => {
    const { trial } = await match(8, { grain: 1 });
    expect(trial.metrics.has('grain')).toBe(true);
  });
});
