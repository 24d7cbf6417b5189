/**
 * Writes models/starter/pack.json: every model and file of the folder with its size and SHA-256.
 * Run it after anything in the folder has changed: `node models/pack-starter.mjs`. With `--check` it writes nothing
 * and exits with 1 where pack.json is out of date.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('starter', import.meta.url));
const target = join(folder, 'pack.json');

/** The stage that runs a model, by the start of its name. */
const stages = [
  ['scene-', 'segment'],
  ['fill', 'inpaint'],
  ['superres-', 'upscale'],
];

const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1).replaceAll('\\', '/'))
  .filter((path) => path !== 'pack.json' && !path.endsWith('.md') && !/(^|\/)\./.test(path))
  .sort();

const pack = {
  id: 'starter',
  version: '1.0.0',
  title: 'Starter pack',
  licence: 'Apache-2.0',
  source: 'Made by this project from procedural scenes; see models/training',
  models: Object.fromEntries(
    paths.filter(isModel).map((file) => {
      const name = file.slice(0, -'.onnx'.length);
      return [name, { file, ...measure(file), stage: stageOf(name) }];
    }),
  ),
  files: paths.filter((path) => !isModel(path)).map((path) => ({ path, ...measure(path) })),
  memoryMb: { low: 640, balanced: 700, high: 700 },
};

const text = `${JSON.stringify(pack, null, 2)}\n`;
if (process.argv.includes('--check')) {
  if (text !== readFileSync(target, 'utf8')) {
    console.error('models/starter/pack.json is out of date: run node models/pack-starter.mjs');
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
  console.log(`${target}: ${Object.keys(pack.models).length} models, ${pack.files.length} files`);
}

function isModel(path) {
  return path.endsWith('.onnx');
}

function stageOf(name) {
  const found = stages.find(([start]) => name.startsWith(start));
  if (!found) throw new TypeError(`Expected a model whose stage is known but received ${name}: add it to this script`);
  return found[1];
}

function measure(path) {
  const bytes = readFileSync(join(folder, path));
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}
