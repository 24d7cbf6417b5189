import { describe, expect, it } from 'vitest';
import {
  type Handles,
  isPlacement,
  nearness,
  noShift,
  paramsOfShift,
  shiftPoint,
  wrapDegrees,
} from '../../../renderer/steps/inpaint/placement.ts';

const handles: Handles = {
  box: { x: 800, y: 700, width: 900, height: 500 },
  quad: [
    { x: 800, y: 700 },
    { x: 1700, y: 700 },
    { x: 1700, y: 1200 },
    { x: 800, y: 1200 },
  ],
  footprint: [],
  base: { x: 1250, y: 1180 },
  pxPerCm: 4.3,
  moved: { x: 12, y: -4 },
  scaled: 1.2,
  turned: 170,
  flipped: false,
  horizon: 640,
};

describe('the placed piece’s handles', () => {
  it('adds a drag to the move that is in the piece already', () => {
    expect(paramsOfShift(handles, { ...noShift, dx: 30, dy: 10 })).toEqual({ move: { x: 42, y: 6 } });
  });

  it('leaves out what a drag did not change', () => {
    expect(paramsOfShift(handles, noShift)).toEqual({});
    expect(paramsOfShift(handles, { ...noShift, size: 1.5 })).toEqual({ scale: 1.8 });
  });

  it('keeps size and turn within what the recipe allows', () => {
    expect(paramsOfShift(handles, { ...noShift, size: 50 })).toEqual({ scale: 10 });
    expect(paramsOfShift(handles, { ...noShift, turn: 20 })).toEqual({ yaw: -170 });
    expect(wrapDegrees(180)).toBe(-180);
    expect(wrapDegrees(-190)).toBe(170);
  });

  it('makes a piece smaller on its way to the horizon', () => {
    expect(nearness(handles, 0)).toBe(1);
    expect(nearness(handles, -270)).toBeCloseTo(0.5, 6);
    const corner = shiftPoint(handles, { ...noShift, dy: -270 }, { x: 1700, y: 1180 });
    expect(corner.x).toBeCloseTo(1250 + 225, 6);
    expect(corner.y).toBeCloseTo(910, 6);
  });

  it('ignores a placement without handles', () => {
    expect(isPlacement({ piece: 'x', handles })).toBe(true);
    expect(isPlacement({ piece: 'x' })).toBe(false);
    expect(isPlacement(null)).toBe(false);
  });
});
