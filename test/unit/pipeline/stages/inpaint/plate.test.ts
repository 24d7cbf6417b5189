import { describe, expect, it } from 'vitest';
import { RequestError } from '../../../../../main/errors.ts';
import type { Raster } from '../../../../../main/imaging/raster.ts';
import { runPlate } from '../../../../../main/pipeline/stages/inpaint/plate.ts';
import { findSurfaces } from '../../../../../main/pipeline/stages/inpaint/plate-surfaces.ts';
import { tryNode, type Written } from '../../../../support/node-context.ts';
import { box, paint, speckle } from '../../../imaging/fill/pictures.ts';
import { drawRoom, HEIGHT, plane, WIDTH } from './room.ts';

function rasterOf(written: Written | undefined) {
  if (!written || !('raster' in written)) throw new Error('The node wrote no raster');
  return written;
}

/** Value of a raster's first channel at a photo pixel. */
function at({ raster, window }: ReturnType<typeof rasterOf>, x: number, y: number): number {
  return raster.data[((y - window.rect.y) * raster.width + x - window.rect.x) * raster.channels]!;
}

describe('runPlate', () => {
  it.each([8, 16] as const)(
    'clears the chair away in a photo of %i bits, and keeps the rest',
    async (depth) => {
      const { frame, inputs } = await drawRoom(depth);
      const trial = tryNode({
        params: { seed: 0, context: 0.35 },
        frame,
        inputs: { mask: inputs['mask'], floor: inputs['floor'] },
      });
      await runPlate(trial.context);
      const plate = rasterOf(trial.written.get('plate'));
      const scale = depth === 8 ? 1 : 257;
      // The chair was red; behind it are a grey wall above row 190 and a brown floor below.
      expect(Math.abs(at(plate, 240, 170) / scale - 0xa8)).toBeLessThan(6);
      expect(Math.abs(at(plate, 240, 280) / scale - 0x7a)).toBeLessThan(6);
      const mask = rasterOf(inputs['mask']).raster;
      const { rect, width, height, background } = plate.window;
      expect({ width, height, background }).toEqual({ width: WIDTH, height: HEIGHT, background: 'frame' });
      expect(rect.x).toBeLessThan(165 - 40);
      expect(plate.raster.data.constructor).toBe(frame.raster.data.constructor);
      let kept = 0;
      let beside = 0;
      for (let y = rect.y; y < rect.y + rect.height; y++) {
        for (let x = rect.x; x < rect.x + rect.width; x++) {
          if (mask.data[y * WIDTH + x]) continue;
          beside++;
          if (at(plate, x, y) === frame.raster.data[(y * WIDTH + x) * 3]) kept++;
        }
      }
      expect(kept / beside).toBeGreaterThan(0.97);
      expect(trial.metrics.get('psnrRim')).toBeGreaterThan(20);
    },
  );

  it('does without a floor plane, and gives the same plate twice', async () => {
    const { frame, inputs } = await drawRoom();
    const run = async (): Promise<Raster> => {
      const trial = tryNode({ params: { seed: 3, context: 0.5 }, frame, inputs: { mask: inputs['mask'] } });
      await runPlate(trial.context);
      return rasterOf(trial.written.get('plate')).raster;
    };
    expect((await run()).data).toEqual((await run()).data);
  });

  it('refuses an empty mask', async () => {
    const { frame } = await drawRoom();
    const mask = {
      raster: box(WIDTH, HEIGHT, 0, 0, 0, 0),
      window: {
        width: WIDTH,
        height: HEIGHT,
        rect: { x: 0, y: 0, width: WIDTH, height: HEIGHT },
        background: 'zero' as const,
      },
    };
    const trial = tryNode({ params: { seed: 0, context: 0.35 }, frame, inputs: { mask } });
    await expect(runPlate(trial.context)).rejects.toThrow(RequestError);
  });
});

describe('findSurfaces', () => {
  const crop = { x: 0, y: 0, width: 480, height: 360 };
  const hole = box(480, 360, 180, 100, 300, 280);

  it('goes by the edges that run on behind the hole, the lowest band being the floor', () => {
    const room = paint(480, 360, (x, y) => {
      const v = 6 * speckle(x, y);
      if (y < 180) return [200 + v, 190 + v, 175 + v];
      return y < 196 ? [238, 236, 232] : [140 + v, 95 + v, 60 + v];
    });
    const surfaces = findSurfaces(room, hole, crop, { floor: plane, layout: null })!;
    const label = (y: number): number => surfaces.labels.data[y * 480 + 240]!;
    expect([label(170), label(188), label(210)]).toEqual([1, 2, 3]);
    expect(surfaces.planes.map(({ homography }) => homography !== null)).toEqual([false, false, false, true]);
  });

  it('goes by the layout where no edge does, and copies no foreground', () => {
    // A cabinet hides the edge on the left.
    const room = paint(480, 360, (x, y) => {
      if (x < 180 && x > 60 && y > 120 && y < 260) return [40, 90, 60];
      return y < 190 ? [200, 190, 175] : [140, 95, 60];
    });
    const [w, h] = [48, 36];
    const data = new Float32Array(w * h * 4);
    for (let i = 0; i < w * h; i++) {
      const [x, y] = [(i % w) * 10 + 5, Math.floor(i / w) * 10 + 5];
      const kind = x > 60 && x < 300 && y > 100 && y < 280 ? 0 : y < 190 ? 2 : 1;
      data[i * 4 + kind] = 1;
    }
    const layout = { width: w, height: h, channels: 4, data };
    const surfaces = findSurfaces(room, hole, crop, { floor: plane, layout })!;
    const row = [...Array(360).keys()].find((y) => surfaces.labels.data[y * 480 + 240] === 2)!;
    expect(Math.abs(row - 190)).toBeLessThan(12);
    expect(surfaces.models!.data[200 * 480 + 120]).toBe(1);
    expect(surfaces.models!.data[320 * 480 + 240]).toBe(255);
  });

  it('sees no wall behind what has only floor around it', () => {
    const floor = paint(480, 360, (x, y) => {
      const v = 6 * speckle(x, y) - (y % 40 < 3 ? 30 : 0);
      return [140 + v, 95 + v, 60 + v];
    });
    const layout = { width: 48, height: 36, channels: 4, data: new Float32Array(48 * 36 * 4) };
    for (let i = 0; i < 48 * 36; i++) layout.data[i * 4 + 1] = 1;
    const surfaces = findSurfaces(floor, hole, crop, { floor: plane, layout })!;
    expect(surfaces.labels.data.every((label) => label === 1)).toBe(true);
    expect(surfaces.planes).toHaveLength(2);
  });

  it('says nothing where nothing is known', () => {
    const plain = paint(480, 360, (x, y) => [150 + 20 * speckle(x, y), 140, 130]);
    expect(findSurfaces(plain, hole, crop, { floor: null, layout: null })).toBeUndefined();
  });
});
