import { describe, expect, it } from 'vitest';
import { fitKnownRimDrift, interpolateFieldRow, invertDrift } from '../../../../main/imaging/color/drift.ts';
import { type Raster, createRaster } from '../../../../main/imaging/raster.ts';
import { randomStream } from '../sample-fixtures.ts';

const WIDTH = 240;
const HEIGHT = 180;

/** A room-like f32 picture, 0–1: soft gradients, edges, some texture. */
function room(seed: number): Raster<Float32Array> {
  const random = randomStream(seed);
  const out = createRaster('f32', WIDTH, HEIGHT, 3);
  for (let y = 0, i = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const wall = y < HEIGHT * 0.6 ? 0.55 + 0.1 * Math.sin(x / 50) : 0.32 + 0.08 * Math.cos(x / 31 + y / 17);
      const stripe = (x >> 4) % 3 === 0 ? 0.07 : 0;
      for (let c = 0; c < 3; c++)
        out.data[i++] = wall + stripe * (c - 1) + 0.04 * c + 0.03 * (random() - 0.5);
    }
  }
  return out;
}

/** 255 on a frame of `width` pixels around the crop. */
function rim(width: number): Raster<Uint8Array> {
  const mask = createRaster('u8', WIDTH, HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      if (x < width || y < width || x >= WIDTH - width || y >= HEIGHT - width) mask.data[y * WIDTH + x] = 255;
    }
  }
  return mask;
}

function drifted(
  photo: Raster<Float32Array>,
  gain: readonly number[],
  offset: readonly number[],
  field: (u: number, v: number, c: number) => number,
  noise: number,
) {
  const random = randomStream(99);
  const out = createRaster('f32', WIDTH, HEIGHT, 3);
  out.data.forEach((_, i) => {
    const c = i % 3;
    const x = Math.floor(i / 3) % WIDTH;
    const y = Math.floor(i / 3 / WIDTH);
    out.data[i] =
      photo.data[i]! * gain[c]! + offset[c]! + field(x / WIDTH, y / HEIGHT, c) + noise * (random() - 0.5);
  });
  return out;
}

function rms(
  a: Raster<Float32Array>,
  b: Raster<Float32Array>,
  inside: (x: number, y: number) => boolean,
): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < a.data.length; i++) {
    const x = Math.floor(i / 3) % WIDTH;
    const y = Math.floor(i / 3 / WIDTH);
    if (!inside(x, y)) continue;
    sum += (a.data[i]! - b.data[i]!) ** 2;
    count++;
  }
  return Math.sqrt(sum / count);
}

const hole = (x: number, y: number) => x >= 30 && y >= 30 && x < WIDTH - 30 && y < HEIGHT - 30;

describe('fitKnownRimDrift', () => {
  it('recovers gain and offset from the rim and corrects the inside', () => {
    const photo = room(1);
    const gain = [1.08, 0.95, 1.02];
    const offset = [-0.03, 0.02, 0.01];
    const patch = drifted(photo, gain, offset, () => 0, 0.02);
    const drift = fitKnownRimDrift(photo, patch, rim(30));
    drift.gain.forEach((g, c) => expect(g).toBeCloseTo(gain[c]!, 1.7));
    const fixed = invertDrift(patch, drift);
    expect(rms(patch, photo, hole)).toBeGreaterThan(0.01);
    // What is left is the noise (0.02 uniform, 0.0058 rms) and little else.
    expect(rms(fixed, photo, hole)).toBeLessThan(0.0075);
    expect(drift.rimAfter).toBeLessThan(drift.rimBefore / 4);
  });

  it('recovers a drift that varies over the crop, where one global correction would not', () => {
    const photo = room(2);
    const patch = drifted(
      photo,
      [1.05, 1, 0.97],
      [0, 0.01, 0],
      (u, v, c) => 0.06 * (u - 0.5) * (c - 1) + 0.05 * (v - 0.5),
      0.01,
    );
    const drift = fitKnownRimDrift(photo, patch, rim(30));
    const global = invertDrift(patch, {
      ...drift,
      field: { ...drift.field, data: new Float32Array(drift.field.data.length) },
    });
    const fixed = invertDrift(patch, drift);
    expect(rms(global, photo, hole)).toBeGreaterThan(0.008);
    expect(rms(fixed, photo, hole)).toBeLessThan(0.0055);
  });

  it('is not led astray by invented details on the rim', () => {
    const photo = room(3);
    const patch = drifted(photo, [1.1, 1.1, 1.1], [-0.02, -0.02, -0.02], () => 0, 0.01);
    // A bright lamp that the model put onto 6 % of the rim.
    for (let y = 0; y < 28; y++)
      for (let x = 40; x < 70; x++) for (let c = 0; c < 3; c++) patch.data[(y * WIDTH + x) * 3 + c] = 0.95;
    const drift = fitKnownRimDrift(photo, patch, rim(30));
    drift.gain.forEach((g) => expect(Math.abs(g - 1.1)).toBeLessThan(0.03));
    const fixed = invertDrift(patch, drift);
    expect(rms(fixed, photo, (x, y) => hole(x, y) && y > 90)).toBeLessThan(0.006);
  });

  it('keeps gain 1 on a rim of one flat colour, and leaves clipped samples out', () => {
    const photo = createRaster('f32', WIDTH, HEIGHT, 3);
    photo.data.fill(0.5);
    const patch = { ...photo, data: photo.data.map((v) => v + 0.04) };
    const flat = fitKnownRimDrift(photo, patch, rim(30));
    flat.gain.forEach((g) => expect(g).toBeCloseTo(1, 3));
    expect(invertDrift(patch, flat).data[40000]).toBeCloseTo(0.5, 2);
    photo.data.fill(1);
    expect(fitKnownRimDrift(photo, patch, rim(30)).samples).toBe(0);
  });

  it('without a rim changes nothing', () => {
    const photo = room(4);
    const drift = fitKnownRimDrift(photo, room(5), createRaster('u8', WIDTH, HEIGHT));
    expect(drift).toMatchObject({ samples: 0, gain: [1, 1, 1], offset: [0, 0, 0] });
    expect(invertDrift(photo, drift).data).toEqual(photo.data);
  });

  it('works between depths, keeps alpha, and scales with strength', () => {
    const photo = room(6);
    const patch = drifted(photo, [1.06, 1.06, 1.06], [0.02, 0.02, 0.02], () => 0, 0);
    const wide = createRaster('u16', WIDTH, HEIGHT, 4);
    for (let i = 0; i < WIDTH * HEIGHT; i++) {
      for (let c = 0; c < 3; c++) wide.data[4 * i + c] = Math.round(patch.data[3 * i + c]! * 65535);
      wide.data[4 * i + 3] = i % 65536;
    }
    const narrow: Raster<Uint8Array> = {
      ...photo,
      data: Uint8Array.from(photo.data, (v) => Math.round(v * 255)),
    };
    const drift = fitKnownRimDrift(narrow, wide, rim(30));
    const middle = (HEIGHT / 2) * WIDTH + WIDTH / 2;
    const at = (raster: Raster) => raster.data[4 * middle]! / 65535;
    const full = at(invertDrift(wide, drift));
    expect(full).toBeCloseTo(photo.data[3 * middle]!, 2);
    expect(at(invertDrift(wide, drift, 0))).toBe(at(wide));
    expect(at(invertDrift(wide, drift, 0.5))).toBeCloseTo((at(wide) + full) / 2, 4);
    expect(invertDrift(wide, drift).data[4 * middle + 3]).toBe(middle % 65536);
  });
});

describe('interpolateFieldRow', () => {
  it('is bilinear between cell centres and constant beyond', () => {
    const field = { width: 2, height: 2, channels: 1, data: new Float32Array([0, 1, 2, 3]) };
    const row = new Float32Array(4);
    interpolateFieldRow(field, 0, 4, 4, row);
    expect([...row]).toEqual([0, 0.25, 0.75, 1]);
    interpolateFieldRow(field, 2, 4, 4, row);
    expect([...row]).toEqual([1.5, 1.75, 2.25, 2.5]);
  });
});
