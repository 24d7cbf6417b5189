import { describe, expect, it } from 'vitest';
import { matchMeanStd, matchTransport, transportMatrix } from '../../../../main/imaging/color/match.ts';
import { eigenSymmetric3, invert3, mapSymmetric3, multiply3 } from '../../../../main/imaging/matrix.ts';
import { measureColors } from '../../../../main/imaging/color/statistics.ts';
import type { Raster, Samples } from '../../../../main/imaging/raster.ts';
import { type MaskWindow, type RasterWindow, wholeWindow } from '../../../../main/imaging/window.ts';
import { randomStream } from '../sample-fixtures.ts';

/** Correlated colours around a mean, u8. */
function colored(
  width: number,
  height: number,
  mean: readonly number[],
  mix: readonly (readonly number[])[],
  seed: number,
): Raster<Uint8Array> {
  const random = randomStream(seed);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 3) {
    const noise = [0, 1, 2].map(() => random() + random() + random() - 1.5);
    for (let c = 0; c < 3; c++)
      data[i + c] = Math.round(mean[c]! + mix[c]!.reduce((sum, k, n) => sum + k * noise[n]!, 0));
  }
  return { width, height, channels: 3, data };
}

const brown = colored(
  64,
  48,
  [120, 80, 60],
  [
    [30, 5, 0],
    [10, 20, 5],
    [0, 10, 15],
  ],
  1,
);
const green = colored(
  64,
  48,
  [60, 110, 70],
  [
    [12, 0, 4],
    [6, 25, 0],
    [0, 3, 20],
  ],
  2,
);

function ellipse(width: number, height: number): MaskWindow {
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [
      ((i % width) - width / 2) / (width / 2.5),
      (Math.floor(i / width) - height / 2) / (height / 2.5),
    ];
    data[i] = x * x + y * y < 1 ? 255 : 0;
  }
  return wholeWindow({ width, height, channels: 1, data });
}

const mask = ellipse(64, 48);

/** The textbook's match_color in plain arithmetic. */
function textbook(src: Uint8Array, ref: Uint8Array, inside: Uint8Array): number[] {
  const out = Array.from(src);
  for (let c = 0; c < 3; c++) {
    const at = [...inside.keys()].filter((i) => inside[i]! > 0).map((i) => 3 * i + c);
    const mean = (a: Uint8Array) => at.reduce((sum, i) => sum + a[i]!, 0) / at.length;
    const std = (a: Uint8Array, m: number) =>
      Math.sqrt(at.reduce((sum, i) => sum + (a[i]! - m) ** 2, 0) / at.length);
    const [ms, mr] = [mean(src), mean(ref)];
    const [ss, sr] = [std(src, ms), std(ref, mr)];
    for (const i of at) out[i] = Math.min(255, Math.max(0, ((src[i]! - ms) / (ss + 1e-6)) * sr + mr));
  }
  return out;
}

function expectClose(a: readonly number[], b: readonly number[], digits: number): void {
  a.forEach((v, i) => expect(v).toBeCloseTo(b[i]!, digits));
}

function spread(window: RasterWindow): RasterWindow<Uint16Array> {
  return {
    rect: window.rect,
    raster: { ...window.raster, data: Uint16Array.from(window.raster.data as Uint8Array, (v) => v * 257) },
  };
}

/** A 64 × 48 raster as a window at 100, 70 of a larger photo. */
function at<S extends Samples>(raster: Raster<S>): RasterWindow<S> {
  return { raster, rect: { x: 100, y: 70, width: 64, height: 48 } };
}

/** Its green channel. */
function grey(raster: Raster<Uint8Array>): RasterWindow<Uint8Array> {
  return wholeWindow({ ...raster, channels: 1, data: raster.data.filter((_, i) => i % 3 === 1) });
}

describe('matchMeanStd', () => {
  it('equals the textbook formula to the rounding', () => {
    const out = matchMeanStd(wholeWindow(green), wholeWindow(brown), mask).raster.data;
    const expected = textbook(green.data, brown.data, mask.raster.data);
    let worst = 0;
    out.forEach((v, i) => {
      worst = Math.max(worst, Math.abs(v - expected[i]!));
    });
    expect(worst).toBeLessThanOrEqual(0.51);
  });

  it('touches nothing outside the mask and blends by strength', () => {
    const source = wholeWindow(green);
    const half = matchMeanStd(source, wholeWindow(brown), mask, 0.5);
    const statistics = measureColors(half, mask);
    const [from, to] = [measureColors(source, mask), measureColors(wholeWindow(brown), mask)];
    statistics.mean.forEach((m, c) => expect(m).toBeCloseTo((from.mean[c]! + to.mean[c]!) / 2, 2));
    expect(matchMeanStd(source, wholeWindow(brown), mask, 0).raster.data).toEqual(green.data);
    mask.raster.data.forEach((m, i) => {
      if (m === 0) expect(half.raster.data[3 * i]).toBe(green.data[3 * i]);
    });
  });

  it('takes windows at photo coordinates and 16 bits', () => {
    const photo = { width: 200, height: 150, channels: 3, data: new Uint8Array(200 * 150 * 3).fill(9) };
    for (let y = 0; y < 48; y++)
      photo.data.set(brown.data.subarray(y * 192, (y + 1) * 192), ((y + 70) * 200 + 100) * 3);
    const moved = matchMeanStd(at(green), wholeWindow(photo), at(mask.raster));
    expect(moved.raster.data).toEqual(matchMeanStd(wholeWindow(green), wholeWindow(brown), mask).raster.data);
    const wide = matchMeanStd(spread(wholeWindow(green)), wholeWindow(brown), mask);
    expectClose(measureColors(wide, mask).mean, measureColors(wholeWindow(brown), mask).mean, 4);
    expect(() => matchMeanStd(at(green), wholeWindow(brown), mask)).toThrow(TypeError);
  });
});

describe('matchTransport', () => {
  it('gives the patch the mean and covariance of the reference', () => {
    const target = measureColors(wholeWindow(brown), mask);
    for (const source of [wholeWindow<Samples>(green), spread(wholeWindow(green))]) {
      const out = measureColors(matchTransport(source, mask, wholeWindow(brown), mask), mask);
      expectClose(out.mean, target.mean, 2);
      expectClose(out.covariance!, target.covariance!, 3);
    }
  });

  it('is the identity between equal distributions, and at strength 0', () => {
    expect(matchTransport(wholeWindow(green), mask, wholeWindow(green), mask).raster.data).toEqual(
      green.data,
    );
    expect(matchTransport(wholeWindow(green), mask, wholeWindow(brown), mask, 0).raster.data).toEqual(
      green.data,
    );
  });

  it('is symmetric and positive: the map of least movement', () => {
    const t = transportMatrix(
      measureColors(wholeWindow(green), mask),
      measureColors(wholeWindow(brown), mask),
    );
    expectClose([t[1], t[2], t[5]], [t[3], t[6], t[7]], 9);
    for (const value of eigenSymmetric3(t).values) expect(value).toBeGreaterThan(0);
  });

  it('uses mean and deviation for grey', () => {
    const out = measureColors(matchTransport(grey(green), mask, grey(brown), mask), mask);
    const target = measureColors(grey(brown), mask);
    expectClose([out.mean[0]!, out.deviation[0]!], [target.mean[0]!, target.deviation[0]!], 2);
  });
});

describe('3 × 3 matrices', () => {
  const m = [2, 1, 0.5, 1, 3, 0.2, 0.5, 0.2, 1] as const;
  it('invert and square root', () => {
    expectClose(multiply3(m, invert3(m)), [1, 0, 0, 0, 1, 0, 0, 0, 1], 12);
    const root = mapSymmetric3(m, Math.sqrt);
    expectClose(multiply3(root, root), m, 10);
    expect(() => invert3([1, 2, 3, 2, 4, 6, 0, 0, 1])).toThrow(RangeError);
  });
});
