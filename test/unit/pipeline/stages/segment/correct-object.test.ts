import { describe, expect, it } from 'vitest';
import type { Raster } from '../../../../../main/imaging/raster.ts';
import { correctObject } from '../../../../../main/pipeline/stages/segment/correct-object.ts';
import { reachOfClick } from '../../../../../main/pipeline/stages/segment/reach-of-click.ts';

const [width, height] = [80, 60];
type Part = readonly [x: number, y: number, width: number, height: number];
/** A light seat, a thin dark rail that leaves it and turns, and the same dark again far away. */
const seat: Part = [8, 20, 24, 20];
const rail: readonly Part[] = [
  [32, 28, 40, 3],
  [69, 8, 3, 20],
];
const stranger: Part = [8, 52, 20, 4];

function paint(parts: readonly (readonly [Part, number])[], ground: number): Raster<Uint8Array> {
  const data = new Uint8Array(3 * width * height).fill(ground);
  for (const [[x0, y0, w, h], value] of parts) {
    for (let y = y0; y < y0 + h; y++) data.fill(value, 3 * (y * width + x0), 3 * (y * width + x0 + w));
  }
  return { width, height, channels: 3, data };
}

const picture = paint([[seat, 220], ...rail.map((part) => [part, 30] as const), [stranger, 30]], 130);

function labelsOf(parts: readonly Part[]): Uint8Array {
  const { data } = paint(
    parts.map((part) => [part, 1]),
    0,
  );
  return data.filter((_, i) => i % 3 === 0);
}

function overlap(a: Uint8Array, b: Uint8Array): number {
  const both = a.filter((v, i) => v && b[i]).length;
  return both / a.filter((v, i) => v || b[i]).length;
}

const at = (x: number, y: number) => y * width + x;
const clickAt = (x: number, y: number) => ({ x: x + 0.5, y: y + 0.5 });
const unsure = new Float32Array(width * height);

describe('the reach of a click', () => {
  it('is long through the colours of the click, whatever their way, and short through others', () => {
    const { distance, likeness } = reachOfClick(picture, new Uint8Array(width * height), at(36, 29));
    expect(distance[at(70, 10)]).toBeLessThan(distance[at(50, 45)]!);
    expect(distance[at(70, 10)]).toBeLessThan(distance[at(10, 53)]!);
    expect(likeness[at(70, 10)]).toBeGreaterThan(2);
    expect(likeness[at(36, 40)]).toBeLessThan(-1);
  });

  it('grows by the same for a step there and a step back', () => {
    const none = new Uint8Array(width * height);
    const there = reachOfClick(picture, none, at(36, 29)).distance[at(60, 29)];
    const back = reachOfClick(picture, none, at(60, 29)).distance[at(36, 29)];
    expect(there).toBeCloseTo(back!, 4);
  });
});

describe('a correcting click', () => {
  it('takes a whole thin part along that goes around a corner, and no other of its color', () => {
    const seeds = { include: [clickAt(20, 30), clickAt(50, 29)], exclude: [], radius: 1 };
    const after = correctObject(picture, labelsOf([seat]), unsure, seeds, { pixel: at(50, 29), label: 1 });
    expect(overlap(after, labelsOf([seat, ...rail]))).toBeGreaterThan(0.95);
    expect(overlap(after, labelsOf([seat]))).toBeLessThan(0.8);
  });

  it('takes one part away again and leaves the rest as it was', () => {
    const before = labelsOf([seat, ...rail, stranger]);
    const seeds = { include: [clickAt(20, 30)], exclude: [clickAt(50, 29)], radius: 1 };
    const after = correctObject(picture, before, unsure, seeds, { pixel: at(50, 29), label: 0 });
    expect(overlap(after, labelsOf([seat, stranger]))).toBeGreaterThan(0.85);
    expect(after[at(60, 29)]).toBe(0);
    expect(after[at(10, 53)]).toBe(1);
  });

  it('holds where the click lies even against a net that is sure of the opposite', () => {
    const against = new Float32Array(width * height).fill(-6);
    const seeds = { include: [clickAt(20, 30), clickAt(50, 29)], exclude: [], radius: 1.5 };
    const before = labelsOf([seat]);
    const after = correctObject(picture, before, against, seeds, { pixel: at(50, 29), label: 1 });
    expect(after[at(50, 29)]).toBe(1);
    expect(after.filter((v, i) => v < before[i]!)).toHaveLength(0);
  });
});
