import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bomb } from '../../support/batch-folder.ts';
import { findPhotos, type FoundPhoto } from '../../../main/batch/intake.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'davenport-intake-'));
  mkdirSync(join(folder, 'second floor', 'deep'), { recursive: true });
  mkdirSync(join(folder, '.hidden'));
  const photo = (path: string, width: number, height: number, orientation = 1) =>
    sharp({ create: { width, height, channels: 3, background: '#888888' } })
      .jpeg()
      .withMetadata({ orientation })
      .toFile(join(folder, path));
  await photo('room 10.jpg', 40, 30);
  await photo('room 2.jpg', 40, 30);
  await photo('turned.JPEG', 40, 30, 6);
  await photo('second floor/deep/bed.jpg', 20, 10);
  await photo('.hidden/seen.jpg', 20, 10);
  await photo('._room 2.jpg', 20, 10);
  writeFileSync(join(folder, 'cut.jpg'), readFileSync(join(folder, 'room 2.jpg')).subarray(0, -40));
  writeFileSync(join(folder, 'empty.png'), '');
  writeFileSync(join(folder, 'bomb.png'), bomb(60_000));
  writeFileSync(join(folder, 'bomb cut off.png'), bomb(60_000).subarray(0, -12));
  writeFileSync(join(folder, 'text.jpg'), 'this is no photo at all, whatever it is called');
  writeFileSync(join(folder, 'raw.CR2'), 'II*\0');
  await sharp({ create: { width: 40, height: 30, channels: 3, background: '#888888' } })
    .avif({ effort: 0 })
    .toFile(join(folder, 'phone.heic'));
  const hevc = readFileSync(join(folder, 'phone.heic'));
  for (let at = hevc.indexOf('av01'); at >= 0; at = hevc.indexOf('av01')) hevc.write('hvc1', at, 'latin1');
  writeFileSync(join(folder, 'other phone.HEIC'), hevc);
  writeFileSync(join(folder, 'notes.txt'), 'notes');
  symlinkSync(folder, join(folder, 'second floor', 'loop'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function list(root = folder): Promise<FoundPhoto[]> {
  const found: FoundPhoto[] = [];
  for await (const photo of findPhotos(root)) found.push(photo);
  return found;
}

describe('findPhotos', () => {
  it('lists photos by name, numbers in their order, folders after files, and nothing hidden', async () => {
    expect((await list()).map(({ name }) => name)).toEqual([
      'bomb cut off.png',
      'bomb.png',
      'cut.jpg',
      'empty.png',
      'other phone.HEIC',
      'phone.heic',
      'raw.CR2',
      'room 2.jpg',
      'room 10.jpg',
      'text.jpg',
      'turned.JPEG',
      'second floor/deep/bed.jpg',
    ]);
  });

  it('tells sizes upright, and why a file cannot be used', async () => {
    const byName = new Map((await list()).map((photo) => [photo.name, photo]));
    expect(byName.get('room 2.jpg')).toMatchObject({ width: 40, height: 30, problem: null });
    expect(byName.get('phone.heic')).toMatchObject({ width: 40, height: 30, problem: null });
    expect(byName.get('other phone.HEIC')?.problem).toMatch(/HEIC|damaged/);
    expect(byName.get('turned.JPEG')).toMatchObject({ width: 30, height: 40 });
    expect(byName.get('empty.png')?.problem).toMatch(/empty/);
    expect(byName.get('text.jpg')?.problem).toMatch(/no photo/);
    expect(byName.get('cut.jpg')?.problem).toMatch(/cut off/);
    expect(byName.get('bomb.png')?.problem).toMatch(/too large: 60000 × 60000/);
    expect(byName.get('bomb cut off.png')?.problem).toMatch(/too large: 60000 × 60000/);
    expect(byName.get('raw.CR2')?.problem).toMatch(/camera raw/);
    expect(byName.get('room 2.jpg')?.bytes).toBeGreaterThan(100);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { name } of findPhotos(folder, stop.signal)) {
        seen.push(name);
        stop.abort();
      }
    })();
    await expect(reading).rejects.toThrow(/abort/i);
    expect(seen).toHaveLength(1);
  });

  it('refuses a folder that is not there', async () => {
    await expect(list(join(folder, 'nowhere'))).rejects.toThrow(/cannot be read/);
  });
});
