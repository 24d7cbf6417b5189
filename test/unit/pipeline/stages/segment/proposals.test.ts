import { describe, expect, it } from 'vitest';
import { createRaster } from '../../../../../main/imaging/raster.ts';
import { Division } from '../../../../../main/pipeline/stages/segment/divide-object.ts';
import { expectedIou } from '../../../../../main/pipeline/stages/segment/proposals.ts';

describe('expectedIou', () => {
  it('is 1 for a mask that the probabilities are sure of and 0 for its opposite', () => {
    const sure = Float32Array.of(1, 1, 0, 0);
    expect(expectedIou(Uint8Array.of(1, 1, 0, 0), sure)).toBe(1);
    expect(expectedIou(Uint8Array.of(0, 0, 1, 1), sure)).toBe(0);
  });

  it('is the expected overlap over the expected union', () => {
    // Inside: 0.8 + 0.6 of two pixels; outside 0.5 + 0.1 more.
    const value = expectedIou(Uint8Array.of(1, 1, 0, 0), Float32Array.of(0.8, 0.6, 0.5, 0.1));
    expect(value).toBeCloseTo(1.4 / 2.6, 6);
  });

  it('is 0 where there is nothing', () => {
    expect(expectedIou(new Uint8Array(3), new Float32Array(3))).toBe(0);
  });
});

describe('a division cut more or less generously', () => {
  it('holds the tighter one and is held by the more generous one', () => {
    const rgb = createRaster('u8', 32, 24, 3);
    const logits = new Float32Array(32 * 24);
    for (let i = 0; i < logits.length; i++) {
      const far = Math.hypot((i % 32) - 16, Math.floor(i / 32) - 12);
      rgb.data.fill(200 - 6 * far, 3 * i, 3 * i + 3);
      logits[i] = 4 - 0.6 * far;
    }
    const seeds = { include: [{ x: 16, y: 12 }], exclude: [], radius: 1 };
    const division = new Division(rgb, logits, seeds, { color: 0.2, smoothness: 2, rounds: 2 });
    const [tight, usual, generous] = [-1.5, 0, 1.5].map((bias) => division.cut(bias)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const area = (mask: Uint8Array) => mask.reduce((sum, v) => sum + v, 0);
    expect(area(tight)).toBeLessThan(area(usual));
    expect(area(usual)).toBeLessThan(area(generous));
    expect(usual.every((v, i) => v >= tight[i]! && v <= generous[i]!)).toBe(true);
  });
});
