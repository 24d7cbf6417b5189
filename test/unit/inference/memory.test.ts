import { cpus } from 'node:os';
import { describe, expect, it } from 'vitest';
import { fromErrorRecord, OutOfMemoryError, toErrorRecord } from '../../../main/errors.ts';
import {
  diffusionPolicy,
  isOutOfMemory,
  lowerPreset,
  memoryBudgets,
  memoryPresets,
  outOfMemory,
  physicalCores,
} from '../../../main/inference/memory.ts';

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
    // As CUDA, DirectML and Dawn (WebGPU) say it.
    expect(isOutOfMemory(new Error('CUDA failure 2: out of memory ; GPU=0'))).toBe(true);
    expect(isOutOfMemory(new Error('Error: 8007000E Not enough memory resources'))).toBe(true);
    expect(isOutOfMemory(new Error('VK_ERROR_OUT_OF_DEVICE_MEMORY'))).toBe(true);
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

it('stays what it is across processes', () => {
  const error = fromErrorRecord(structuredClone(toErrorRecord(outOfMemory('running x', null))));
  expect(error).toBeInstanceOf(OutOfMemoryError);
  expect(fromErrorRecord({ kind: 'machine', message: 'x', next: 'y' })).not.toBeInstanceOf(OutOfMemoryError);
});

it('spends no more under a lower preset', () => {
  expect(memoryPresets.map(lowerPreset)).toEqual([null, 'low', 'balanced']);
  const [low, balanced, high] = memoryPresets.map((preset) => ({
    ...memoryBudgets[preset],
    ...diffusionPolicy(preset),
  }));
  for (const [less, more] of [
    [low!, balanced!],
    [balanced!, high!],
  ] as const) {
    expect(less.sessionBytes).toBeLessThan(more.sessionBytes);
    expect(less.artifactBytes).toBeLessThan(more.artifactBytes);
    expect(less.vaeWholeCells).toBeLessThan(more.vaeWholeCells);
  }
  expect([low!.sequentialGuidance, balanced!.sequentialGuidance]).toEqual([true, false]);
});

it('counts no more cores than the system shows', () => {
  expect(physicalCores()).toBeLessThanOrEqual(cpus().length);
  if (process.platform === 'linux') expect(physicalCores()).toBeGreaterThan(0);
});
