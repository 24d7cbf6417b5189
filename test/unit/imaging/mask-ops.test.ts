import { describe, expect, it } from 'vitest';
import { keepComponents, labelComponents } from '../../../main/imaging/components.ts';
import { distanceTransform } from '../../../main/imaging/distance.ts';
import {
  featherAlpha,
  growMask,
  maskArea,
  maskBox,
  trimMask,
  uniteMasks,
} from '../../../main/imaging/mask-ops.ts';
import { type MaskWindow, cropWindow, wholeWindow } from '../../../main/imaging/window.ts';
import { randomStream } from './sample-fixtures.ts';

function randomMask(width: number, height: number, share: number, seed: number): MaskWindow {
  const random = randomStream(seed);
  const data = Uint8Array.from({ length: width * height }, () => (random() < share ? 255 : 0));
  return wholeWindow({ width, height, channels: 1, data });
}

function drawn(rows: readonly string[], x = 0, y = 0): MaskWindow {
  const width = rows[0]!.length;
  const data = Uint8Array.from(rows.join(''), (c) => (c === '#' ? 255 : c === '+' ? 90 : 0));
  return {
    raster: { width, height: rows.length, channels: 1, data },
    rect: { x, y, width, height: rows.length },
  };
}

/** By comparing all pairs. */
function slowDistance(mask: MaskWindow, isSite: (v: number) => boolean): number[] {
  const { width, height, data } = mask.raster;
  return Array.from({ length: width * height }, (_, i) => {
    let best = Number.POSITIVE_INFINITY;
    for (let k = 0; k < data.length; k++) {
      if (isSite(data[k]!))
        best = Math.min(
          best,
          Math.hypot((k % width) - (i % width), Math.floor(k / width) - Math.floor(i / width)),
        );
    }
    return best;
  });
}

describe('distanceTransform', () => {
  it.each([
    [17, 23, 0.02],
    [40, 9, 0.2],
    [31, 31, 0.7],
    [25, 25, 0.004],
    [1, 30, 0.1],
    [30, 1, 0.1],
  ])('equals brute force on %i × %i with %f sites', (width, height, share) => {
    for (let seed = 0; seed < 5; seed++) {
      const mask = randomMask(width, height, share, seed);
      const fast = distanceTransform(mask.raster, { of: 'inside', threshold: 128 }).data;
      const slow = slowDistance(mask, (v) => v >= 128);
      slow.forEach((d, i) =>
        Number.isFinite(d) ? expect(fast[i]).toBeCloseTo(d, 4) : expect(fast[i]).toBe(d),
      );
    }
  });

  it('sees sites beyond the sides that have them', () => {
    const empty = { width: 5, height: 3, channels: 1, data: new Uint8Array(15) };
    const at = (beyond: { left: boolean; top: boolean; right: boolean; bottom: boolean }) =>
      Array.from(distanceTransform(empty, { of: 'inside', threshold: 1, beyond }).data);
    expect(at({ left: true, top: false, right: false, bottom: false }).slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(at({ left: false, top: false, right: true, bottom: false }).slice(0, 5)).toEqual([5, 4, 3, 2, 1]);
    expect(at({ left: false, top: true, right: false, bottom: false })).toEqual([
      1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3,
    ]);
    expect(at({ left: false, top: false, right: false, bottom: true }).slice(10)).toEqual([1, 1, 1, 1, 1]);
  });
});

describe('maskBox, maskArea, trimMask', () => {
  it('are in photo pixels', () => {
    const mask = drawn(['......', '..+...', '..##..', '......'], 100, 50);
    expect(maskBox(mask)).toEqual({ x: 102, y: 51, width: 2, height: 2 });
    expect(maskBox(mask, 128)).toEqual({ x: 102, y: 52, width: 2, height: 1 });
    expect(maskArea(mask)).toBe(2);
    expect([...trimMask(mask).raster.data]).toEqual([90, 0, 255, 255]);
    expect(maskBox(drawn(['..', '..']))).toBeNull();
    expect(trimMask(drawn(['..', '..'], 3, 4)).rect).toEqual({ x: 3, y: 4, width: 0, height: 0 });
  });
});

describe('growMask', () => {
  it('by 0 keeps the very samples', () => {
    const mask = drawn(['.+#', '...'], 5, 5);
    expect(growMask(mask, 0, { width: 20, height: 20 })).toBe(mask);
  });

  it.each([1, 1.5, 2, 5, 7.3])('by %f takes in every pixel within the radius and no other', (radius) => {
    const photo = { width: 40, height: 30 };
    const mask = randomMask(40, 30, 0.01, 3);
    const grown = cropWindow(growMask(mask, radius, photo), { x: 0, y: 0, ...photo });
    const slow = slowDistance(mask, (v) => v >= 128);
    expect([...grown.raster.data]).toEqual(slow.map((d) => (d <= radius ? 255 : 0)));
  });

  it('works in a window at the photo’s edge and keeps soft samples'.replace('’', "'"), () => {
    const grown = growMask(drawn(['#..', '..+'], 0, 10), 1, { width: 100, height: 100 });
    expect(grown.rect).toEqual({ x: 0, y: 9, width: 4, height: 4 });
    expect([...grown.raster.data]).toEqual([255, 0, 0, 0, 255, 255, 0, 0, 255, 0, 90, 0, 0, 0, 0, 0]);
  });
});

/** A region of full height at column x of the 60 × 50 photo. */
function band(x: number, width: number): MaskWindow {
  const data = new Uint8Array(50 * width).fill(255);
  return { raster: { width, height: 50, channels: 1, data }, rect: { x, y: 0, width, height: 50 } };
}

/** A disc of radius 15 in a 31 × 31 window at 10, 8. */
function disc(): MaskWindow {
  const data = new Uint8Array(31 * 31);
  for (let i = 0; i < data.length; i++)
    data[i] = Math.hypot((i % 31) - 15, Math.floor(i / 31) - 15) <= 15.2 ? 255 : 0;
  return {
    raster: { width: 31, height: 31, channels: 1, data },
    rect: { x: 10, y: 8, width: 31, height: 31 },
  };
}

describe('featherAlpha', () => {
  const photo = { width: 60, height: 50 };
  it('is 0 outside the region, 255 from the radius on, smooth and rising between', () => {
    const region = disc();
    const alpha = featherAlpha(region, 10, photo);
    const whole = cropWindow(region, { x: 0, y: 0, ...photo });
    const slow = slowDistance(whole, (v) => v === 0);
    const spread = cropWindow(alpha, { x: 0, y: 0, ...photo }).raster.data;
    const expected = slow.map((d) => Math.min(1, d / 10)).map((t) => Math.round(255 * t * t * (3 - 2 * t)));
    expect([...spread]).toEqual(expected);
    expect(Math.max(...spread)).toBe(255);
  });

  it('feathers where the window ends but not where the photo ends', () => {
    const left = featherAlpha(band(0, 20), 5, photo).raster.data;
    expect(left[0]).toBe(255);
    expect(left[19]).toBeLessThan(40);
    expect(featherAlpha(band(0, 60), 5, photo).raster.data.every((a) => a === 255)).toBe(true);
  });

  it('counts every sample but 0 as region and takes radius 0', () => {
    expect([...featherAlpha(drawn(['.+#.'], 3, 0), 0, photo).raster.data]).toEqual([0, 255, 255, 0]);
  });
});

describe('labelComponents', () => {
  it('joins corners and branches, with areas and boxes', () => {
    const mask = drawn(['#.#..#', '#.#.#.', '###..#', '......', '.##...'], 10, 20);
    const { components, labels } = labelComponents(mask);
    expect(components.map((c) => c.area)).toEqual([7, 3, 2]);
    expect(components[0]!.rect).toEqual({ x: 10, y: 20, width: 3, height: 3 });
    expect(components[2]!.rect).toEqual({ x: 11, y: 24, width: 2, height: 1 });
    expect(labels[0]).toBe(1);
    const kept = keepComponents(mask, { components, labels }, (part) => part.area === 7);
    expect(maskArea(kept)).toBe(7);
  });

  it('agrees with flood fill on random masks', () => {
    for (let seed = 0; seed < 20; seed++) {
      const mask = randomMask(23, 19, 0.4, seed);
      const { labels, components } = labelComponents(mask);
      expect(components.length).toBe(countByFlooding(mask));
      expect(components.reduce((sum, c) => sum + c.area, 0)).toBe(maskArea(mask));
      expect(labels.every((label, i) => label > 0 === mask.raster.data[i]! > 0)).toBe(true);
    }
  });
});

function countByFlooding(mask: MaskWindow): number {
  const { width, height } = mask.raster;
  const left = mask.raster.data.slice();
  let count = 0;
  for (let start = 0; start < left.length; start++) {
    if (!left[start]) continue;
    count++;
    const stack = [start];
    while (stack.length > 0) {
      const i = stack.pop()!;
      if (!left[i]) continue;
      left[i] = 0;
      const [x, y] = [i % width, Math.floor(i / width)];
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) stack.push(ny * width + nx);
      }
    }
  }
  return count;
}

describe('uniteMasks', () => {
  it('takes the larger sample', () => {
    const united = uniteMasks(drawn(['+#'], 0, 0), drawn(['#+'], 1, 0), { x: 0, y: 0, width: 3, height: 1 });
    expect([...united.raster.data]).toEqual([90, 255, 90]);
  });
});
