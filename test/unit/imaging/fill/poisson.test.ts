import { describe, expect, it } from 'vitest';
import { createPoissonRegion, solvePoisson } from '../../../../main/imaging/fill/poisson.ts';

const EXACT = { tolerance: 1e-4, iterations: 30 };
const NEIGHBOURS = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;

/** The region with everything around it pinned to `value`; its weights and right-hand side. */
function pinAll(inside: Uint8Array, width: number, value: (x: number, y: number) => number) {
  const pins = new Float32Array(inside.length);
  const rhs = new Float32Array(inside.length);
  for (let i = 0; i < inside.length; i++) {
    if (!inside[i]) continue;
    const x = i % width;
    const y = Math.floor(i / width);
    for (const [dx, dy] of NEIGHBOURS) {
      if (inside[i + dx + dy * width]) continue;
      pins[i]!++;
      rhs[i]! += value(x + dx, y + dy);
    }
  }
  return { pins, rhs };
}

/** A disc with a slot cut into it, with a free border of one pixel. */
function slottedDisc(width: number, height: number): Uint8Array {
  const inside = new Uint8Array(width * height);
  for (let i = 0; i < inside.length; i++) {
    const dx = (i % width) - width / 2;
    const dy = Math.floor(i / width) - height / 2;
    if (dx * dx + dy * dy < (0.45 * width) ** 2 && !(Math.abs(dx) < 4 && dy > 0)) inside[i] = 1;
  }
  return inside;
}

function harmonic(x: number, y: number): number {
  return 0.4 * x - 0.2 * y + 0.01 * (x - 70) * (y - 70);
}

describe('solvePoisson', () => {
  const width = 150;
  const height = 140;

  it('finds the harmonic function with the values at the rim', () => {
    const inside = slottedDisc(width, height);
    const { pins, rhs } = pinAll(inside, width, harmonic);
    const value = solvePoisson(
      createPoissonRegion(inside, pins, width, height, 0),
      rhs,
      width,
      height,
      EXACT,
    );
    let worst = 0;
    for (let i = 0; i < inside.length; i++) {
      const expected = inside[i] ? harmonic(i % width, Math.floor(i / width)) : 0;
      worst = Math.max(worst, Math.abs(value[i]! - expected));
    }
    expect(worst).toBeLessThan(0.01);
  });

  it('is near enough after two iterations, and on cells of 2×2', () => {
    const inside = slottedDisc(width, height);
    const { pins, rhs } = pinAll(inside, width, harmonic);
    for (const mostCells of [Number.POSITIVE_INFINITY, 10_000]) {
      const region = createPoissonRegion(inside, pins, width, height, 0, mostCells);
      const value = solvePoisson(region, rhs, width, height, { tolerance: 0, iterations: 2 });
      let worst = 0;
      for (let i = 0; i < inside.length; i++) {
        if (inside[i])
          worst = Math.max(worst, Math.abs(value[i]! - harmonic(i % width, Math.floor(i / width))));
      }
      expect(worst, `${mostCells}`).toBeLessThan(1.2);
    }
  });

  it('keeps parts of different values apart, and a part with no pins at 0', () => {
    const inside = new Uint8Array(40 * 20);
    for (let y = 1; y < 19; y++) {
      inside.fill(1, y * 40 + 1, y * 40 + 20);
      inside.fill(2, y * 40 + 20, y * 40 + 39);
    }
    const pins = new Float32Array(inside.length);
    const rhs = new Float32Array(inside.length);
    for (let y = 1; y < 19; y++) {
      pins[y * 40 + 1] = 1;
      rhs[y * 40 + 1] = 50;
    }
    const value = solvePoisson(createPoissonRegion(inside, pins, 40, 20, 1e-7), rhs, 40, 20, EXACT);
    expect(value[10 * 40 + 19]).toBeCloseTo(50, 1);
    expect(value[10 * 40 + 20]).toBeCloseTo(0, 2);
  });

  it('fades to 0 with the screen', () => {
    const inside = new Uint8Array(200 * 3);
    inside.fill(1, 201, 399);
    const pins = new Float32Array(600);
    const rhs = new Float32Array(600);
    pins[201] = 1;
    rhs[201] = 100;
    const value = solvePoisson(createPoissonRegion(inside, pins, 200, 3, 1 / 20 ** 2), rhs, 200, 3, EXACT);
    expect(value[221]! / value[201]!).toBeCloseTo(Math.exp(-1), 1);
    expect(value[390]).toBeLessThan(0.1);
  });
});
