import { describe, expect, it } from 'vitest';
import { GuardedCache, LruCache } from '../../../main/engine/lru-cache.ts';

const bytes = (length: number) => new Uint8Array(length);

describe('LruCache', () => {
  it('lets go of what was used longest ago', () => {
    const cache = new LruCache(30);
    for (const key of ['a', 'b', 'c']) cache.put(key, key, bytes(10));
    cache.get('a');
    cache.put('d', 'd', bytes(10));
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual(['a', undefined, 'c', 'd']);
    expect(cache.bytes).toBe(30);
  });

  it('does not keep what is larger than its budget, nor empties itself for it', () => {
    const cache = new LruCache(10);
    cache.put('small', 1, bytes(5));
    cache.put('large', 2, bytes(11));
    expect(cache.get('large')).toBeUndefined();
    expect(cache.get('small')).toBe(1);
  });

  it('counts a replaced value once', () => {
    const cache = new LruCache(10);
    cache.put('a', 1, bytes(8));
    cache.put('a', 2, bytes(6));
    expect(cache.bytes).toBe(6);
    cache.clear();
    expect(cache.bytes).toBe(0);
    expect(cache.get('a')).toBeUndefined();
  });
});

it('a guarded cache notices changed samples', () => {
  const cache = new GuardedCache(100);
  const kept = bytes(10);
  const dropped = bytes(10);
  cache.put('kept', kept, kept);
  cache.put('dropped', dropped, dropped);
  cache.drop('dropped');
  dropped[0] = 1;
  expect(() => cache.verify('a.node')).not.toThrow();
  kept[9] = 1;
  expect(() => cache.verify('a.node')).toThrow(/a\.node.*kept/);
});
