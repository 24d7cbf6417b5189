import { describe, expect, it } from 'vitest';
import { type Lab, deltaE2000, labToSrgb, srgbToLab } from '../../../../main/imaging/color/lab.ts';
import {
  SRGB_TABLE_STEPS,
  linearTable,
  linearToSrgb,
  srgbTable,
  srgbToLinear,
} from '../../../../main/imaging/color/transfer.ts';

// Pairs and differences from Sharma, Wu & Dalal 2005, table 1.
const PAIRS: readonly (readonly [Lab, Lab, number])[] = [
  [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
  [[50, 3.1571, -77.2803], [50, 0, -82.7485], 2.8615],
  [[50, 2.8361, -74.02], [50, 0, -82.7485], 3.4412],
  [[50, -1.3802, -84.2814], [50, 0, -82.7485], 1],
  [[50, 0, 0], [50, -1, 2], 2.3669],
  [[50, 2.49, -0.001], [50, -2.49, 0.0009], 7.1792],
  [[50, 2.49, -0.001], [50, -2.49, 0.0011], 7.2195],
  [[50, -0.001, 2.49], [50, 0.0009, -2.49], 4.8045],
  [[50, -0.001, 2.49], [50, 0.0011, -2.49], 4.7461],
  [[50, 2.5, 0], [50, 0, -2.5], 4.3065],
  [[50, 2.5, 0], [73, 25, -18], 27.1492],
  [[50, 2.5, 0], [61, -5, 29], 22.8977],
  [[50, 2.5, 0], [56, -27, -3], 31.903],
  [[50, 2.5, 0], [58, 24, 15], 19.4535],
  [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
  [[63.0109, -31.0961, -5.8663], [62.8187, -29.7946, -4.0864], 1.263],
  [[61.2901, 3.7196, -5.3901], [61.4292, 2.248, -4.962], 1.8731],
  [[35.0831, -44.1164, 3.7933], [35.0232, -40.0716, 1.5901], 1.8645],
  [[22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619], 2.0373],
  [[36.4612, 47.858, 18.3852], [36.2715, 50.5065, 21.2231], 1.4146],
  [[90.8027, -2.0831, 1.441], [91.1528, -1.6435, 0.0447], 1.4441],
  [[6.7747, -0.2908, -2.4247], [5.8714, -0.0985, -2.2286], 0.6377],
  [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
];

describe('deltaE2000', () => {
  it.each(PAIRS)('%j to %j is %f', (a, b, expected) => {
    expect(deltaE2000(a, b)).toBeCloseTo(expected, 4);
    expect(deltaE2000(b, a)).toBeCloseTo(expected, 4);
  });
});

function near(a: readonly number[], b: readonly number[], digits: number): void {
  a.forEach((v, i) => expect(v).toBeCloseTo(b[i]!, digits));
}

describe('srgbToLab', () => {
  it('puts white, black and red where they belong, and comes back', () => {
    near(srgbToLab(1, 1, 1), [100, 0, 0], 1);
    near(srgbToLab(0, 0, 0), [0, 0, 0], 6);
    near(srgbToLab(1, 0, 0), [53.24, 80.09, 67.2], 1);
    for (const rgb of [
      [0.1, 0.5, 0.9],
      [0.01, 0.02, 0.03],
      [0.8, 0.8, 0.2],
    ] as const)
      near(labToSrgb(srgbToLab(rgb[0], rgb[1], rgb[2])), rgb, 4);
  });
});

describe('transfer tables', () => {
  it('equal the formula and bring every code back', () => {
    for (const depth of [8, 16] as const) {
      const last = depth === 8 ? 255 : 65535;
      const linear = linearTable(depth);
      const back = srgbTable(depth);
      let worst = 0;
      for (let i = 0; i <= last; i++)
        worst = Math.max(worst, Math.abs(back[(Math.sqrt(linear[i]!) * SRGB_TABLE_STEPS + 0.5) | 0]! - i));
      expect(worst).toBeLessThanOrEqual(depth === 8 ? 0 : 1);
      expect(linear[last >> 1]).toBeCloseTo(srgbToLinear((last >> 1) / last), 6);
    }
    expect(linearToSrgb(srgbToLinear(0.02))).toBeCloseTo(0.02, 10);
  });
});
