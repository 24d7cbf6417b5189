import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Adapter } from '../../../../main/inference/adapters/schema.ts';
import { catalogSchema, type CatalogPack, readCatalog } from '../../../../main/inference/install/catalog.ts';
import {
  type GraphProbe,
  installPack,
  type InstallOptions,
  removePack,
} from '../../../../main/inference/install/install.ts';
import { verifyPack } from '../../../../main/inference/pack-files.ts';
import { findPacks, readPack, starterFolder } from '../../../../main/inference/packs.ts';
import { openSessions } from '../../../../main/inference/sessions.ts';
import { adapterGraphs } from '../../../../main/inference/adapters/graphs.ts';
import { fixtureGraph, fixturePacks } from '../../../fixtures/adapters/packs.ts';
import { type FileServer, serveFiles } from '../../../support/file-server.ts';

let folder: string;
let server: FileServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'install-test-'));
  server = await serveFiles();
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const probe: GraphProbe = (at, model) =>
  openSessions({ packs: findPacks([at]), provider: 'cpu' }).describe(model);

/** A listed pack whose files the server has; `change` may spoil what is listed. */
function list(id: string, change: (files: Record<string, Buffer>) => void = () => {}): CatalogPack {
  const { adapter, models } = fixturePacks[id]!;
  const contents = Object.fromEntries(
    Object.entries(models).map(([name, path]) => [name, readFileSync(fixtureGraph(path))]),
  );
  change(contents);
  const files = Object.entries(contents).map(([model, content]) => {
    server.files.set(`/${id}/${model}.onnx`, { content });
    const url = `${server.url}/${id}/${model}.onnx`;
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { path: `${model}.onnx`, url, bytes: content.length, approximate: false, sha256, model };
  });
  return catalogSchema.parse({
    packs: [
      {
        id,
        version: '1',
        title: id,
        stage: 'segment',
        adapter,
        licence: 'Apache-2.0',
        licenceUrl: 'https://www.apache.org/licenses/LICENSE-2.0',
        source: 'https://example.org/',
        files,
      },
    ],
  }).packs[0]!;
}

const options = (more: Partial<InstallOptions> = {}): InstallOptions => ({
  folder,
  probe,
  acceptLicence: async () => true,
  tries: 2,
  pauseMs: 1,
  ...more,
});
const installedIds = () => findPacks([folder]).map(({ manifest }) => manifest.id);

describe('installPack', () => {
  it('leaves a pack that is whole, bound and found', async () => {
    const progress: number[] = [];
    const { pack, unproven } = await installPack(
      list('sam'),
      options({ onProgress: (done, all) => progress.push(done / all) }),
    );
    expect(pack.folder).toBe(join(folder, 'sam'));
    expect(installedIds()).toEqual(['sam']);
    expect(await verifyPack(readPack(pack.folder))).toEqual([]);
    expect(pack.manifest).toMatchObject({ adapter: { kind: 'sam' }, licence: 'Apache-2.0' });
    expect(unproven).toEqual([]);
    expect(progress.at(-1)).toBe(1);
    expect(readdirSync(join(folder, '.incoming'))).toEqual([]);
    await expect(installPack(list('sam'), options())).rejects.toMatchObject({
      kind: 'request',
      message: expect.stringMatching(/“sam” is installed already/),
    });
  });

  it('asks for nothing before the licence is accepted', async () => {
    await expect(
      installPack(list('sam'), options({ acceptLicence: async () => false })),
    ).rejects.toMatchObject({
      kind: 'request',
      message:
        'The licence of “sam” (Apache-2.0, https://www.apache.org/licenses/LICENSE-2.0) was not accepted',
      next: 'Read it and add --accept-licence sam',
    });
    expect(server.requests).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('keeps the first file when the second fails, and goes on with what is missing', async () => {
    const listed = list('sam');
    server.files.get('/sam/decoder.onnx')!.status = 404;
    await expect(installPack(listed, options())).rejects.toThrow(
      /no longer has decoder\.onnx of the pack sam/,
    );
    expect(installedIds()).toEqual([]);
    delete server.files.get('/sam/decoder.onnx')!.status;
    server.requests.length = 0;
    await installPack(listed, options());
    expect(server.requests.map(({ path }) => path)).toEqual(['/sam/decoder.onnx']);
    expect(installedIds()).toEqual(['sam']);
  });

  it('shows and writes the hash of a file for which none is published', async () => {
    const listed = list('migan');
    const [file] = listed.files;
    const unknown = { ...listed, files: [{ ...file!, sha256: null, approximate: true, bytes: 999 }] };
    const { unproven, pack } = await installPack(unknown, options());
    expect(unproven).toEqual([{ path: 'fill.onnx', sha256: file!.sha256 }]);
    expect(pack.manifest).toMatchObject({
      unproven: ['fill.onnx'],
      models: { fill: { sha256: file!.sha256 } },
    });
  });

  it.each([
    [
      'a graph of another kind',
      (files: Record<string, Buffer>) => {
        files['encoder'] = readFileSync(fixtureGraph('depth/model.onnx'));
      },
      /The model sam\/encoder does not fit: it has no output “image_embeddings” \(its outputs: predicted_depth\)/,
    ],
    [
      'a graph with an input that nobody feeds',
      (files: Record<string, Buffer>) => {
        files['encoder'] = readFileSync(fixtureGraph('sam2/prompt_encoder_mask_decoder.onnx'));
      },
      /The model sam\/encoder does not fit: /,
    ],
    [
      'something that is no graph',
      (files: Record<string, Buffer>) => {
        files['decoder'] = Buffer.from('no graph');
      },
      /The model sam\/decoder failed while loading/,
    ],
  ])('refuses %s, and installs nothing', async (_, spoil, message) => {
    await expect(installPack(list('sam', spoil), options())).rejects.toMatchObject({
      kind: 'machine',
      message: expect.stringMatching(message),
      next: expect.stringMatching(/^Nothing was installed/),
    });
    expect(installedIds()).toEqual([]);
    expect(readdirSync(join(folder, '.incoming'))).toEqual([]);
  });

  it('puts another version in place of an installed one, and that one stays where the new one fails', async () => {
    const listed = list('migan');
    await installPack(listed, options());
    const newer = { ...listed, version: '2' };
    server.files.get('/migan/fill.onnx')!.status = 404;
    await expect(installPack(newer, options())).rejects.toThrow(/no longer has/);
    expect(findPacks([folder])[0]?.manifest.version).toBe('1');
    delete server.files.get('/migan/fill.onnx')!.status;
    await installPack(newer, options());
    expect(findPacks([folder])[0]?.manifest.version).toBe('2');
  });

  it('lets one process install a pack at a time', async () => {
    mkdirSync(join(folder, '.incoming'));
    const child = process.ppid; // somebody else who is running
    writeFileSync(join(folder, '.incoming', 'migan-1.lock'), `${child}`);
    await expect(installPack(list('migan'), options())).rejects.toThrow(/being installed by another process/);
    writeFileSync(join(folder, '.incoming', 'migan-1.lock'), '999999999'); // who held it is gone
    await installPack(list('migan'), options());
  });

  it('looks for space before it asks for anything, and says how much is missing', async (test) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      return test.skip('a small file system can be mounted by root only');
    }
    try {
      await expect(installPack(list('sam'), options({ folder: disk }))).rejects.toMatchObject({
        kind: 'machine',
        message: expect.stringMatching(
          /^There is no space for the pack “sam” \([\d.]+ MB\): [\d.]+ MB are still needed/,
        ),
      });
      expect(server.requests).toEqual([]);
      // A listing may be wrong about the size: then the disk itself says so.
      const listed = list('migan', (files) => {
        files['fill'] = Buffer.alloc(3 << 20);
      });
      const wrong = { ...listed, files: [{ ...listed.files[0]!, bytes: 1, approximate: true }] };
      await expect(installPack(wrong, options({ folder: disk }))).rejects.toThrow(
        /There is no space|The disk is full/,
      );
      expect(findPacks([disk])).toEqual([]);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

describe('removePack', () => {
  it('takes an installed pack away and refuses others', async () => {
    const { pack } = await installPack(list('migan'), options());
    await expect(removePack(pack, '/elsewhere')).rejects.toThrow(/where Davenport installs nothing/);
    await removePack(pack, folder);
    expect(existsSync(pack.folder)).toBe(false);
    await expect(removePack(readPack(starterFolder), folder)).rejects.toMatchObject({ kind: 'request' });
  });
});

describe('the catalog', () => {
  it('lists every public pack with licence, size and graphs that its kind has', () => {
    const catalog = readCatalog();
    expect(new Set(catalog.map(({ id }) => id)).size).toBe(catalog.length);
    for (const { id, adapter, files, licenceUrl } of catalog) {
      const models = files.flatMap(({ model }) => model ?? []);
      expect([id, models.sort()]).toEqual([id, Object.keys(adapterGraphs[adapter.kind]).sort()]);
      expect(licenceUrl).toMatch(/^https:/);
      for (const file of files) {
        expect(file.url).toMatch(/^https:/);
        expect(file.sha256 !== null).toBe(!file.approximate);
        if (file.dataOf) expect(models).toContain(file.dataOf);
      }
    }
  });

  it('refuses an engine that this version does not know, naming it', () => {
    const unknown = { ...list('sam'), adapter: { kind: 'flux' } as unknown as Adapter };
    expect(() => catalogSchema.parse({ packs: [unknown] })).toThrow(
      /the engine “flux” is unknown to this version/,
    );
  });
});
