import { describe, expect, it } from 'vitest';
import { createRaster } from '../../../main/imaging/raster.ts';
import type { SceneDepth } from '../../../main/placement/depth-scale.ts';
import { dropBeside, findSmallGaps } from '../../../main/placement/front-evidence.ts';

const [width, height] = [80, 60];
const rect = { x: 0, y: 0, width, height };

/** The old object in the middle at depth 0.5; what is right of it has a depth of its own. */
function sceneWith(beside: (x: number) => number): SceneDepth {
  const depth = createRaster('f32', width, height);
  const mask = createRaster('u8', width, height);
  for (let i = 0; i < mask.data.length; i++) {
    const x = i % width;
    const y = Math.floor(i / width);
    if (x >= 20 && x < 50 && y >= 10 && y < 50) mask.data[i] = 255;
    depth.data[i] = x < 50 ? 0.5 : beside(x);
  }
  return { depth, mask, layout: null, guide: createRaster('f32', width, height, 3) };
}

const rightOf = Float32Array.from({ length: width * height }, (_, i) => (i % width >= 50 ? 1 : 0));

describe('dropBeside', () => {
  it('takes back a wall that comes forward only farther away', () => {
    const front = rightOf.slice();
    const none = new Uint8Array(front.length);
    dropBeside(
      sceneWith((x) => 0.5 + 0.003 * (x - 50)),
      rect,
      front,
      none,
      0.035,
    );
    expect(front.some((share) => share > 0)).toBe(false);
  });

  it('keeps what is nearer where it meets the old object, and what is known to be in front', () => {
    const nearer = rightOf.slice();
    dropBeside(
      sceneWith(() => 0.7),
      rect,
      nearer,
      new Uint8Array(nearer.length),
      0.035,
    );
    expect(nearer).toEqual(rightOf);
    const known = rightOf.slice();
    dropBeside(
      sceneWith(() => 0.5),
      rect,
      known,
      Uint8Array.from(rightOf),
      0.035,
    );
    expect(known).toEqual(rightOf);
  });

  it('keeps what does not touch the old object', () => {
    const apart = rightOf.map((share, i) => (i % width >= 60 ? share : 0));
    const front = apart.slice();
    dropBeside(
      sceneWith(() => 0.5),
      rect,
      front,
      new Uint8Array(front.length),
      0.035,
    );
    expect(front).toEqual(apart);
  });
});

describe('findSmallGaps', () => {
  it('tells a gap under an armrest from a cat on the seat', () => {
    const scene = sceneWith(() => 0.5);
    const inArm = (x: number, y: number) => x >= 22 && x < 26 && y >= 30 && y < 35;
    const inCat = (x: number, y: number) => x >= 32 && x < 44 && y >= 20 && y < 35;
    const small = findSmallGaps(scene, rect, (o) => {
      const [x, y] = [o % width, Math.floor(o / width)];
      return inArm(x, y) || inCat(x, y);
    });
    expect(small[32 * width + 24]).toBe(1);
    expect(small[30 * width + 38]).toBe(0);
    expect(small[5 * width + 5]).toBe(0);
  });
});
