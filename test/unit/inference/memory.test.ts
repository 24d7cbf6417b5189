import { cpus } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isOutOfMemory, outOfMemory, physicalCores } from '../../../main/inference/memory.ts';

function thrownBy(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

describe('isOutOfMemory', () => {
  it('recognises what V8 and onnxruntime throw', () => {
    expect(isOutOfMemory(thrownBy(() => new ArrayBuffer(2 ** 53 - 1)))).toBe(true);
    expect(isOutOfMemory(thrownBy(() => new Float32Array(2 ** 50)))).toBe(true);
    expect(isOutOfMemory(new Error('std::bad_alloc'))).toBe(true);
    expect(
      isOutOfMemory(new Error('Failed to allocate memory for requested buffer of size 1125899906842624')),
    ).toBe(true);
  });

  it('leaves other errors alone', () => {
    expect(isOutOfMemory(new RangeError('Invalid string length'))).toBe(false);
    expect(isOutOfMemory(new Error('Got invalid dimensions for input'))).toBe(false);
    expect(isOutOfMemory('bad_alloc')).toBe(false);
  });
});

it('says what was being done', () => {
  expect(outOfMemory('running x', null)).toMatchObject({
    kind: 'machine',
    message: 'Memory ran out while running x',
  });
});

it('counts no more cores than the system shows', () => {
  expect(physicalCores()).toBeLessThanOrEqual(cpus().length);
  if (process.platform === 'linux') expect(physicalCores()).toBeGreaterThan(0);
});
