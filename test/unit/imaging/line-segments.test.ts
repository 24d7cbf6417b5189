import { describe, expect, it } from 'vitest';
import { detectLineSegments } from '../../../main/imaging/line-segments.ts';

const size = 120;

/** Antialiased half-plane right of a line through (60, 60) with the given direction, in degrees. */
function paintEdge(degrees: number): Float32Array {
  const nx = Math.sin((degrees * Math.PI) / 180);
  const ny = -Math.cos((degrees * Math.PI) / 180);
  return Float32Array.from({ length: size * size }, (_, i) => {
    const distance = ((i % size) + 0.5 - 60) * nx + (Math.floor(i / size) + 0.5 - 60) * ny;
    return 60 + 120 * Math.min(1, Math.max(0, distance + 0.5));
  });
}

describe('detectLineSegments', () => {
  it.each([0, 7, 33, 45, 90, 121])('finds an edge at %d degrees where it is', (degrees) => {
    const segments = detectLineSegments(paintEdge(degrees), size, size, 30);
    const longest = segments.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0]!;
    expect(lengthOf(longest)).toBeGreaterThan(100);
    const turn = (Math.atan2(longest.y2 - longest.y1, longest.x2 - longest.x1) * 180) / Math.PI - degrees;
    expect(Math.abs(((turn + 270) % 180) - 90)).toBeLessThan(0.5);
    const middle = Math.hypot((longest.x1 + longest.x2) / 2 - 60, (longest.y1 + longest.y2) / 2 - 60);
    const along = Math.abs(
      ((longest.x1 + longest.x2) / 2 - 60) * Math.cos((degrees * Math.PI) / 180) +
        ((longest.y1 + longest.y2) / 2 - 60) * Math.sin((degrees * Math.PI) / 180),
    );
    expect(Math.sqrt(Math.max(0, middle ** 2 - along ** 2))).toBeLessThan(0.6);
  });

  it('finds nothing on a plain and no line along a circle', () => {
    expect(detectLineSegments(new Float32Array(size * size).fill(90), size, size, 10)).toEqual([]);
    const disk = Float32Array.from({ length: size * size }, (_, i) =>
      Math.hypot((i % size) - 60, Math.floor(i / size) - 60) < 30 ? 200 : 50,
    );
    expect(detectLineSegments(disk, size, size, 40)).toEqual([]);
  });
});

function lengthOf(s: { x1: number; y1: number; x2: number; y2: number }): number {
  return Math.hypot(s.x2 - s.x1, s.y2 - s.y1);
}
