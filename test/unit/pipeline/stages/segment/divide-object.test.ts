import { describe, expect, it } from 'vitest';
import { createRaster } from '../../../../../main/imaging/raster.ts';
import { divideObject } from '../../../../../main/pipeline/stages/segment/divide-object.ts';

const size = 80;
const inDisk = (x: number, y: number) => Math.hypot(x - 40, y - 38) < 22;
/** Evidence weights of the order the stage uses. */
const weights = { color: 0.5, smoothness: 8, rounds: 3 };
const none = { include: [], exclude: [], radius: 2 };

/** A brown disk with a thin leg on a grey ground that lightens to the right; and the truth. */
function scene() {
  const rgb = createRaster('u8', size, size, 3);
  const truth = new Uint8Array(size * size);
  let state = 3;
  for (let i = 0; i < truth.length; i++) {
    const [x, y] = [i % size, Math.floor(i / size)];
    truth[i] = inDisk(x, y) || (x >= 38 && x < 41 && y >= 38 && y < 74) ? 1 : 0;
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const grain = (state >>> 8) % 16;
    rgb.data.set(
      truth[i] ? [120 + grain, 75 + grain, 50] : [150 + grain + x / 2, 150 + grain + x / 2, 150 + x / 2],
      i * 3,
    );
  }
  return { rgb, truth };
}

/** Blurred, shifted by 4 px, without the leg: what a net on a coarse grid says. */
function coarseLogits(strength = 3): Float32Array {
  return Float32Array.from({ length: size * size }, (_, i) => {
    const distance = 22 - Math.hypot((i % size) - 44, Math.floor(i / size) - 36);
    return strength * Math.tanh(distance / 6);
  });
}

function overlap(a: Uint8Array, b: Uint8Array): number {
  let both = 0;
  let either = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] && b[i]) both++;
    if (a[i] || b[i]) either++;
  }
  return both / either;
}

describe('divideObject', () => {
  it("moves a coarse answer to the object's border", () => {
    const { rgb, truth } = scene();
    const coarse = Uint8Array.from(coarseLogits(), (v) => (v > 0 ? 1 : 0));
    const divided = divideObject(rgb, coarseLogits(), none, weights);
    expect(overlap(coarse, truth)).toBeLessThan(0.8);
    expect(overlap(divided, truth)).toBeGreaterThan(0.95);
  });

  it('holds the clicks against everything else', () => {
    const { rgb } = scene();
    const divided = divideObject(
      rgb,
      coarseLogits(),
      {
        include: [{ x: 70, y: 70 }],
        exclude: [{ x: 40, y: 30 }],
        radius: 2,
      },
      weights,
    );
    expect(divided[70 * size + 70]).toBe(1);
    expect(divided[30 * size + 40]).toBe(0);
  });

  it('follows the net where colours say nothing', () => {
    const rgb = createRaster('u8', size, size, 3);
    rgb.data.fill(128);
    const logits = coarseLogits();
    const divided = divideObject(rgb, logits, none, { ...weights, smoothness: 2 });
    expect(
      overlap(
        divided,
        Uint8Array.from(logits, (v) => (v > 0 ? 1 : 0)),
      ),
    ).toBeGreaterThan(0.93);
  });
});
