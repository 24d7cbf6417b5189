import { describe, expect, it } from 'vitest';
import { completeHole } from '../../../../main/imaging/fill/complete.ts';
import { matchGrain } from '../../../../main/imaging/fill/grain.ts';
import { createTransfer } from '../../../../main/imaging/fill/transfer.ts';
import { createRaster } from '../../../../main/imaging/raster.ts';
import { box, paint, speckle } from './pictures.ts';

describe('matchGrain', () => {
  const [width, height] = [320, 240];
  const hole = box(width, height, 120, 80, 200, 160);
  const noisy = paint(width, height, (x, y) => {
    const v = 120 + 16 * (speckle(x, y) + speckle(x, y, 1) - 1);
    return [v, v, v];
  });

  async function transferOf() {
    const labels = createRaster('u8', width, height);
    labels.data.fill(1);
    const planes = [{ homography: null }, { homography: null }];
    const completion = await completeHole({ image: noisy, hole, labels, planes }, { seed: 0 });
    return createTransfer(hole, planes, completion);
  }

  const deviation = (data: Uint8Array): number => {
    let sum = 0;
    let squares = 0;
    let count = 0;
    for (let i = 0; i < hole.data.length; i++) {
      if (!hole.data[i]) continue;
      sum += data[i * 3 + 1]!;
      squares += data[i * 3 + 1]! ** 2;
      count++;
    }
    return Math.sqrt(squares / count - (sum / count) ** 2);
  };

  it('gives a clean fill the grain around it, and touches nothing else', async () => {
    const transfer = await transferOf();
    const clean = { ...noisy, data: noisy.data.map((v, p) => (hole.data[Math.floor(p / 3)] ? 120 : v)) };
    const before = clean.data.slice();
    const holds = hole.data.map((v) => (v ? 0 : 1));
    matchGrain(transfer, clean, holds, 1);
    const ratio = deviation(clean.data) / deviation(noisy.data);
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.1);
    const differs = (p: number): boolean => clean.data[p] !== before[p];
    expect([...before.keys()].filter((p) => !hole.data[Math.floor(p / 3)] && differs(p))).toEqual([]);
  });

  it('leaves a fill alone that has it', async () => {
    const transfer = await transferOf();
    const copy = { ...noisy, data: noisy.data.slice() };
    matchGrain(
      transfer,
      copy,
      hole.data.map((v) => (v ? 0 : 1)),
      1,
    );
    let changed = 0;
    for (let p = 0; p < copy.data.length; p++) if (copy.data[p] !== noisy.data[p]) changed++;
    expect(changed).toBeLessThan(0.02 * hole.data.length);
  });
});
