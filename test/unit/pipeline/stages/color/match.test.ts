import { describe, expect, it } from 'vitest';
import { featherRadius, runAlpha } from '../../../../../main/pipeline/stages/color/alpha.ts';
import { runComposite } from '../../../../../main/pipeline/stages/color/composite.ts';
import { type MatchParams, runMatch } from '../../../../../main/pipeline/stages/color/match.ts';
import { runPatch } from '../../../../../main/pipeline/stages/inpaint/patch.ts';
import { runPlace } from '../../../../../main/pipeline/stages/inpaint/place.ts';
import { wholeOf } from '../../../../support/node-context.ts';
import { drawRoom, HEIGHT, runOn, WIDTH } from '../inpaint/room.ts';

const place = {
  prompt: 'white linen armchair',
  product: null,
  piece: 'auto',
  move: { x: 0, y: 0 },
  scale: 1,
  yaw: 0,
  flip: false,
  seed: 0,
};
const defaults: MatchParams = { method: 'known-rim', strength: 1, grain: 0 };

type Room = Awaited<ReturnType<typeof drawRoom>>;
const placed = new Map<8 | 16, Promise<Room>>();

/** A room with a piece in it, up to the neutral patch; inputs may be added to it. */
async function placedRoom(depth: 8 | 16 = 8): Promise<Room> {
  const found = placed.get(depth) ?? placeIn(depth);
  placed.set(depth, found);
  const { frame, inputs } = await found;
  return { frame, inputs: { ...inputs } };
}

async function placeIn(depth: 8 | 16): Promise<Room> {
  const room = await drawRoom(depth);
  await runOn(runPlace, room, place);
  await runOn(runPatch, room, {});
  return room;
}

const isSame = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.prototype.every.call(a, (v, i) => v === b[i]);

/** Samples and rectangle a node wrote over the frame. */
function windowOf(room: Room, name: string) {
  const written = room.inputs[name];
  if (!written || !('raster' in written)) throw new Error(`no raster ${name}`);
  return { data: written.raster.data, rect: written.window.rect };
}

/** Mean of the opaque object's samples in a raster written over the frame, per channel. */
function meanOfObject(room: Room, name: string): number[] {
  const { data, rect } = windowOf(room, name);
  const object = wholeOf(room.inputs['object']).data;
  const sum = [0, 0, 0];
  let n = 0;
  for (let y = 0; y < rect.height; y++) {
    for (let x = 0; x < rect.width; x++) {
      if (object[((rect.y + y) * WIDTH + rect.x + x) * 4 + 3]! < 255) continue;
      for (let c = 0; c < 3; c++) sum[c]! += data[(y * rect.width + x) * 3 + c]!;
      n++;
    }
  }
  return sum.map((v) => v / n);
}

describe('color.match', () => {
  it('is the neutral patch without strength and grain', async () => {
    const room = await placedRoom();
    await runOn(runMatch, room, { ...defaults, strength: 0 });
    expect(windowOf(room, 'matched').rect).toEqual(windowOf(room, 'patch').rect);
    expect(isSame(windowOf(room, 'matched').data, windowOf(room, 'patch').data)).toBe(true);
    const field = windowOf(room, 'field');
    expect(field.data.every((v: number) => v === 1)).toBe(true);
  });

  it('gives the piece the room’s light and leaves the plate alone', async () => {
    const room = await placedRoom();
    const trial = await runOn(runMatch, room, defaults);
    const [neutral, lit] = [meanOfObject(room, 'patch'), meanOfObject(room, 'matched')];
    expect(lit[1]!).toBeLessThan(neutral[1]! - 10);
    expect(trial.metrics.get('exposure')).toBeLessThan(1);
    const [patch, matched] = [windowOf(room, 'patch'), windowOf(room, 'matched')];
    const object = wholeOf(room.inputs['object']).data;
    const { rect } = patch;
    let touched = 0;
    for (let p = 0; p < rect.width * rect.height; p++) {
      const at = (rect.y + Math.floor(p / rect.width)) * WIDTH + rect.x + (p % rect.width);
      const alpha = object[at * 4 + 3]!;
      if (alpha < 1 && matched.data[p * 3] !== patch.data[p * 3]) touched++;
    }
    expect(touched).toBe(0);
  });

  it('goes half the way with half the strength', async () => {
    const room = await placedRoom();
    await runOn(runMatch, room, { ...defaults, strength: 0.5 });
    const half = meanOfObject(room, 'matched')[1]!;
    await runOn(runMatch, room, defaults);
    const full = meanOfObject(room, 'matched')[1]!;
    const none = meanOfObject(room, 'patch')[1]!;
    expect(half).toBeLessThan(none);
    expect(half).toBeGreaterThan(full);
  });

  it.each(['mean-std', 'transport'] as const)('%s takes the old object’s colors', async (method) => {
    const room = await placedRoom();
    await runOn(runMatch, room, { ...defaults, method });
    const [r, g, b] = meanOfObject(room, 'matched') as [number, number, number];
    // The old chair was red (138, 32, 32).
    expect(Math.abs(r - 138)).toBeLessThan(25);
    expect(Math.abs(g - 32)).toBeLessThan(25);
    expect(Math.abs(b - 32)).toBeLessThan(25);
  });

  it('leaves a patch without a piece as it is', async () => {
    const room = await drawRoom();
    await runOn(runPatch, room, {});
    await runOn(runMatch, room, defaults);
    expect(windowOf(room, 'matched').rect).toEqual(windowOf(room, 'patch').rect);
    expect(isSame(windowOf(room, 'matched').data, windowOf(room, 'patch').data)).toBe(true);
  });
});

describe('color.alpha', () => {
  it('is 0 outside the region and 255 deep inside it', async () => {
    const room = await placedRoom();
    await runOn(runAlpha, room, { feather: 6 });
    const alpha = wholeOf(room.inputs['alpha']).data as Uint8Array;
    const region = wholeOf(room.inputs['region']).data;
    let [full, outside] = [0, 0];
    for (let p = 0; p < WIDTH * HEIGHT; p++) {
      if (region[p] === 0 && alpha[p]! > 0) outside++;
      if (alpha[p] === 255) full++;
    }
    expect(outside).toBe(0);
    expect(full).toBeGreaterThan(5000);
    expect(alpha.some((v: number) => v > 20 && v < 230)).toBe(true);
  });

  it('does not eat into the object’s own edge with the automatic feather', async () => {
    const room = await placedRoom();
    await runOn(runAlpha, room, { feather: 'auto' as const });
    const alpha = wholeOf(room.inputs['alpha']).data as Uint8Array;
    const object = wholeOf(room.inputs['object']).data;
    let eaten = 0;
    for (let p = 0; p < WIDTH * HEIGHT; p++) if (object[p * 4 + 3]! > 0 && alpha[p]! < 255) eaten++;
    expect(eaten).toBe(0);
  });

  it('is wider on larger photos, and never below 1.5 px', () => {
    expect(featherRadius('auto', { width: 640, height: 480 })).toBe(1.5);
    expect(featherRadius('auto', { width: 4032, height: 3024 })).toBeCloseTo(7.56, 1);
    expect(featherRadius(0, { width: 640, height: 480 })).toBe(0);
  });
});

describe('color.composite', () => {
  it.each([8, 16] as const)('equals the photo bit for bit where alpha is 0 (%i bits)', async (depth) => {
    const room = await placedRoom(depth);
    await runOn(runMatch, room, { ...defaults, grain: 1 });
    await runOn(runAlpha, room, { feather: 'auto' as const });
    const trial = await runOn(runComposite, room, {});
    const alpha = wholeOf(room.inputs['alpha']).data as Uint8Array;
    const { data, rect } = windowOf(room, 'composite');
    expect(data.constructor).toBe(room.frame.raster.data.constructor);
    let [same, differing] = [0, 0];
    for (let y = 0; y < rect.height; y++) {
      for (let x = 0; x < rect.width; x++) {
        const p = (rect.y + y) * WIDTH + rect.x + x;
        if (alpha[p]! > 0) continue;
        for (let c = 0; c < 3; c++)
          if (data[(y * rect.width + x) * 3 + c] !== room.frame.raster.data[p * 3 + c]) differing++;
        same++;
      }
    }
    expect(same).toBeGreaterThan(100);
    expect(differing).toBe(0);
    expect(trial.metrics.get('differing')).toBe(0);
    const edited = alpha.reduce((n, v) => n + (v > 0 ? 1 : 0), 0);
    expect(trial.metrics.get('checked')).toBe(WIDTH * HEIGHT - edited);
  });

  it('leaves nothing of the old object', async () => {
    const room = await placedRoom();
    await runOn(runMatch, room, defaults);
    await runOn(runAlpha, room, { feather: 'auto' as const });
    await runOn(runComposite, room, {});
    const { data } = windowOf(room, 'composite');
    let red = 0;
    for (let i = 0; i < data.length; i += 3) if (data[i]! > 2.2 * data[i + 1]!) red++;
    expect(red).toBe(0);
  });
});
