import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startEngine } from '../../main/engine/supervisor.ts';
import { importFolder } from '../../main/inference/install/import-folder.ts';
import { findPacks, starterFolder } from '../../main/inference/packs.ts';
import { openSessions } from '../../main/inference/sessions.ts';
import { withStage } from '../../main/pipeline/recipe.ts';
import { closeWorkbench, currentRecipe, openPhoto, runRecipe } from '../../main/pipeline/workbench.ts';

const fixtures = fileURLToPath(new URL('../fixtures/packs', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoint-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Optimum's layout of SD 1.5: the stand-in's graphs, a real tokenizer, the configuration files of an export. */
function layOut(): string {
  const source = join(folder, 'sd15');
  cpSync(join(fixtures, 'synthetic', 'optimum-sd15'), source, { recursive: true });
  for (const part of ['tokenizer', 'scheduler'])
    cpSync(join(fixtures, 'tiny-sd15-inpaint', part), join(source, part), { recursive: true });
  writeFileSync(join(source, 'unet', 'config.json'), JSON.stringify({ in_channels: 4, sample_size: 64 }));
  writeFileSync(
    join(source, 'vae_decoder', 'config.json'),
    JSON.stringify({ latent_channels: 4, sample_size: 512, block_out_channels: [1, 2, 3, 4] }),
  );
  return source;
}

async function picture(width: number, height: number, color: (x: number, y: number) => number[]) {
  const samples = width * height;
  const data = new Uint8Array(samples * 3);
  for (let i = 0; i < samples; i++) data.set(color(i % width, Math.floor(i / width)), i * 3);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

it('a folder that optimum exported is imported and paints through the inpaint stage', async () => {
  const packFolder = join(folder, 'packs');
  await importFolder(layOut(), {
    folder: packFolder,
    probe: (at, model) => openSessions({ packs: findPacks([at]), provider: 'cpu' }).describe(model),
  });
  const folders = [packFolder, starterFolder];
  const photo = join(folder, 'photo.png');
  writeFileSync(photo, await picture(240, 160, (x, y) => [x, y, 90]));
  const mask = await picture(240, 160, (x, y) =>
    x > 90 && x < 150 && y > 60 && y < 110 ? [255, 255, 255] : [0, 0, 0],
  );
  const sha256 = createHash('sha256').update(mask).digest('hex');
  const engine = startEngine({ packs: folders, provider: 'cpu' });
  try {
    const bench = await openPhoto(
      engine,
      findPacks(folders),
      photo,
      join(folder, 'p.davenport'),
      async (recipe) => ({
        recipe: withStage(withStage(recipe, 0, 'segment', { mask: sha256 }), 0, 'inpaint', {
          engine: 'diffuse',
          pack: 'sd15',
          prompt: 'a sofa',
          steps: 2,
        }),
        files: [{ name: 'mask.png', bytes: mask, sha256 }],
        label: 'start',
      }),
    );
    const outcomes = await runRecipe(bench, currentRecipe(bench), { until: 'inpaint' });
    const patch = outcomes.find(({ node }) => node.outputs.includes('patch'));
    expect(patch?.status).toBe('ran');
    const painted = outcomes.filter(({ run, node }) => node.stage === 'inpaint' && run?.provider === 'cpu');
    expect(painted.length).toBeGreaterThan(0);
    await closeWorkbench(bench);
  } finally {
    await engine.close();
  }
});
