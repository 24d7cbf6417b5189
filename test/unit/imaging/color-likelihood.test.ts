import { describe, expect, it } from 'vitest';
import { colorLikelihood } from '../../../main/imaging/color-likelihood.ts';
import { createRaster } from '../../../main/imaging/raster.ts';

/** 60×40: red left of 30, blue right of it, a few grey pixels on both sides. */
function scene() {
  const rgb = createRaster('u8', 60, 40, 3);
  for (let i = 0; i < 2400; i++) {
    const left = i % 60 < 30;
    rgb.data.set(
      i % 11 === 0 ? [128, 128, 128] : left ? [180 + (i % 13), 40, 30] : [30, 50, 160 + (i % 9)],
      i * 3,
    );
  }
  return rgb;
}

describe('colorLikelihood', () => {
  it('tells the sides apart by a division that is only roughly right', () => {
    const share = Float32Array.from({ length: 2400 }, (_, i) => (i % 60 < 24 || i % 60 > 55 ? 0.9 : 0.1));
    const ratio = colorLikelihood(scene(), share);
    expect(ratio[20 * 60 + 27]).toBeGreaterThan(1);
    expect(ratio[20 * 60 + 58]).toBeLessThan(-1);
  });

  it('says nothing of colours that are on both sides, and nothing when all is one side', () => {
    const share = Float32Array.from({ length: 2400 }, (_, i) => (i % 60 < 30 ? 1 : 0));
    expect(Math.abs(colorLikelihood(scene(), share)[0]!)).toBeLessThan(0.3);
    const even = colorLikelihood(scene(), new Float32Array(2400).fill(0.5));
    expect(Math.max(...even.map(Math.abs))).toBeLessThan(0.05);
  });

  it('stays finite for a colour that one side never has', () => {
    const share = Float32Array.from({ length: 2400 }, (_, i) => (i % 60 < 30 ? 1 : 0));
    const ratio = colorLikelihood(scene(), share);
    expect(ratio.every((v) => Math.abs(v) <= 6)).toBe(true);
    expect(ratio[1]).toBeGreaterThan(3);
  });
});
