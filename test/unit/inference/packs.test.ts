import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MachineError, RequestError } from '../../../main/errors.ts';
import { openPackFiles, verifiedModelPath, verifyPack } from '../../../main/inference/pack-files.ts';
import {
  filesHash,
  findPacks,
  installFolder,
  modelHash,
  packFolders,
  readPack,
  starterFolder,
} from '../../../main/inference/packs.ts';
import { makeTestPack } from '../../fixtures/engine/test-pack.ts';

let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'packs-test-'));
  folder = makeTestPack(parent, 'test', ['double', 'repeat2']);
});
afterEach(() => rmSync(parent, { recursive: true }));

function rewrite(change: (manifest: Record<string, unknown>) => void): void {
  const path = join(folder, 'pack.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  change(manifest);
  writeFileSync(path, JSON.stringify(manifest));
}

describe('findPacks', () => {
  it('finds packs in a folder of packs and a folder that is one; the first of an id counts', () => {
    const elsewhere = join(parent, 'elsewhere');
    const other = makeTestPack(elsewhere, 'other', ['double']);
    makeTestPack(elsewhere, 'test', ['double']);
    mkdirSync(join(parent, 'no-pack'));
    const packs = findPacks([parent, elsewhere, join(parent, 'missing')]);
    expect(packs.map((pack) => [pack.manifest.id, pack.folder])).toEqual([
      ['test', folder],
      ['other', other],
    ]);
    expect(findPacks([other])).toHaveLength(1);
  });

  it('looks where DAVENPORT_PACKS says, then in the user’s folder, then in the bundled one', () => {
    const home = { HOME: '/home/me', LOCALAPPDATA: '/home/me/local', XDG_DATA_HOME: '' };
    const [own, last] = packFolders(home);
    expect(own).toMatch(/^.home.me.*davenport.packs$/i);
    expect(last).toBe(starterFolder);
    expect(packFolders({ ...home, DAVENPORT_PACKS: ['/a', '/b'].join(delimiter) })).toEqual([
      '/a',
      '/b',
      own,
      starterFolder,
    ]);
  });

  it('installs into the first of DAVENPORT_PACKS that is no pack itself, else into the user’s folder', () => {
    const home = { HOME: '/home/me', LOCALAPPDATA: '/home/me/local', XDG_DATA_HOME: '' };
    expect(installFolder(home)).toBe(packFolders(home)[0]);
    expect(installFolder({ DAVENPORT_PACKS: [folder, parent].join(delimiter) })).toBe(parent);
  });

  it.each([
    ['no JSON', '{'],
    ['an object of another kind', '{"id": "test"}'],
  ])('refuses a pack.json that is %s, naming it', (_, text) => {
    writeFileSync(join(folder, 'pack.json'), text);
    expect(() => findPacks([folder])).toThrow(MachineError);
    expect(() => findPacks([folder])).toThrow(/pack\.json cannot be read/);
  });

  it.each(['../outside.onnx', '/etc/passwd', 'a/../../b', 'C:\\x'])(
    'refuses a file outside the pack: %s',
    (path) => {
      rewrite((manifest) => {
        manifest['files'] = [{ path, sha256: '0'.repeat(64), bytes: 1 }];
      });
      expect(() => readPack(folder)).toThrow(/leaves the pack/);
    },
  );
});

describe('verifyPack', () => {
  it('finds nothing wrong with a whole pack', async () => {
    const seen: number[] = [];
    expect(await verifyPack(readPack(folder), (done, all) => seen.push(done / all))).toEqual([]);
    expect(seen.at(-1)).toBe(1);
  });

  it('says of every file what is wrong with it', async () => {
    unlinkSync(join(folder, 'pictures', 'a.txt'));
    truncateSync(join(folder, 'double.onnx'), 40);
    const other = join(folder, 'repeat2.onnx');
    const bytes = readFileSync(other);
    bytes[100]! ^= 1;
    writeFileSync(other, bytes);
    appendFileSync(join(folder, 'pictures', 'b.txt'), '!');
    expect(await verifyPack(readPack(folder))).toEqual([
      {
        file: 'double.onnx',
        kind: 'truncated',
        message: expect.stringMatching(/^double\.onnx of the test pack is cut short: 40 of \d+ bytes$/),
      },
      {
        file: 'repeat2.onnx',
        kind: 'changed',
        message: 'repeat2.onnx of the test pack does not match its hash',
      },
      { file: 'pictures/a.txt', kind: 'missing', message: 'pictures/a.txt of the test pack is missing' },
      {
        file: 'pictures/b.txt',
        kind: 'changed',
        message: 'pictures/b.txt of the test pack does not match its hash',
      },
    ]);
  });
});

describe('a model’s path', () => {
  it('is given only for a file that matches', async () => {
    const packs = findPacks([folder]);
    expect(await verifiedModelPath(packs, 'test/double')).toBe(join(folder, 'double.onnx'));
    truncateSync(join(folder, 'double.onnx'), 10);
    await expect(verifiedModelPath(packs, 'test/double')).rejects.toMatchObject({
      kind: 'machine',
      message: expect.stringMatching(/double\.onnx of the test pack is cut short/),
      next: expect.stringMatching(/install it again/),
    });
  });

  it('is refused for an unknown pack or model, with what there is', async () => {
    const packs = findPacks([folder]);
    await expect(verifiedModelPath(packs, 'test/none')).rejects.toThrow(RequestError);
    await expect(verifiedModelPath(packs, 'test/none')).rejects.toMatchObject({
      next: 'It has: double, repeat2',
    });
    await expect(verifiedModelPath(packs, 'nobody/none')).rejects.toMatchObject({
      next: expect.stringMatching(/test/),
    });
  });
});

describe('pack files', () => {
  it('are listed by prefix and read when they match', async () => {
    const files = openPackFiles(findPacks([folder]));
    expect(files.list('test', 'pictures/')).toEqual(['pictures/a.txt', 'pictures/b.txt']);
    expect(files.list('test', 'pictures/b')).toEqual(['pictures/b.txt']);
    expect(Buffer.from(await files.read('test', 'pictures/a.txt')).toString()).toBe('the first');
  });

  it('are refused when they changed, are missing or are not listed', async () => {
    const files = openPackFiles(findPacks([folder]));
    writeFileSync(join(folder, 'pictures', 'a.txt'), 'the worst');
    await expect(files.read('test', 'pictures/a.txt')).rejects.toMatchObject({
      kind: 'machine',
      message: 'pictures/a.txt of the test pack does not match its hash',
    });
    unlinkSync(join(folder, 'pictures', 'b.txt'));
    await expect(files.read('test', 'pictures/b.txt')).rejects.toThrow(/is missing/);
    await expect(files.read('test', 'pack.json')).rejects.toThrow(/not a file of the test pack/);
  });
});

describe('hashes for fingerprints', () => {
  it('change with a model, its external data and how it is fed', () => {
    const hashOf = () => filesHash(findPacks([folder]), 'test/');
    const modelOf = () => modelHash(findPacks([folder]), 'test/double');
    const models = (manifest: Record<string, unknown>) =>
      manifest['models'] as Record<string, Record<string, unknown>>;
    const seen = [[hashOf(), modelOf()]];
    rewrite((manifest) => (models(manifest)['repeat2']!['sha256'] = 'a'.repeat(64)));
    seen.push([hashOf(), modelOf()]);
    expect(seen[1]![1]).toBe(seen[0]![1]); // another model's
    rewrite((manifest) => {
      models(manifest)['double']!['data'] = [{ path: 'double.data', sha256: 'b'.repeat(64), bytes: 1 }];
    });
    seen.push([hashOf(), modelOf()]);
    expect(new Set(seen.map(([hash]) => hash)).size).toBe(3);
    rewrite((manifest) => (manifest['adapter'] = { kind: 'super-resolution', multiple: 2 }));
    seen.push([hashOf(), modelOf()]);
    expect(new Set(seen.map(([, hash]) => hash)).size).toBe(3);
  });

  it('count for nothing where external data is missing: the model is not loaded', async () => {
    rewrite((manifest) => {
      const models = manifest['models'] as Record<string, Record<string, unknown>>;
      models['double']!['data'] = [{ path: 'double.data', sha256: 'b'.repeat(64), bytes: 1 }];
    });
    await expect(verifiedModelPath(findPacks([folder]), 'test/double')).rejects.toThrow(
      /double\.data of the test pack is missing/,
    );
    expect(await verifyPack(readPack(folder))).toMatchObject([{ file: 'double.data', kind: 'missing' }]);
  });

  it('change with what they cover and nothing else', () => {
    const before = findPacks([folder]);
    rewrite((manifest) => {
      manifest['title'] = 'Another title';
      const files = manifest['files'] as { path: string; sha256: string }[];
      files[1]!.sha256 = 'f'.repeat(64);
      files.reverse();
    });
    const after = findPacks([folder]);
    expect(modelHash(after, 'test/double')).toBe(modelHash(before, 'test/double'));
    expect(filesHash(after, 'test/pictures/a')).toBe(filesHash(before, 'test/pictures/a'));
    expect(filesHash(after, 'test/pictures/')).not.toBe(filesHash(before, 'test/pictures/'));
    expect(filesHash(after, 'test/pictures/a')).not.toBe(filesHash(after, 'test/pictures/b'));
  });
});
