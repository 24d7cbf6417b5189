import { describe, expect, it } from 'vitest';
import { logitsOfHints, seedsOf } from '../../../../../main/pipeline/stages/segment/hints.ts';
import type { Click } from '../../../../../main/pipeline/stages/segment/params.ts';

/** 100×50 pixels over 1000×500 photo px that begin at 200,100. */
const at = { rect: { x: 200, y: 100, width: 1000, height: 500 }, width: 100, height: 50 };
const click = (x: number, y: number, label: Click['label'] = 'include'): Click => ({ x, y, label });
const valueAt = (logits: Float32Array, x: number, y: number) =>
  logits[Math.floor((y - 100) / 10) * 100 + Math.floor((x - 200) / 10)]!;

describe('logitsOfHints', () => {
  it('favours what is near an include click and loses its reach further away', () => {
    const logits = logitsOfHints(at, [click(600, 300)], null, 1000);
    expect(valueAt(logits, 600, 300)).toBeGreaterThan(0.5);
    expect(valueAt(logits, 780, 300)).toBeLessThan(0);
    expect(valueAt(logits, 1190, 300)).toBeLessThan(valueAt(logits, 900, 300) - 1);
  });

  it('counts the nearest of several clicks, and excludes near the others', () => {
    const logits = logitsOfHints(at, [click(400, 300), click(1000, 300)], null, 1000);
    expect(valueAt(logits, 405, 305)).toBeCloseTo(valueAt(logits, 1005, 305), 6);
    const contested = logitsOfHints(at, [click(600, 300), click(650, 300, 'exclude')], null, 1000);
    expect(valueAt(contested, 650, 300)).toBeLessThan(valueAt(contested, 550, 300));
  });

  it('leaves nothing outside a box, which also lifts the loss of reach', () => {
    const box = { x0: 300, y0: 150, x1: 1100, y1: 500 };
    const logits = logitsOfHints(at, [click(350, 300)], box, 1000);
    expect(valueAt(logits, 250, 300)).toBeLessThan(-15);
    expect(valueAt(logits, 700, 560)).toBeLessThan(-15);
    expect(valueAt(logits, 900, 300)).toBeGreaterThan(-1);
    expect(valueAt(logitsOfHints(at, [], box, 1000), 700, 325)).toBeCloseTo(1.2, 2);
  });
});

describe('seedsOf', () => {
  it('puts clicks into the picture, with a radius that can be shrunk', () => {
    const seeds = seedsOf(at, [click(700, 350), click(200, 100, 'exclude')]);
    expect(seeds.include).toEqual([{ x: 50, y: 25 }]);
    expect(seeds.exclude).toEqual([{ x: 0, y: 0 }]);
    expect(seedsOf(at, [], 0.5).radius).toBeCloseTo(seeds.radius / 2, 9);
  });
});
