import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { readFile } from 'node:fs/promises';
import { hasRealPhotos, realPhotos, sample } from './sample.ts';

/** Real photos with a place to click, in their own pixels. */
const REAL: readonly (readonly [file: string, x: number, y: number])[] = [
  ['bench.png', 520, 560],
  ['library-armchairs.png', 430, 330],
  ['bedroom.jpg', 512, 225],
  ['study-portrait.png', 310, 490],
  ['orange-armchair-with-cat.png', 120, 300],
];
const ENDINGS = ['.jpg', '.png', '.tif', '.webp'];

/** A folder of photos with the file of clicks and a recipe beside it. */
export interface BatchFolder {
  readonly photos: string;
  readonly recipe: string;
  /** Names of the good and the bad files, as the report lists them. */
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

/**
 * Makes `count` small photos, real ones among them where they can be had, in two folders and four formats, and the five
 * kinds of bad files that agencies send: cut short, text, a bomb, empty, and one that cannot be read.
 */
export async function makeBatchFolder(
  root: string,
  count: number,
  { side = 420, bad: withBad = true, gates = {} }: { side?: number; bad?: boolean; gates?: object } = {},
): Promise<BatchFolder> {
  const photos = join(root, 'photos');
  mkdirSync(join(photos, 'second floor'), { recursive: true });
  const clicks: Record<string, object> = {};
  const good: string[] = [];
  const real = hasRealPhotos ? REAL : [];
  for (let i = 0; i < count; i++) {
    const folder = i % 3 === 2 ? 'second floor/' : '';
    const name = `${folder}room ${i + 1}${ENDINGS[i % ENDINGS.length]}`;
    clicks[name] = { clicks: await writePhoto(join(photos, name), i, real[i], side) };
    good.push(name);
  }
  const bad = withBad ? await writeBadFiles(photos) : [];
  // Its header is whole: that its end is missing is seen when it is decoded.
  if (withBad) clicks['cut short.jpg'] = { clicks: [[200, 180]] };
  writeFileSync(join(photos, 'davenport-clicks.json'), JSON.stringify({ version: 1, photos: clicks }));
  const recipe = join(root, 'green-sofa.json');
  writeFileSync(recipe, JSON.stringify(recipeFor(gates)));
  return { photos, recipe, good, bad };
}

/** A recipe that accepts what small photos give: these tests are about the batch, not about masks. */
function recipeFor(gates: object): object {
  return {
    format: 'davenport-recipe',
    version: 1,
    name: 'Green sofa',
    edit: { inpaint: { prompt: 'green velvet sofa' } },
    upscale: { factor: 1 },
    gates: { minConfidence: 0, minStability: 0, maxSeam: 1000, ...gates },
  };
}

type Point = [number, number];

async function writePhoto(
  path: string,
  i: number,
  real: (typeof REAL)[number] | undefined,
  side: number,
): Promise<Point[]> {
  if (real) {
    const [file, x, y] = real;
    const image = sharp(await readFile(join(realPhotos, file)));
    const { width } = await image.metadata();
    const scale = side / width;
    await image.resize(side).removeAlpha().toFile(path);
    return [[Math.round(x * scale), Math.round(y * scale)]];
  }
  const note = JSON.parse(await readFile(sample.note, 'utf8')) as { clicks: Point[] };
  const width = side + 4 * i; // no two are alike
  await sharp(sample.photo).resize(width).toFile(path);
  return note.clicks.map(([x, y]) => [Math.round((x * width) / 2400), Math.round((y * width) / 2400)]);
}

async function writeBadFiles(folder: string): Promise<string[]> {
  const jpeg = await sharp(sample.photo).resize(400).jpeg().toBuffer();
  const isRoot = process.getuid?.() === 0;
  const files: Record<string, Uint8Array> = {
    'cut short.jpg': jpeg.subarray(0, jpeg.length / 2),
    'text.jpg': Buffer.from('not a photo at all'),
    'bomb.png': bomb(60_000),
    'empty.tif': new Uint8Array(0),
    // Root may read everything: there a raw file stands for what cannot be read.
    [isRoot ? 'raw.nef' : 'locked.jpg']: jpeg,
  };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  if (!isRoot) chmodSync(join(folder, 'locked.jpg'), 0);
  return Object.keys(files);
}

/** A PNG of a few bytes whose header claims `side` × `side` pixels. */
export function bomb(side: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const samples = deflateSync(Buffer.alloc(1 << 16));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', samples),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A chunk of a PNG: length, type, data, and the CRC of type and data. */
function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
