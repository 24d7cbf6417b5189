import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { createProject, openProject } from '../../../main/store/project.ts';
import { recoverProject } from '../../../main/store/recover.ts';
import { noise, sha256, useFolder } from './helpers.ts';

const folder = useFolder();

it('keeps files byte for byte, over several chunks, across reopening, once each', () => {
  const path = folder.file('p.davenport');
  const large = noise(9_000_001);
  const project = createProject(path);
  project.keepFile(large, 'product.png', sha256(large));
  project.keepFile(large, 'again.png', sha256(large));
  project.close();
  const again = openProject(path, { write: false });
  const kept = again.keptFile(sha256(large));
  expect(kept?.name).toBe('product.png');
  expect(Buffer.compare(kept?.bytes ?? new Uint8Array(), large)).toBe(0);
  expect(again.keptFile(sha256(noise(10)))).toBeNull();
  again.close();
});

it('refuses bytes that are not what their hash says', () => {
  const project = createProject(folder.file('p.davenport'));
  expect(() => project.keepFile(noise(10), 'mask.png', sha256(noise(11)))).toThrow(TypeError);
  project.close();
});

it('are recovered with a damaged project, those that are whole', async () => {
  const path = folder.file('r.davenport');
  const [whole, cut] = [noise(5_000_000, 5), noise(5_000_000, 6)];
  const project = createProject(path);
  project.keepFile(whole, 'mask.png', sha256(whole));
  project.keepFile(cut, 'product.png', sha256(cut));
  project.close();
  const db = new Database(path);
  db.prepare('DELETE FROM kept_file_chunk WHERE sha256 = ? AND position = 1').run(sha256(cut));
  db.close();
  const to = folder.file('recovered.davenport');
  await recoverProject(path, to);
  const recovered = openProject(to, { write: false });
  expect(Buffer.compare(recovered.keptFile(sha256(whole))?.bytes ?? new Uint8Array(), whole)).toBe(0);
  expect(recovered.keptFile(sha256(cut))).toBeNull();
  recovered.close();
});
