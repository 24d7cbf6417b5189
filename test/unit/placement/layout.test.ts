import { describe, expect, it } from 'vitest';
import { layoutProbabilities, trustLayout } from '../../../main/placement/layout.ts';

/** Logits of a room: ceiling, wall, floor from top to bottom. */
function roomLayout(order: readonly number[]) {
  const [width, height] = [16, 12];
  const data = new Float32Array(width * height * 4).fill(-3);
  for (let p = 0; p < width * height; p++) data[p * 4 + order[Math.floor(p / width / 4)]!] = 3;
  return { width, height, channels: 4, data };
}

describe('layoutProbabilities', () => {
  it('adds up to one and keeps the likeliest kind', () => {
    const { data, width, height } = layoutProbabilities(roomLayout([3, 2, 1]), 32, 24);
    for (let p = 0; p < width * height; p++) {
      const [a, b, c, d] = data.subarray(p * 4, p * 4 + 4) as unknown as [number, number, number, number];
      expect(a + b + c + d).toBeCloseTo(1, 5);
    }
    expect(data[(22 * 32 + 5) * 4 + 1]!).toBeGreaterThan(0.9);
    expect(data[(2 * 32 + 5) * 4 + 3]!).toBeGreaterThan(0.9);
  });
});

describe('trustLayout', () => {
  it('believes a layout that fits the floor plane', () => {
    const layout = layoutProbabilities(roomLayout([3, 2, 1]), 16, 12);
    expect(trustLayout(layout, 4)).toBe(layout);
  });

  it('does not believe floor above the horizon, nor a room without floor', () => {
    expect(trustLayout(layoutProbabilities(roomLayout([1, 2, 1]), 16, 12), 6)).toBeNull();
    expect(trustLayout(layoutProbabilities(roomLayout([3, 2, 2]), 16, 12), 4)).toBeNull();
  });
});
