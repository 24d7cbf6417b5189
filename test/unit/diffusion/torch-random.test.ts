import { describe, expect, test } from 'vitest';
import { TorchGenerator } from '../../../main/diffusion/torch-random.ts';

const first = (seed: number | bigint): number => new TorchGenerator(seed).nextUint32();

// Values against PyTorch's own are in test/parity/torch-random.test.ts.
describe('TorchGenerator', () => {
  test('is the Mersenne twister: the 10,000th number of seed 5489 is that of the C++ standard', () => {
    const generator = new TorchGenerator(5489);
    for (let i = 1; i < 10_000; i++) generator.nextUint32();
    expect(generator.nextUint32()).toBe(4123659995);
  });

  test('uses the low 32 bits of any integer seed', () => {
    expect(first(2n ** 32n + 7n)).toBe(first(7));
    expect(first(-1)).toBe(first(2 ** 32 - 1));
    expect(first(8)).not.toBe(first(7));
    expect(() => new TorchGenerator(0.5)).toThrow(RangeError);
  });

  test('redraws the last 16 samples of a length that is no multiple of 16', () => {
    const whole = new TorchGenerator(3).randn(32);
    const odd = new TorchGenerator(3).randn(20);
    expect(odd.subarray(0, 4)).toEqual(whole.subarray(0, 4));
    expect(odd[4]).not.toBe(whole[4]);
  });

  test('is standard normal', () => {
    const samples = new TorchGenerator(11).randn(100_003);
    const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
    const variance = samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / samples.length;
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
  });
});
