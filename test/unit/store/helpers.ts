import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { NodeRunRecord } from '../../../main/store/runs.ts';

/** A folder of its own for every test of the file. */
export function useFolder(): { readonly path: string; file(name: string): string } {
  let path = '';
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'davenport-store-'));
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
    file: (name) => join(path, name),
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Bytes that look like a compressed photo: no pattern, the same every time. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** A run with every column filled. */
export function runOf(fingerprint: string, changes: Partial<NodeRunRecord> = {}): NodeRunRecord {
  return {
    fingerprint,
    node: 'segment.mask',
    stage: 'segment',
    version: 3,
    params: { clicks: [[720, 2000]], edges: 1 },
    inputs: { frame: 'abc' },
    packs: { starter: ['ff00'] },
    provider: 'cpu',
    ms: 12.5,
    modelMs: 3.25,
    peakRssMb: 210,
    metrics: { area: 5, ok: true, note: 'fine' },
    startedAt: 1_700_000_000_000,
    finishedAt: 1_700_000_000_012,
    status: 'ran',
    ...changes,
  };
}
