import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fileWithin } from '../../../main/app/file-within.ts';
import { JsonStore } from '../../../main/app/json-store.ts';
import { Layers } from '../../../main/app/layers.ts';
import { Pictures } from '../../../main/app/pictures.ts';
import { openSettings } from '../../../main/app/preferences.ts';
import { filesAmong, shellArguments } from '../../../main/app/start-arguments.ts';
import { tintGreyPng } from '../../../main/app/tint-png.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'davenport-small-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('fileWithin', () => {
  const root = '/opt/app/renderer';
  it('finds files of the folder', () => {
    expect(fileWithin(root, '/index.html')).toBe('/opt/app/renderer/index.html');
    expect(fileWithin(root, '/assets/a%20b.js')).toBe('/opt/app/renderer/assets/a b.js');
  });
  it.each([
    '/../secret',
    '/assets/../../secret',
    '/%2e%2e/secret',
    '/..%2fsecret',
    '/a%00.html',
    '/..\\secret',
    '/%zz',
    '/../renderer-too/index.html',
  ])('refuses %s', (path) => {
    expect(fileWithin(root, path)).toBeNull();
  });
});

describe('tintGreyPng', () => {
  it('shows one color with the samples as alpha, bit for bit', async () => {
    const samples = Uint8Array.from({ length: 256 }, (_, i) => i);
    const grey = await sharp(samples, { raw: { width: 16, height: 16, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const { data, info } = await sharp(tintGreyPng(grey, '3c80ff'))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(4);
    for (let i = 0; i < 256; i++) expect([...data.subarray(4 * i, 4 * i + 4)]).toEqual([0x3c, 0x80, 0xff, i]);
  });
  it('refuses what is not grey', async () => {
    const color = await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    expect(() => tintGreyPng(color, 'ffffff')).toThrow(TypeError);
  });
});

describe('JsonStore', () => {
  const schema = z.object({ count: z.number() });
  it('keeps a value between openings', async () => {
    const path = join(folder, 'deep', 'value.json');
    const store = await JsonStore.open(path, schema, { count: 0 });
    store.value.count = 3;
    await Promise.all([store.save(), store.save()]);
    expect((await JsonStore.open(path, schema, { count: 0 })).value).toEqual({ count: 3 });
  });
  it.each(['', '{"count":', '{"count":"many"}', '[]'])('starts empty from %j', async (text) => {
    const path = join(folder, 'value.json');
    writeFileSync(path, text);
    expect((await JsonStore.open(path, schema, { count: 7 })).value).toEqual({ count: 7 });
  });
  it('does not fail where it cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const store = await JsonStore.open(join(folder, 'file', 'value.json'), schema, { count: 1 });
    await expect(store.save()).resolves.toBeUndefined();
  });
});

describe('openSettings', () => {
  it('starts at the defaults where the file is from another time', async () => {
    writeFileSync(join(folder, 'settings.json'), '{"memory":"huge"}');
    expect((await openSettings(folder)).value).toMatchObject({
      memory: 'balanced',
      provider: 'auto',
      window: null,
    });
  });
  it('fills in what an older file lacks', async () => {
    writeFileSync(join(folder, 'settings.json'), '{"memory":"low"}');
    expect((await openSettings(folder)).value).toMatchObject({ memory: 'low', drawer: false });
  });
});

describe('Layers', () => {
  const source = (artifact: number) => ({
    project: '/p',
    artifact: { artifact, frame: null },
    picture: 'mask' as const,
  });
  it('gives one content one id, and another content another', () => {
    const layers = new Layers();
    const id = layers.idOf(source(1));
    expect(layers.idOf(source(1))).toBe(id);
    expect(layers.idOf(source(2))).not.toBe(id);
    expect(layers.find(id)).toEqual(source(1));
    expect(layers.find('1')).toBeUndefined();
    expect(new Layers().idOf(source(1))).not.toBe(id);
  });
});

describe('Pictures', () => {
  it('makes a picture once, and again after a failure', async () => {
    let tries = 0;
    const pictures = new Pictures();
    const path = pictures.add('a', async () => {
      tries += 1;
      if (tries === 1) throw new Error('not yet');
      return { bytes: Uint8Array.of(1), type: 'image/png' };
    });
    const id = path.slice('picture/'.length);
    expect(await pictures.find(id)).toBeNull();
    expect((await pictures.find(id))?.bytes).toEqual(Uint8Array.of(1));
    await pictures.find(id);
    expect(tries).toBe(2);
    pictures.drop(path);
    expect(await pictures.find(id)).toBeNull();
  });
});

describe('start arguments', () => {
  it('takes files that can be opened and leaves switches', () => {
    const args = ['--enable-logging', 'a.JPG', '/b/c.davenport', 'notes.txt', '.'];
    expect(filesAmong(args, '/home/r')).toEqual(['/home/r/a.JPG', '/b/c.davenport']);
  });
  it('gives the shell everything behind --cli', () => {
    expect(shellArguments(['--cli', 'run', 'a.jpg', '--json'])).toEqual(['run', 'a.jpg', '--json']);
    expect(shellArguments(['a.jpg'])).toBeNull();
  });
});

describe('the contract', () => {
  it('names every call once, and the preload requires electron alone', async () => {
    const { calls, callNames, eventNames } = await import('../../../preload/contract.ts');
    expect([...callNames].sort()).toEqual(Object.keys(calls).sort());
    expect(new Set(eventNames).size).toBe(eventNames.length);
    expect(readFileSync(new URL('../../../preload/bridge.ts', import.meta.url), 'utf8')).not.toMatch(
      /from '(?!electron'|\.\/names|\.\/contract)/,
    );
  });
});
