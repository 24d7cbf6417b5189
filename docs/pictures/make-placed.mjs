// Before and after of real photos, three prompts each: node docs/pictures/make-placed.mjs PHOTOS [name …]
//
// PHOTOS is a folder with the six photos that models/starter/README.md names; they are not part of the repository.
// Everything is done by the program through its command line; the pictures are made smaller and laid side by side.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const SCENES = [
  {
    name: 'corner',
    file: 'sectional-12mp.jpg',
    marks: ['--click', '720,2000'],
    prompts: ['a leather wing chair', 'a mustard velvet armchair', 'a grey wool armchair'],
  },
  {
    name: 'bench',
    file: 'bench.png',
    marks: '--box 70,70,960,930 --click 520,560 --click 110,370 --click 885,440 --click 600,125 --click 330,112 --click 868,760 --set segment.grow=8'.split(' '),
    prompts: ['a brown leather chesterfield', 'a small teal mid-century loveseat', 'a navy velvet camelback sofa'],
  },
  {
    name: 'cat',
    file: 'orange-armchair-with-cat.png',
    marks: ['--click', '120,300'],
    prompts: ['a green velvet armchair', 'a cream boucle armchair', 'a navy wing chair'],
  },
  {
    name: 'library',
    file: 'library-armchairs.png',
    marks: ['--click', '430,330'],
    prompts: ['a cognac leather armchair', 'a tweed wing chair in burgundy', 'a two-seater sofa in sage linen'],
  },
  {
    name: 'bedroom',
    file: 'bedroom.jpg',
    marks: ['--click', '512,225'],
    prompts: ['a leather wing chair', 'a blush velvet armchair', 'a charcoal wool armchair'],
  },
  {
    name: 'study',
    file: 'study-portrait.png',
    marks: '--click 312,470 --click 335,585 --click 380,520 --click 337,632 --exclude 262,480 --exclude 270,570 --exclude 400,560 --exclude 380,560'.split(' '),
    prompts: ['a green velvet armchair', 'a white boucle armchair', 'a small sofa in grey wool'],
  },
];
const TALL = 440;
const MOST_BYTES = 150_000;

const root = fileURLToPath(new URL('../..', import.meta.url));
const [photos, ...only] = process.argv.slice(2);
if (!photos || !existsSync(photos)) throw new Error('Give the folder of the photos');
const out = join(root, 'docs/pictures/placed');
mkdirSync(out, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'placed-'));
const davenport = (...args) =>
  execFileSync(process.execPath, [join(root, 'main/cli/bin.mjs'), ...args], { cwd: root, stdio: 'pipe' });

for (const { name, file, marks, prompts } of SCENES) {
  if (only.length > 0 && !only.includes(name)) continue;
  const photo = join(photos, file);
  const project = join(work, `${name}.davenport`);
  const before = await small(photo);
  for (const [k, prompt] of prompts.entries()) {
    const folder = join(work, `${name}-${k}`);
    const shared = ['--prompt', prompt, '--until', 'color', '--save-intermediates', folder];
    if (k === 0) davenport('run', photo, ...marks, ...shared, '--project', project);
    else davenport('edit', project, ...shared);
    const after = await small(join(folder, '4-composite.png'));
    const picture = join(out, `${name}-${k + 1}.jpg`);
    await sideBySide(before, after, picture);
    process.stdout.write(`${picture}\n`);
  }
}
rmSync(work, { recursive: true });

/** A picture TALL px high, as PNG bytes with its width. */
async function small(file) {
  const { data, info } = await sharp(file)
    .rotate()
    .toColourspace('srgb')
    .resize({ height: TALL })
    .removeAlpha()
    .png()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width };
}

async function sideBySide(before, after, file) {
  const canvas = { width: before.width + after.width + 6, height: TALL, channels: 3, background: '#ffffff' };
  const joined = await sharp({ create: canvas })
    .composite([
      { input: before.data, left: 0, top: 0 },
      { input: after.data, left: before.width + 6, top: 0 },
    ])
    .png()
    .toBuffer();
  for (let quality = 86; quality > 40; quality -= 6) {
    const { size } = await sharp(joined).jpeg({ quality, mozjpeg: true }).toFile(file);
    if (size <= MOST_BYTES) return;
  }
}
