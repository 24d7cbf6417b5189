import { describe, expect, it } from 'vitest';
import { formatAgo, formatBytes, formatCount, formatTime, formatZoom } from '../../../renderer/ui/format.ts';

describe('numbers as people read them', () => {
  it('writes times', () => {
    expect([4.4, 999, 1500, 9949, 9960, 59_400, 110_000].map(formatTime)).toEqual([
      '4 ms',
      '999 ms',
      '1.5 s',
      '9.9 s',
      '10 s',
      '59 s',
      '1 min 50 s',
    ]);
  });

  it('writes sizes and counts', () => {
    expect([812, 84_000, 6_423_111, 2.1e9].map(formatBytes)).toEqual(['812 B', '84 KB', '6.4 MB', '2.1 GB']);
    expect([0, 9999, 48_200, 3_239_187, 20_900_000].map(formatCount)).toEqual([
      '0',
      '9999',
      '48 k',
      '3.24 M',
      '20.9 M',
    ]);
  });

  it('writes the zoom with a decimal only where it tells something', () => {
    expect([0.034, 0.295, 1, 3.2].map(formatZoom)).toEqual(['3.4 %', '30 %', '100 %', '320 %']);
  });

  it('writes how long ago something was', () => {
    const now = Date.UTC(2026, 10, 21, 12);
    expect([1000, 12 * 60e3, 3 * 3600e3].map((ago) => formatAgo(now - ago, now))).toEqual([
      'just now',
      '12 min ago',
      '3 h ago',
    ]);
    expect(formatAgo(now - 7 * 86400e3, now)).toBe('14 Nov');
  });
});
