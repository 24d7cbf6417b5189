import { describe, expect, it } from 'vitest';
import { gaussianBlur } from '../../../main/imaging/blur.ts';
import { estimateSoftness, missingBlur, softenObject } from '../../../main/placement/sharpness.ts';

const SIZE = 240;

/** A grey picture of hard-edged blocks, blurred. */
function blocks(sigma: number) {
  const data = new Float32Array(SIZE * SIZE);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % SIZE, Math.floor(i / SIZE)];
    data[i] = ((x >> 5) + (y >> 5)) % 2 === 0 ? 0.2 : 0.7;
  }
  const { data: soft } = gaussianBlur({ width: SIZE, height: SIZE, channels: 1, data }, sigma);
  const raster = {
    width: SIZE,
    height: SIZE,
    channels: 1,
    data: Uint8Array.from(soft, (v) => v * 255 + 0.5),
  };
  return { raster, rect: { x: 0, y: 0, width: SIZE, height: SIZE } };
}

const all = {
  raster: { width: SIZE, height: SIZE, channels: 1, data: new Uint8Array(SIZE * SIZE).fill(255) },
  rect: { x: 0, y: 0, width: SIZE, height: SIZE },
};

describe('estimateSoftness', () => {
  it('tells sharp from soft', () => {
    const [sharp, soft, softer] = [0, 1.2, 2].map((sigma) => estimateSoftness(blocks(sigma), all)!);
    expect(sharp).toBeLessThan(0.7);
    expect(soft!).toBeGreaterThan(0.9);
    expect(soft!).toBeLessThan(1.7);
    expect(softer!).toBeGreaterThan(soft!);
  });

  it('says nothing of a plain surface', () => {
    const plain = { ...all, raster: { ...all.raster, data: new Uint8Array(SIZE * SIZE).fill(90) } };
    expect(estimateSoftness(plain, all)).toBeNull();
  });
});

describe('missingBlur', () => {
  it('is what turns one softness into the other, and never sharpens', () => {
    expect(missingBlur(1.3, 0.5)).toBeCloseTo(1.2);
    expect(missingBlur(0.5, 1.3)).toBe(0);
    expect(missingBlur(null, 1)).toBe(0);
  });
});

describe('softenObject', () => {
  const data = new Uint8Array(40 * 40 * 4);
  for (let p = 0; p < 1600; p++) if (p % 40 >= 10 && p % 40 < 30) data.set([180, 90, 40, 255], p * 4);
  const object = { width: 40, height: 40, channels: 4, data };

  it('softens the edge and keeps its color', () => {
    const soft = softenObject(object, 1.5).data;
    const edge = (20 * 40 + 9) * 4;
    expect(soft[edge + 3]!).toBeGreaterThan(60);
    expect(soft[edge + 3]!).toBeLessThan(200);
    expect(Math.abs(soft[edge]! - 180)).toBeLessThanOrEqual(1);
    expect(soft[(20 * 40 + 20) * 4 + 3]).toBe(255);
  });

  it('returns the object itself where there is nothing to do', () => {
    expect(softenObject(object, 0)).toBe(object);
  });
});
