/**
 * Measures the product's own stages on real photos, each beside the baseline it must beat.
 *
 *     npm run eval -- [folder] [--only masks,removal,depth,floor,layout,upscale] [--models folder] [--write]
 *
 * `folder` holds photos; masks drawn by hand lie beside them as JSON (see test/fixtures/real/README.md). `--write`
 * puts the tables into docs/eval.md.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { realPhotos } from '../support/sample.ts';
import { compareDepth, compareFloor } from './depth.ts';
import { compareLayout } from './layout.ts';
import { compareMasks } from './masks.ts';
import { Photos } from './photos.ts';
import { compareRemoval } from './removal.ts';
import { type Comparison, summarize, toMarkdown } from './table.ts';
import { compareUpscale } from './upscale.ts';

const parts: Readonly<Record<string, (photos: Photos) => Promise<readonly (Comparison | null)[]>>> = {
  masks: async (photos) => [await compareMasks(photos)],
  removal: async (photos) => [await compareRemoval(photos)],
  depth: async (photos) => [await compareDepth(photos)],
  floor: async (photos) => [await compareFloor(photos)],
  layout: async (photos) => [await compareLayout(photos)],
  upscale: async (photos) => [await compareUpscale(photos, 2), await compareUpscale(photos, 4)],
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: Object.keys(parts).join(',') },
    models: { type: 'string', default: fileURLToPath(new URL('../../models/', import.meta.url)) },
    write: { type: 'boolean', default: false },
  },
});
const folder = positionals[0] ?? realPhotos;

await main();

async function main(): Promise<void> {
  if (!existsSync(folder)) {
    console.error(`There are no photos in ${folder}: name a folder of photos with masks beside them`);
    process.exitCode = 2;
    return;
  }
  const photos = new Photos(folder, values.models);
  const comparisons: Comparison[] = [];
  for (const name of values.only.split(',')) {
    const part = parts[name];
    if (!part) throw new TypeError(`Expected one of ${Object.keys(parts).join(', ')} but received ${name}`);
    for (const comparison of await part(photos)) {
      if (!comparison) {
        console.log(`${name}: nothing is marked in these photos\n`);
        continue;
      }
      comparisons.push(comparison);
      console.log(toMarkdown(comparison));
    }
  }
  console.log(summarize(comparisons));
  if (values.write) write(comparisons, photos);
}

function write(comparisons: readonly Comparison[], photos: Photos): void {
  const models = [...new Set(comparisons.flatMap((comparison) => comparison.models))].sort();
  const text = [
    '# Measured on real photos',
    '',
    `By \`npm run eval -- --write\` on ${new Date().toISOString().slice(0, 10)}, ${photos.names().length} photos, ${photos.masks().length} masks drawn by hand. The photos are no part of this project; what was marked in them is, in \`test/fixtures/real/\`. Few photos: differences of a few percent mean nothing.`,
    '',
    summarize(comparisons),
    'Models:',
    '',
    ...models.map((model) => `- \`${model}\` ${hashOf(model)}`),
    '',
    ...comparisons.map(toMarkdown),
  ].join('\n');
  writeFileSync(fileURLToPath(new URL('../../docs/eval.md', import.meta.url)), text);
}

function hashOf(model: string): string {
  const bytes = readFileSync(join(values.models, `${model}.onnx`));
  return `sha256 ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}…`;
}
