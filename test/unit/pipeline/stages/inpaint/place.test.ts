import { describe, expect, it } from 'vitest';
import { RequestError } from '../../../../../main/errors.ts';
import type { Samples } from '../../../../../main/imaging/raster.ts';
import { sharp } from '../../../../../main/imaging/vips.ts';
import { runPatch } from '../../../../../main/pipeline/stages/inpaint/patch.ts';
import { type PlaceParams, runPlace } from '../../../../../main/pipeline/stages/inpaint/place.ts';
import type { Placement } from '../../../../../main/placement/placement.ts';
import { jsonOf, wholeOf } from '../../../../support/node-context.ts';
import { drawRoom, HEIGHT, runOn, WIDTH } from './room.ts';

const defaults: PlaceParams = {
  prompt: 'green velvet armchair',
  product: null,
  piece: 'auto',
  move: { x: 0, y: 0 },
  scale: 1,
  yaw: 0,
  flip: false,
  seed: 0,
};

const cache = new Map<string, ReturnType<typeof placeAnew>>();

/** A placed room; those without blobs are kept, and must not be written to. */
function place(changed: Partial<PlaceParams> = {}) {
  const key = JSON.stringify(changed);
  const found = cache.get(key) ?? placeAnew(changed);
  cache.set(key, found);
  return found;
}

async function placeAnew(changed: Partial<PlaceParams> = {}, blobs: Record<string, Uint8Array> = {}) {
  const room = await drawRoom();
  const trial = await runOn(runPlace, room, { ...defaults, ...changed }, blobs);
  const placement = jsonOf<Placement>(trial.written.get('placement'));
  return {
    room,
    trial,
    placement,
    object: wholeOf(trial.written.get('object')),
    shadow: wholeOf(trial.written.get('shadow')),
  };
}

const largest = (data: ArrayLike<number>) =>
  Array.prototype.reduce.call(data, (a, b) => Math.max(a as number, b as number), 0);
const isSame = (a: Samples, b: Samples) => a.length === b.length && a.every((v, i) => v === b[i]);

/** Box and area of the opaque part of an RGBA raster. */
function extent({ width, data, channels }: { width: number; data: ArrayLike<number>; channels: number }) {
  let [x0, y0, x1, y1, area] = [Infinity, Infinity, -1, -1, 0];
  for (let p = 0; p < data.length / channels; p++) {
    if (data[p * channels + channels - 1]! < 128) continue;
    const [x, y] = [p % width, Math.floor(p / width)];
    [x0, y0, x1, y1, area] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x), Math.max(y1, y), area + 1];
  }
  return { x0, y0, x1, y1, area };
}

describe('inpaint.place', () => {
  it('sets an armchair where the armchair stood, about as large', async () => {
    const { placement, object } = await place();
    expect(placement.piece).toBe('block-chair');
    expect(placement.color?.name).toBe('green');
    expect(placement.material).toBe('velvet');
    expect(placement.sizeCm).toEqual({ width: 80, depth: 80, height: 80 });
    const { x0, x1, y1 } = extent(object);
    const across = x1 - x0;
    expect(across / 144).toBeGreaterThan(0.8);
    expect(across / 144).toBeLessThan(1.35);
    expect(Math.abs((x0 + x1) / 2 - 240)).toBeLessThan(16);
    expect(Math.abs(y1 - 315)).toBeLessThan(14);
  });

  it('is green where it is covered', async () => {
    const { object } = await place();
    const { x0, x1, y0, y1 } = extent(object);
    const i = ((((y0 + y1) / 2) | 0) * WIDTH + (((x0 + x1) / 2) | 0)) * 4;
    expect(object.data[i + 1]!).toBeGreaterThan(object.data[i]! * 1.2);
    expect(object.data[i + 3]).toBe(255);
  });

  it('casts its shadow on the floor alone', async () => {
    const { shadow } = await place();
    const rows = (from: number, to: number) => shadow.data.subarray(from * WIDTH, to * WIDTH);
    expect(largest(rows(250, 320))).toBeGreaterThan(120);
    expect(largest(rows(0, 120))).toBe(0);
  });

  it('moves, scales and turns', async () => {
    const plain = extent((await place()).object);
    const moved = extent((await place({ move: { x: 50, y: 10 } })).object);
    expect((moved.x0 + moved.x1) / 2 - (plain.x0 + plain.x1) / 2).toBeGreaterThan(30);
    const scaled = extent((await place({ scale: 1.3 })).object);
    expect(scaled.area / plain.area).toBeGreaterThan(1.4);
    expect((await place({ scale: 1.3 })).placement.sizeCm.width).toBe(104);
    const turned = (await place({ yaw: 30 })).placement;
    expect(turned.stands.yaw - (await place()).placement.stands.yaw).toBeCloseTo(30, 3);
    expect(isSame((await place({ flip: true })).object.data, (await place()).object.data)).toBe(false);
  });

  it('varies with the seed, and with nothing else', async () => {
    const first = await place({ seed: 7 });
    expect(isSame((await placeAnew({ seed: 7 })).object.data, first.object.data)).toBe(true);
    expect(isSame((await place({ seed: 8 })).object.data, first.object.data)).toBe(false);
    expect(isSame((await place()).object.data, first.object.data)).toBe(false);
  });

  it('takes a named piece, and refuses one that does not exist', async () => {
    const { placement } = await place({ piece: 'block-sofa' });
    expect(placement.kind).toBe('sofa');
    await expect(place({ piece: 'throne' })).rejects.toMatchObject({
      next: expect.stringMatching(/block-chair, block-sofa/),
    });
  });

  it('stands a product picture on the floor', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="160"><rect x="20" y="10" width="160" height="140" fill="#2040a0"/></svg>';
    const product = new Uint8Array(await sharp(Buffer.from(svg)).png().toBuffer());
    const { placement, object, shadow } = await placeAnew({ product: 'abc' }, { abc: product });
    expect(placement.kind).toBe('product');
    const { x0, x1, y1, area } = extent(object);
    expect(Math.abs((x0 + x1) / 2 - 240)).toBeLessThan(20);
    expect(Math.abs(y1 - 312)).toBeLessThan(12);
    expect(area).toBeGreaterThan(8000);
    expect(largest(shadow.data)).toBeGreaterThan(80);
  });

  it('refuses an empty mask', async () => {
    const room = await drawRoom();
    const { mask } = room.inputs;
    if (mask && 'raster' in mask) mask.raster.data.fill(0);
    await expect(runOn(runPlace, room, defaults)).rejects.toThrow(RequestError);
  });
});

describe('inpaint.patch', () => {
  it('holds mask, object and shadow in its region, and nothing is changed outside it', async () => {
    const { room, object, shadow } = await placeAnew({ move: { x: 60, y: 5 } });
    const trial = await runOn(runPatch, room, {});
    const region = wholeOf(trial.written.get('region')).data as Uint8Array;
    const mask = wholeOf(room.inputs['mask']).data;
    let missed = 0;
    for (let p = 0; p < WIDTH * HEIGHT; p++) {
      const edited = mask[p]! > 0 || object.data[p * 4 + 3]! > 0 || shadow.data[p]! > 3;
      if (edited && region[p] === 0) missed++;
    }
    expect(missed).toBe(0);
    expect(region.reduce((n, v) => n + (v === 0 ? 1 : 0), 0)).toBeGreaterThan(WIDTH * HEIGHT * 0.4);
    expect(trial.metrics.get('regionArea')).toBe(region.reduce((n, v) => n + (v > 0 ? 1 : 0), 0));
  });

  it('shows the object over the shaded plate, and the plate alone elsewhere', async () => {
    const { room, object, shadow } = await placeAnew();
    const trial = await runOn(runPatch, room, {});
    const written = trial.written.get('patch')!;
    if (!('raster' in written)) throw new Error('no raster');
    const { raster, window } = written;
    expect(window.background).toBe('frame');
    const plate = wholeOf(room.inputs['plate']).data;
    let [opaque, plain, shaded, wrong] = [0, 0, 0, 0];
    for (let y = 0; y < raster.height; y++) {
      for (let x = 0; x < raster.width; x++) {
        const p = (window.rect.y + y) * WIDTH + window.rect.x + x;
        const i = (y * raster.width + x) * 3;
        const alpha = object.data[p * 4 + 3]!;
        if (alpha === 255) {
          opaque++;
          if (raster.data[i] !== object.data[p * 4]) wrong++;
        } else if (alpha === 0 && shadow.data[p] === 0) {
          plain++;
          if (raster.data[i + 1] !== plate[p * 3 + 1]) wrong++;
        } else if (alpha === 0 && shadow.data[p]! > 60) {
          shaded++;
          if (raster.data[i]! >= plate[p * 3]!) wrong++;
        }
      }
    }
    expect(Math.min(opaque, plain, shaded)).toBeGreaterThan(50);
    expect(wrong).toBe(0);
  });

  it('is the plate where nothing is placed', async () => {
    const room = await drawRoom();
    const trial = await runOn(runPatch, room, {});
    const written = trial.written.get('patch')!;
    if (!('raster' in written)) throw new Error('no raster');
    const { rect } = written.window;
    const plate = wholeOf(room.inputs['plate']).data;
    const row = 20;
    const at = ((rect.y + row) * WIDTH + rect.x) * 3;
    expect(written.raster.data.slice(row * rect.width * 3, (row + 1) * rect.width * 3)).toEqual(
      plate.slice(at, at + rect.width * 3),
    );
  });
});
