import { describe, expect, it } from 'vitest';
import { partAboveBelow } from '../../../../main/imaging/fill/above-below.ts';
import { findCrossingLines } from '../../../../main/imaging/fill/crossing-lines.ts';
import { findStrangers } from '../../../../main/imaging/fill/familiar.ts';
import { findGroundLine } from '../../../../main/imaging/fill/ground-line.ts';
import { growHole } from '../../../../main/imaging/fill/grow-hole.ts';
import { CHANNELS } from '../../../../main/imaging/fill/patch.ts';
import { createRaster } from '../../../../main/imaging/raster.ts';
import { box, hide, mark, paint, speckle } from './pictures.ts';

/** A wall with a skirting board over a wooden floor; the edges fall by 5 rows in 100 columns. */
const room = paint(500, 320, (x, y) => {
  const depth = y - 0.05 * x;
  const v = 8 * speckle(x, y);
  if (depth < 150) return [200 + v, 190 + v, 175 + v];
  if (depth < 170) return [235 + v, 235 + v, 235 + v];
  return [140 + v, 95 + v, 60 + v];
});

describe('findCrossingLines', () => {
  it('finds the edges that run behind the hole, in their place', () => {
    const hole = box(500, 320, 180, 80, 330, 260);
    const lines = findCrossingLines(hide(room, hole), hole);
    expect(lines).toHaveLength(2);
    for (const [k, row] of [150, 170].entries()) {
      expect(lines[k]!.slope).toBeCloseTo(0.05, 1);
      expect(Math.abs(lines[k]!.row + lines[k]!.slope * 255 - (row + 0.05 * 255))).toBeLessThan(1.5);
    }
  });

  it('finds none where the sides differ, or there is only texture', () => {
    const hole = box(500, 320, 180, 80, 330, 260);
    const halves = paint(500, 320, (x, y) => {
      if (x < 255) return y < 150 ? [200, 190, 175] : [140, 95, 60];
      return y < 170 ? [60, 80, 160] : [210, 40, 40];
    });
    expect(findCrossingLines(hide(halves, hole), hole)).toEqual([]);
    const noise = paint(500, 320, (x, y) => [255 * speckle(x, y), 255 * speckle(x, y, 1), 128]);
    expect(findCrossingLines(hide(noise, hole), hole)).toEqual([]);
  });

  it('takes a joint between tiles for a part of the floor', () => {
    const hole = box(500, 320, 180, 80, 330, 260);
    const tiles = paint(500, 320, (x, y) => {
      const v = 10 * speckle(x, y) - (Math.abs((y + 0.05 * x) % 70) < 5 ? 60 : 0);
      return [150 + v, 130 + v, 120 + v];
    });
    expect(findCrossingLines(hide(tiles, hole), hole)).not.toEqual([]);
    expect(findCrossingLines(hide(tiles, hole), hole, true)).toEqual([]);
    expect(findCrossingLines(hide(room, hole), hole, true)).toHaveLength(2);
  });

  it('finds none behind a hole that reaches the border', () => {
    const hole = box(500, 320, 0, 80, 330, 260);
    expect(findCrossingLines(hide(room, hole), hole)).toEqual([]);
  });
});

describe('findGroundLine', () => {
  it('parts two kinds by a sloping line, across a gap and a few strays', () => {
    const kinds = createRaster('u8', 200, 150);
    for (let i = 0; i < kinds.data.length; i++) {
      const depth = Math.floor(i / 200) - 0.2 * (i % 200);
      if (Math.abs(depth - 60) > 3) kinds.data[i] = depth > 60 === speckle(i, 0) > 0.02 ? 1 : 2;
    }
    const line = findGroundLine(kinds)!;
    expect(line.slope).toBeCloseTo(0.2, 1);
    expect(Math.abs(line.row + line.slope * 100 - 80)).toBeLessThan(4);
  });

  it('is null where a kind is missing, or they are mixed', () => {
    const one = createRaster('u8', 50, 50);
    one.data.fill(2);
    expect(findGroundLine(one)).toBeNull();
    const mixed = createRaster('u8', 50, 50);
    for (let i = 0; i < 2500; i++) mixed.data[i] = speckle(i, 1) > 0.5 ? 1 : 2;
    expect(findGroundLine(mixed)).toBeNull();
  });
});

describe('partAboveBelow', () => {
  const hole = box(500, 320, 180, 80, 330, 260);

  it('parts nothing where the same is above and below', () => {
    const one = paint(500, 320, (x, y) => [140 + 40 * speckle(x, y), 120, 90 + 20 * speckle(x, y, 1)]);
    expect(partAboveBelow(hide(one, hole), hole, 190)).toBeNull();
  });

  it('finds where the floor meets the wall by their colors beside the hole', () => {
    const two = paint(500, 320, (_, y) => (y < 165 ? [200, 190, 175] : [140, 95, 60]));
    const { line, models } = partAboveBelow(hide(two, hole), hole, 190)!;
    expect(Math.abs(line.row + line.slope * 255 - 165)).toBeLessThan(3);
    expect(models.data[70 * 500 + 250]).toBe(255);
    expect(models.data[265 * 500 + 250]).toBe(255);
    expect(models.data[170 * 500 + 100]).toBe(0);
  });

  it('falls back on what is expected, and is null without a floor below', () => {
    const other = paint(500, 320, (x, y) => {
      if (x >= 180 && x < 330) return y < 160 ? [200, 190, 175] : [140, 95, 60];
      return [40, 90, 60];
    });
    expect(partAboveBelow(hide(other, hole), hole, 190)!.line.row).toBeCloseTo(190, 0);
    expect(partAboveBelow(room, box(500, 320, 180, 80, 330, 320), 190)).toBeNull();
  });
});

/** How many rows a box of 100 rows grows downwards over a shadow of so many rows. */
function grow(shadow: number): number {
  const picture = paint(300, 300, (_, y) => {
    const v = y < 200 ? 200 : Math.min(200, 90 + (110 * (y - 200)) / Math.max(1, shadow));
    return [v, v, v];
  });
  const grown = growHole(picture, box(300, 300, 100, 100, 200, 200));
  let bottom = 0;
  for (let y = 0; y < 300; y++) if (grown.data[y * 300 + 150]) bottom = y;
  return bottom - 199;
}

describe('growHole', () => {
  it('takes the contact shadow along, as far as it is dark', () => {
    const none = grow(0);
    expect(none).toBeLessThanOrEqual(4);
    expect(grow(10)).toBeGreaterThan(none + 2);
    expect(grow(10)).toBeLessThanOrEqual(15);
  });

  it('adds no more than a thin rim beside the object', () => {
    const picture = paint(300, 300, () => [200, 200, 200]);
    const grown = growHole(picture, box(300, 300, 100, 100, 200, 200));
    expect(grown.data[150 * 300 + 201]).toBe(255);
    expect(grown.data[150 * 300 + 204]).toBe(0);
    expect(grown.data[98 * 300 + 150]).toBe(255);
    expect(grown.data[95 * 300 + 150]).toBe(0);
  });

  it('takes the floor between legs along, and nothing of a deep bay', () => {
    const legs = mark(
      300,
      300,
      (x, y) => x >= 100 && x < 200 && y >= 100 && (y < 180 || (y < 200 && (x < 110 || x >= 190))),
    );
    const picture = paint(300, 300, () => [200, 200, 200]);
    expect(growHole(picture, legs).data[190 * 300 + 150]).toBe(255);
    const bay = mark(
      300,
      300,
      (x, y) => x >= 50 && x < 250 && y >= 100 && (y < 140 || (y < 280 && (x < 90 || x >= 210))),
    );
    expect(growHole(picture, bay).data[240 * 300 + 150]).toBe(0);
  });

  it('is empty for an empty mask', () => {
    const grown = growHole(room, box(500, 320, 0, 0, 0, 0));
    expect(grown.data.every((value) => value === 0)).toBe(true);
  });
});

describe('findStrangers', () => {
  it('finds what stands alone, and leaves what touches the hole', () => {
    const [width, height] = [300, 200];
    const color = new Uint8Array(width * height * CHANNELS);
    const hole = new Uint8Array(width * height);
    for (let i = 0; i < hole.length; i++) {
      const [x, y] = [i % width, Math.floor(i / width)];
      hole[i] = x > 100 && x < 180 && y > 60 && y < 150 ? 1 : 0;
      color.set(
        Math.hypot(x - 260, y - 100) < 12
          ? [230, 210, 40, 0]
          : y > 120
            ? [60, 70, 160, 0]
            : [150, 140, 130, 0],
        i * CHANNELS,
      );
    }
    const labels = new Uint8Array(hole.length).fill(1);
    const edge = new Uint16Array(hole.length).fill(20);
    const strange = findStrangers({ width, height, color, hole, labels, edge, models: null });
    const at = (x: number, y: number): number => strange[y * width + x]!;
    expect(at(260, 100)).toBe(1);
    expect([at(20, 20), at(280, 180), at(90, 100), at(220, 100)]).toEqual([0, 0, 0, 0]);
  });
});
