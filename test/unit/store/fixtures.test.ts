import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { samplesOf } from '../../../main/store/artifact.ts';
import { LATEST_VERSION } from '../../../main/store/migrations/index.ts';
import { openProject } from '../../../main/store/project.ts';
import { verifyProject } from '../../../main/store/verify.ts';
import { useFolder } from './helpers.ts';

const folder = useFolder();

it('opens a project of the first format, and loses nothing of it', async () => {
  const path = folder.file('a.davenport');
  copyFileSync(
    fileURLToPath(new URL('../../fixtures/projects/0001-first-format.davenport', import.meta.url)),
    path,
  );
  const project = openProject(path, { write: true });
  expect(project.source()).toHaveLength(67);
  expect(project.sourceInfo()?.name).toBe('pixel.png');
  expect(project.setting('note')).toBe('first');
  expect(project.recipe()?.recipe).toEqual({ edits: [{ inpaint: { prompt: 'green velvet sofa' } }] });
  expect(project.redo()?.label).toBe('Another prompt');
  const run = project.findRun('0'.repeat(64))!;
  expect(Object.keys(run.artifacts)).toEqual(['mask', 'depth', 'features', 'floor']);
  const read = async (name: string): Promise<Uint8Array> =>
    (await project.readArtifact(run.artifacts[name]!.id)).bytes;
  expect([...(await read('mask'))]).toEqual([0, 128, 255, 1, 2, 3]);
  expect(run.artifacts['mask']?.window?.rect).toEqual({ x: 2, y: 1, width: 3, height: 2 });
  expect(samplesOf('u16', await read('depth'))[599]).toBe(59_900);
  expect([...samplesOf('f32', await read('features'))].slice(0, 3)).toEqual([0.5, -1, 2]);
  expect(new TextDecoder().decode(await read('floor'))).toBe('{"horizon":812.5}');
  project.close();
  expect(LATEST_VERSION).toBeGreaterThanOrEqual(1);
  expect(await verifyProject(path)).toEqual([]);
});
