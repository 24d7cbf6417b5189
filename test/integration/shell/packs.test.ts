import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fixtureGraph } from '../../fixtures/adapters/packs.ts';
import { type FileServer, serveFiles } from '../../support/file-server.ts';
import { davenport, useTemporaryFolder } from '../../support/shell.ts';

const folder = useTemporaryFolder();
let server: FileServer;
beforeEach(async () => {
  server = await serveFiles({
    '/fill.onnx': { content: readFileSync(fixtureGraph('migan/migan_pipeline_v2.onnx')) },
  });
});
afterEach(() => server.close());

/** A catalog with one pack, whose file the server has. */
function writeCatalog(changes: { content?: Buffer; sha256?: string | null } = {}): string {
  const file = server.files.get('/fill.onnx')!;
  if (changes.content) file.content = changes.content;
  const sha256 = createHash('sha256').update(file.content).digest('hex');
  const pack = {
    id: 'migan',
    version: '1',
    title: 'MI-GAN',
    stage: 'inpaint',
    adapter: { kind: 'migan' },
    licence: 'MIT',
    licenceUrl: 'https://opensource.org/license/mit',
    source: 'https://example.org/migan',
    files: [
      {
        path: 'fill.onnx',
        url: `${server.url}/fill.onnx`,
        bytes: file.content.length,
        approximate: changes.sha256 === null,
        sha256: changes.sha256 === undefined ? sha256 : changes.sha256,
        model: 'fill',
      },
    ],
  };
  const path = folder.file('catalog.json');
  writeFileSync(path, JSON.stringify({ packs: [pack] }));
  return path;
}

const installed = () => join(folder.path, 'packs');
const packs = (...args: string[]) => davenport(['packs', ...args], { env: { DAVENPORT_PACKS: installed() } });
const accepted = ['--accept-licence', 'migan'];

describe('packs install', () => {
  it('installs with the licence accepted, and the pack is listed, verified and removed', async () => {
    const result = await packs('install', 'migan', ...accepted, '--catalog', writeCatalog());
    expect(result).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^migan 1 is installed in .*\n {2}licence {2}MIT\n$/),
    });
    expect((await packs('list')).stdout).toMatch(/^migan 1 {2}MI-GAN {2}inpaint .*MIT$/m);
    expect((await packs('verify', 'migan')).stdout).toBe('migan: every file is as it should be\n');
    expect(await packs('remove', 'migan')).toMatchObject({
      code: 2,
      stderr: 'davenport: The pack “migan” was not removed. Add --yes to remove it without being asked.\n',
    });
    expect(await packs('remove', 'migan', '--yes')).toMatchObject({ code: 0, stdout: 'migan is removed\n' });
    expect(existsSync(join(installed(), 'migan'))).toBe(false);
  });

  it('shows the licence and asks for nothing where it is not accepted', async () => {
    const { code, stderr, stdout } = await packs('install', 'migan', '--catalog', writeCatalog());
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/licence {2}MIT, https:\/\/opensource\.org\/license\/mit/);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(
      'davenport: The licence of “migan” (MIT, https://opensource.org/license/mit) was not accepted. Read it and add --accept-licence migan.',
    );
    expect(server.requests).toEqual([]);
  });

  it('prints the hash of a file for which nobody published one', async () => {
    const catalog = writeCatalog({ sha256: null });
    const { stdout, code } = await packs('install', 'migan', ...accepted, '--catalog', catalog);
    const hash = createHash('sha256').update(server.files.get('/fill.onnx')!.content).digest('hex');
    expect(code).toBe(0);
    expect(stdout).toContain(
      `Nobody published a hash of these files; this is what came and what is kept:\n  ${hash}  fill.onnx`,
    );
    const manifest = JSON.parse(readFileSync(join(installed(), 'migan', 'pack.json'), 'utf8')) as object;
    expect(manifest).toMatchObject({ unproven: ['fill.onnx'], models: { fill: { sha256: hash } } });
  });

  it.each([
    [
      'a wrong hash',
      { sha256: '0'.repeat(64) },
      /^davenport: fill\.onnx of the pack migan does not match its hash/,
    ],
    [
      'no graph at all',
      { content: Buffer.from('nothing') },
      /^davenport: The model migan\/fill failed while loading/,
    ],
  ])('says %s in one line, exit code 1, nothing installed', async (_, changes, line) => {
    const { code, stderr } = await packs(
      'install',
      'migan',
      ...accepted,
      '--json',
      '--catalog',
      writeCatalog(changes),
    );
    expect(code).toBe(1);
    expect(stderr).toBe('');
    const plain = await packs('install', 'migan', ...accepted, '--catalog', writeCatalog(changes));
    expect(plain.stderr.trimEnd().split('\n').at(-1)).toMatch(line);
    expect(existsSync(join(installed(), 'migan'))).toBe(false);
  });

  it('killed in the middle of a download, goes on with what came', async () => {
    const content = randomBytes(400_000);
    const catalog = writeCatalog({ content });
    const held = { after: 250_000, until: new Promise<void>(() => {}) };
    server.files.get('/fill.onnx')!.pause = held;
    const part = join(installed(), '.incoming', 'migan-1', 'fill.onnx.part');
    const args = ['packs', 'install', 'migan', ...accepted, '--catalog', catalog];
    const killed = await davenport(args, {
      env: { DAVENPORT_PACKS: installed() },
      onStart: (child) => {
        void vi
          .waitUntil(() => existsSync(part) && statSync(part).size === 250_000, {
            timeout: 30_000,
            interval: 20,
          })
          .finally(() => child.kill('SIGKILL'));
      },
    });
    expect(killed.signal).toBe('SIGKILL');
    delete server.files.get('/fill.onnx')!.pause;
    const again = await packs('install', 'migan', ...accepted, '--catalog', catalog);
    expect(server.requests.at(-1)?.range).toBe('bytes=250000-');
    expect(again.stderr).toMatch(/migan\/fill failed while loading/); // whole and verified, but no graph
    expect(readdirSync(installed())).toEqual(['.incoming']);
  });
});

it('packs import says what it cannot import', async () => {
  expect(await packs('import', '/nowhere.zip')).toMatchObject({
    code: 2,
    stderr: 'davenport: /nowhere.zip is no folder. Unpack it first and import the folder.\n',
  });
});
