import { describe, expect, it } from 'vitest';
import { LruCache } from '../../../main/engine/lru-cache.ts';

describe('LruCache', () => {
  it('lets go of what was used longest ago', () => {
    const cache = new LruCache(30);
    for (const key of ['a', 'b', 'c']) cache.put(key, key, 10);
    cache.get('a');
    cache.put('d', 'd', 10);
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual(['a', undefined, 'c', 'd']);
    expect(cache.bytes).toBe(30);
  });

  it('does not keep what is larger than its budget, nor empties itself for it', () => {
    const cache = new LruCache(10);
    cache.put('small', 1, 5);
    cache.put('large', 2, 11);
    expect(cache.get('large')).toBeUndefined();
    expect(cache.get('small')).toBe(1);
  });

  it('counts a replaced value once', () => {
    const cache = new LruCache(10);
    cache.put('a', 1, 8);
    cache.put('a', 2, 6);
    expect(cache.bytes).toBe(6);
    cache.clear();
    expect(cache.bytes).toBe(0);
    expect(cache.get('a')).toBeUndefined();
  });
});
