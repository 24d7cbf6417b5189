import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTiles, type LayerSource, type Tiles } from '../../main/engine/tiles.ts';
import { halve, type Picture } from '../../main/imaging/pyramid.ts';
import { createRaster, type Raster } from '../../main/imaging/raster.ts';
import { createProject, type ProjectWriter } from '../../main/store/project.ts';

const WIDTH = 1301;
const HEIGHT = 901;

let folder: string;
let path: string;
let project: ProjectWriter;
let tiles: Tiles;
let photo: Picture;
const patchRect = { x: 333, y: 211, width: 400, height: 305 };
const ids: Record<string, number> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'davenport-test-'));
  path = join(folder, 'room.davenport');
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let i = 0; i < data.length; i++) {
    const x = Math.floor(i / 3) % WIDTH;
    data[i] = 40 + 80 * (1 + Math.sin(x / 40 + Math.floor(i / 3 / WIDTH) / 25)) + ((i * 2654435761) >>> 29);
  }
  photo = { width: WIDTH, height: HEIGHT, channels: 3, data };
  const file = await sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png()
    .toBuffer();
  project = createProject(path);
  project.importSource(file, 'room.png', createHash('sha256').update(file).digest('hex'), 'image/png');
  const patch = createRaster('u8', patchRect.width, patchRect.height, 3);
  patch.data.fill(200);
  ids['composite'] = await write(patch, 'frame');
  const mask = createRaster('u8', patchRect.width, patchRect.height, 1);
  mask.data.fill(255);
  ids['mask'] = await write(mask, 'zero');
  tiles = startTiles();
});

afterAll(async () => {
  await tiles?.close();
  project?.close();
  await rm(folder, { recursive: true, force: true });
});

function write(raster: Raster<Uint8Array>, background: 'frame' | 'zero'): Promise<number> {
  const shape = [HEIGHT, WIDTH, raster.channels];
  const window = { rect: patchRect, background };
  return project.writeArtifact({ dtype: 'u8', shape, window, digest: `${background}-digest` }, raster.data);
}

const layer = (name: string | null, picture: LayerSource['picture'] = 'frame'): LayerSource => ({
  project: path,
  artifact: name === null ? null : { artifact: ids[name]!, frame: null },
  picture,
});

async function pixels({ bytes }: { bytes: Uint8Array }) {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  return { data, ...info };
}

describe('what the viewer is served', () => {
  test('full size is exact and the tiles cover the photo once', async () => {
    const info = await tiles.info(layer(null));
    expect(info).toMatchObject({ width: WIDTH, height: HEIGHT, levels: 3 });
    const columns = Math.ceil(WIDTH / info.tile);
    const rows = Math.ceil(HEIGHT / info.tile);
    for (const row of Array.from({ length: rows }, (_, i) => i)) {
      for (const column of Array.from({ length: columns }, (_, i) => i)) {
        const tile = await pixels(await tiles.tile(layer(null), { level: 0, column, row }));
        const at = (row * info.tile * WIDTH + column * info.tile) * 3;
        expect(
          Buffer.compare(
            tile.data.subarray(0, tile.width * 3),
            photo.data.subarray(at, at + tile.width * 3) as Uint8Array,
          ),
        ).toBe(0);
        expect(tile.width).toBe(Math.min(info.tile, WIDTH - column * info.tile));
        expect(tile.height).toBe(Math.min(info.tile, HEIGHT - row * info.tile));
      }
    }
  });

  test('a composite is the photo outside its window, at every level', async () => {
    const levels = [await compositeOf(photo)];
    levels.push(halve(levels[0]!));
    levels.push(halve(levels[1]!));
    for (const [level, expected] of levels.entries()) {
      const tile = await pixels(await tiles.tile(layer('composite'), { level, column: 0, row: 0 }));
      const differences = [];
      for (let y = 0; y < tile.height; y++)
        for (let x = 0; x < tile.width * 3; x++)
          differences.push(
            Math.abs(tile.data[y * tile.width * 3 + x]! - expected.data[y * expected.width * 3 + x]!),
          );
      // Level 0 is exact; JPEG is not, but near.
      if (level === 0) expect(Math.max(...differences.slice(0, 100_000))).toBe(0);
      expect(differences.reduce((a, b) => a + b, 0) / differences.length).toBeLessThan(2);
    }
  });

  test('a mask comes in a tint, its samples as alpha', async () => {
    const tile = await pixels(
      await tiles.tile(layer('mask', 'mask'), { level: 0, column: 0, row: 0, tint: 'ff8000' }),
    );
    expect(tile.channels).toBe(4);
    const inside = ((patchRect.y + 5) * tile.width + patchRect.x + 5) * 4;
    expect([...tile.data.subarray(inside, inside + 4)]).toEqual([255, 128, 0, 255]);
    expect(tile.data[3]).toBe(0);
  });

  test('samples are those stored, inside the window and outside', async () => {
    expect(await tiles.sample(layer('composite'), 400, 300)).toEqual([200, 200, 200]);
    const at = (10 * WIDTH + 20) * 3;
    expect(await tiles.sample(layer('composite'), 20, 10)).toEqual([...photo.data.subarray(at, at + 3)]);
    expect(await tiles.sample(layer('mask', 'mask'), 20, 10)).toEqual([0]);
    await expect(tiles.sample(layer(null), WIDTH, 0)).rejects.toThrow(/no such place/);
  });

  test('a thumbnail has the asked-for long side', async () => {
    const { width, height } = await pixels(await tiles.thumbnail(layer(null), 320));
    expect([width, height]).toEqual([320, 222]);
  });

  test('a request nobody waits for any more ends', async () => {
    const abort = new AbortController();
    const asked = tiles.tile(layer(null), { level: 0, column: 0, row: 0 }, abort.signal);
    abort.abort();
    await expect(asked).rejects.toThrow(/abort/i);
    expect((await tiles.info(layer(null))).ready).toBe(0);
  });

  test('a child that was killed is started again', async () => {
    await tiles.info(layer(null));
    process.kill(tiles.pid!, 'SIGKILL');
    await expect
      .poll(() =>
        tiles.info(layer(null)).then(
          (info) => info.width,
          () => 0,
        ),
      )
      .toBe(WIDTH);
  });

  test('a closed project is one file again, and nothing is left in the temporary folder', async () => {
    await tiles.info(layer(null));
    await tiles.closeProject(path);
    const before = readdirSync(folder);
    project.close();
    expect(readdirSync(folder)).toEqual(['room.davenport']);
    expect(before).toContain('room.davenport');
    expect((await readFile(path)).length).toBeGreaterThan(0);
  });
});

async function compositeOf(base: Picture): Promise<Picture> {
  const data = base.data.slice() as Uint8Array;
  for (let y = 0; y < patchRect.height; y++) {
    const at = ((patchRect.y + y) * WIDTH + patchRect.x) * 3;
    data.fill(200, at, at + patchRect.width * 3);
  }
  return { width: WIDTH, height: HEIGHT, channels: 3, data };
}
