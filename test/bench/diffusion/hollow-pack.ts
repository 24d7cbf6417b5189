import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Lays the hollow graphs out as the pack `hollow` inside a folder. */
export function makeHollowPack(parent: string): void {
  const folder = join(parent, 'hollow');
  mkdirSync(folder);
  const models = Object.fromEntries(
    ['unet', 'controlnet_depth'].map((name) => {
      const file = `${name}.onnx`;
      copyFileSync(join(HERE, file), join(folder, file));
      const bytes = readFileSync(join(folder, file));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return [name, { file, stage: 'inpaint', sha256, bytes: bytes.length }];
    }),
  );
  const manifest = { id: 'hollow', version: '1', title: 'Hollow', licence: 'Apache-2.0', source: 'make.py' };
  writeFileSync(join(folder, 'pack.json'), JSON.stringify({ ...manifest, models, files: [] }));
}
