import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LruCache } from '../../../main/engine/lru-cache.ts';
import { hashBytes, keepFrame, keptFrame, ProjectSession } from '../../../main/engine/project-session.ts';
import { decodeFrame } from '../../../main/imaging/decode.ts';
import { createProject } from '../../../main/store/project.ts';
import { writeSmallSample } from '../../support/sample.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'davenport-session-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function photo(name: string, width: number) {
  await writeSmallSample(join(folder, name), width);
  const bytes = new Uint8Array(readFileSync(join(folder, name)));
  return { bytes, sha256: hashBytes(bytes) };
}

it('keeps nothing of a project that is closed, but the photo that is opened next', async () => {
  const cache = new LruCache(1 << 24);
  const own = await photo('own.jpg', 60);
  const next = await photo('next.jpg', 64);
  const path = join(folder, 'own.davenport');
  const project = createProject(path);
  project.importSource(own.bytes, 'own.jpg', own.sha256, 'image/jpeg');
  project.close();

  const session = new ProjectSession(path, cache);
  const frame = await session.frame(null);
  session.derive('half', () => ({ value: 1, samples: new Uint8Array(100) }));
  keepFrame(cache, next.sha256, await decodeFrame(next.bytes, 'next.jpg'));
  expect(cache.bytes).toBeGreaterThan(frame.raster.data.byteLength + 100);
  session.close();

  expect(keptFrame(cache, own.sha256)).toBeUndefined();
  const left = keptFrame(cache, next.sha256);
  expect(left).toBeDefined();
  expect(cache.bytes).toBe(left!.raster.data.byteLength);
});
