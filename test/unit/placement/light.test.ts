import { describe, expect, it } from 'vitest';
import { linearToSrgb } from '../../../main/imaging/color/transfer.ts';
import type { Raster } from '../../../main/imaging/raster.ts';
import { relightObject } from '../../../main/placement/relight.ts';
import { estimateRoomLight, lightField, type RoomLight } from '../../../main/placement/room-light.ts';

const [WIDTH, HEIGHT, HORIZON] = [256, 192, 90];
const focus = { x: 90, y: 90, width: 76, height: 60 };

/** A room: wall (reflectance 0.7, half the light) over a floor (0.28), lit by `light`, falling off to the right. */
function room(
  light: readonly [number, number, number],
  slope = 0,
  clutter: (x: number, y: number) => number | null = () => null,
) {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0, i = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const albedo = clutter(x, y) ?? (y < HORIZON + 20 ? 0.7 * 0.6 : 0.28);
      const fall = Math.exp(slope * ((x - WIDTH / 2) / focus.width));
      for (let c = 0; c < 3; c++, i++)
        data[i] = Math.round(255 * linearToSrgb(Math.min(1, albedo * light[c]! * fall)));
    }
  }
  return { width: WIDTH, height: HEIGHT, channels: 3, data };
}

function exclude(): Raster<Uint8Array> {
  const data = new Uint8Array(WIDTH * HEIGHT);
  for (let y = focus.y; y < focus.y + focus.height; y++)
    data.fill(255, y * WIDTH + focus.x, y * WIDTH + focus.x + focus.width);
  return { width: WIDTH, height: HEIGHT, channels: 1, data };
}

const look = (photo: Raster<Uint8Array>) =>
  estimateRoomLight({ photo, exclude: exclude(), layout: null, focus, horizon: HORIZON });

const inside = (x: number, y: number) =>
  x >= focus.x && x < focus.x + focus.width && y >= focus.y && y < focus.y + focus.height;
const stripes = (x: number) => (x % 40 < 8 ? 0.1 : null);

describe('estimateRoomLight', () => {
  it('calls neutral light neutral', () => {
    for (const gain of look(room([0.5, 0.5, 0.5])).white) expect(gain).toBeCloseTo(1, 1);
  });

  it('sees most of a warm and of a cool cast', () => {
    const warm = look(room([0.6, 0.5, 0.38])).white;
    expect(warm[0] / warm[2]).toBeGreaterThan(1.3);
    expect(warm[0] / warm[2]).toBeLessThan(1.6);
    const cool = look(room([0.42, 0.48, 0.56])).white;
    expect(cool[0] / cool[2]).toBeLessThan(0.85);
  });

  it('ignores the old object, whatever its color', () => {
    const plain = look(room([0.5, 0.5, 0.5]));
    const red = room([0.5, 0.5, 0.5]);
    for (let i = 0; i < WIDTH * HEIGHT; i++)
      if (inside(i % WIDTH, Math.floor(i / WIDTH))) red.data.set([200, 0, 0], i * 3);
    expect(look(red)).toEqual(plain);
  });

  it('is not led far astray by a colored wall hanging', () => {
    const photo = room([0.5, 0.5, 0.5]);
    for (let y = 20; y < 80; y++)
      for (let x = 60; x < 120; x++) photo.data.set([20, 120, 60], (y * WIDTH + x) * 3);
    for (const gain of look(photo).white) expect(Math.abs(gain - 1)).toBeLessThan(0.08);
  });

  it('is brighter in brighter rooms, by about as much', () => {
    const dim = look(room([0.15, 0.15, 0.15])).exposure;
    const bright = look(room([0.6, 0.6, 0.6])).exposure;
    expect(bright / dim).toBeGreaterThan(2.4);
    expect(bright / dim).toBeLessThan(4.5);
    expect(bright).toBeGreaterThan(0.4);
    expect(bright).toBeLessThan(0.9);
  });

  it('finds where the light comes from, past the edges of things', () => {
    expect(look(room([0.5, 0.5, 0.5], -0.4)).slopeX).toBeLessThan(-0.15);
    expect(look(room([0.5, 0.5, 0.5], 0.4, stripes)).slopeX).toBeGreaterThan(0.1);
    expect(Math.abs(look(room([0.5, 0.5, 0.5])).slopeX)).toBeLessThan(0.02);
  });
});

const light: RoomLight = { white: [1.2, 1, 0.8], exposure: 0.5, slopeX: -0.3, slopeY: 0, black: 0.01 };
const rect = { x: 40, y: 30, width: 64, height: 48 };

/** A grey object with an opaque left half and nothing on the right. */
function halfObject(deep: boolean) {
  const data = deep ? new Uint16Array(64 * 48 * 4) : new Uint8Array(64 * 48 * 4);
  for (let p = 0; p < 64 * 48; p++) {
    const k = deep ? 257 : 1;
    data.set([120 * k, 120 * k, 120 * k, p % 64 < 32 ? 255 * k : 0], p * 4);
  }
  return { width: 64, height: 48, channels: 4, data } as {
    width: number;
    height: number;
    channels: number;
    data: Uint8Array;
  };
}

describe('lightField', () => {
  it('is one everywhere without strength', () => {
    expect(lightField(light, rect, 0).gains.data.every((v) => v === 1)).toBe(true);
  });

  it('is white times exposure in the middle, and brighter on the lit side', () => {
    const { gains } = lightField(light, rect, 1);
    const at = (x: number, c: number) => gains.data[((gains.height >> 1) * gains.width + x) * 3 + c]!;
    const middle = gains.width >> 1;
    expect(at(middle, 0)).toBeCloseTo(0.6, 1);
    expect(at(middle, 2)).toBeCloseTo(0.4, 1);
    expect(at(0, 1)).toBeGreaterThan(at(middle, 1));
  });
});

describe('relightObject', () => {
  it.each([false, true])('leaves every sample alone without strength (16 bits: %s)', (deep) => {
    const object = halfObject(deep);
    const lit = relightObject(object, rect, lightField(light, rect, 0), 0);
    expect(lit.data).toEqual(object.data);
  });

  it('lights what is opaque, leaves what is empty, keeps alpha', () => {
    const object = halfObject(false);
    const lit = relightObject(object, rect, lightField(light, rect, 1), light.black);
    const at = (x: number) => [...lit.data.subarray((20 * 64 + x) * 4, (20 * 64 + x) * 4 + 4)];
    const [r, g, b, a] = at(16) as [number, number, number, number];
    expect(r).toBeGreaterThan(g);
    expect(g).toBeGreaterThan(b);
    expect(g).toBeLessThan(120);
    expect(a).toBe(255);
    expect(at(40)).toEqual([120, 120, 120, 0]);
  });
});
