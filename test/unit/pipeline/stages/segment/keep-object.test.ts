import { describe, expect, it } from 'vitest';
import { keepTheObject } from '../../../../../main/pipeline/stages/segment/keep-object.ts';

const [width, height] = [90, 60];

function paint(...boxes: readonly (readonly [number, number, number, number])[]): Uint8Array {
  const division = new Uint8Array(width * height);
  for (const [x0, y0, x1, y1] of boxes) {
    for (let y = y0; y < y1; y++) division.fill(1, y * width + x0, y * width + x1);
  }
  return division;
}

const clicked = { include: [{ x: 10, y: 10 }], exclude: [], radius: 1 };
const nothing = new Float32Array(width * height);

describe('keepTheObject', () => {
  it('keeps the part under the click and drops the others', () => {
    const kept = keepTheObject(paint([5, 5, 25, 25], [35, 5, 55, 35]), width, height, clicked, nothing);
    expect(kept).toEqual(paint([5, 5, 25, 25]));
  });

  it('keeps a part without a click where the net is sure of it', () => {
    const both = paint([5, 5, 25, 25], [35, 5, 55, 35]);
    const sure = nothing.map((_, i) => (i % width >= 35 ? 3 : 0));
    expect(keepTheObject(both, width, height, clicked, sure)).toEqual(both);
  });

  it('takes the largest part where no click is on one', () => {
    const division = paint([5, 5, 9, 9], [35, 5, 55, 35]);
    const boxed = { include: [], exclude: [], radius: 1 };
    expect(keepTheObject(division, width, height, boxed, nothing)).toEqual(paint([35, 5, 55, 35]));
  });

  it('fills a pinhole and leaves an opening', () => {
    const division = paint([5, 5, 35, 35]);
    division[20 * width + 20] = 0;
    for (let y = 10; y < 14; y++) division.fill(0, y * width + 20, y * width + 26);
    const kept = keepTheObject(division, width, height, { ...clicked, include: [{ x: 7, y: 7 }] }, nothing);
    expect(kept[20 * width + 20]).toBe(1);
    expect(kept[12 * width + 23]).toBe(0);
  });
});
