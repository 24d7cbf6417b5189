/**
 * Makes the README's pictures by running the program on the bundled sample: `node docs/pictures/make.mjs`.
 * before/after at 1200 px, and the stages' saved outputs side by side.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const here = fileURLToPath(new URL('.', import.meta.url));
const photo = fileURLToPath(new URL('../../assets/samples/living-room.jpg', import.meta.url));
const { clicks } = JSON.parse(readFileSync(photo.replace(/jpg$/, 'json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'davenport-pictures-'));
const entry = fileURLToPath(new URL('../../main/cli/bin.mjs', import.meta.url));
const out = join(folder, 'after.png');
const flags = [...clicks.flatMap((click) => ['--click', click.join()]), '--prompt', 'a green velvet sofa', '--out', out, '--save-intermediates', folder];
execFileSync(process.execPath, [entry, 'run', photo, ...flags], { cwd: folder, stdio: 'inherit' });

const jpeg = { quality: 86, mozjpeg: true };
await sharp(photo).resize(1200).jpeg(jpeg).toFile(join(here, 'sample-before.jpg'));
await sharp(out).resize(1200).jpeg(jpeg).toFile(join(here, 'sample-after.jpg'));
const files = ['1-mask', '2-depth', '3-plate', '3-inpaint', '4-alpha', '4-composite'];
const tile = { width: 480, height: 320 };
const tiles = await Promise.all(
  files.map(async (name, i) => ({
    // Through 8-bit sRGB first: depth is 16-bit grey.
    input: await sharp(await sharp(join(folder, `${name}.png`)).toColourspace('srgb').removeAlpha().png().toBuffer())
      .resize({ ...tile, fit: 'contain', background: '#2a2a2a' })
      .png()
      .toBuffer(),
    left: (i % 3) * tile.width,
    top: Math.floor(i / 3) * tile.height,
  })),
);
await sharp({ create: { width: 3 * tile.width, height: 2 * tile.height, channels: 3, background: '#2a2a2a' } })
  .composite(tiles)
  .jpeg(jpeg)
  .toFile(join(here, 'sample-stages.jpg'));
rmSync(folder, { recursive: true });
