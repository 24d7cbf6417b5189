import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { verifyPack } from '../../../main/inference/pack-files.ts';
import { readPack, starterFolder } from '../../../main/inference/packs.ts';

describe('the bundled starter pack', () => {
  it('is what its pack.json says', async () => {
    const pack = readPack(starterFolder);
    expect(pack.manifest.id).toBe('starter');
    expect(Object.keys(pack.manifest.models)).toEqual(
      expect.arrayContaining(['scene-clicks', 'scene-encoder', 'superres-x2']),
    );
    expect((await verifyPack(pack)).map((problem) => problem.message)).toEqual([]);
  });

  it('lists everything in its folder', () => {
    const script = fileURLToPath(new URL('../../../models/pack-starter.mjs', import.meta.url));
    expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow();
  });
});
