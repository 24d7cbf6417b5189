import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { extractAll, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packSchema } from '../../main/inference/pack-manifest.ts';
import { launchApp, skipWithoutApp } from '../e2e/launch.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const builder = createRequire(import.meta.url).resolve('electron-builder/cli.js');
const TEN_MINUTES = 600_000;

/** As much of an Electron distribution as electron-builder asks for: it downloads nothing, and fuses can be flipped. */
function writeStub(folder: string): void {
  for (const inner of ['locales', 'resources']) mkdirSync(join(folder, inner), { recursive: true });
  const wire = Buffer.concat([
    Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'), // what marks the fuses in Electron's binary
    Buffer.from([1, 9]), // version, count
    Buffer.from('101100011'), // as Electron ships them
  ]);
  writeFileSync(join(folder, 'electron'), Buffer.concat([Buffer.from('\x7fELF'), wire, Buffer.alloc(64)]));
  chmodSync(join(folder, 'electron'), 0o755);
  for (const name of ['version', 'LICENSE', 'chrome-sandbox', 'locales/en-US.pak'])
    writeFileSync(join(folder, name), '45.4.1');
}

describe.skipIf(process.platform !== 'linux')(
  'what the installer holds (packed for Linux over a stub)',
  () => {
    let temporary: string;
    let unpacked: string;
    let app: string;
    let listed: string[];
    const resource = (...parts: string[]) => join(unpacked, 'resources', ...parts);

    beforeAll(async () => {
      temporary = mkdtempSync(join(tmpdir(), 'davenport-packaging-'));
      const stub = join(temporary, 'electron');
      writeStub(stub);
      const env = { ...process.env, NODE_ENV: 'production' };
      await run(process.execPath, [join(root, 'vite.config.ts')], { env });
      const output = join(temporary, 'release');
      const overrides = [
        `-c.electronDist=${stub}`,
        '-c.electronVersion=45.4.1',
        `-c.directories.output=${output}`,
      ];
      await run(process.execPath, [builder, '--linux', 'dir', '--publish', 'never', ...overrides], {
        cwd: root,
        env,
      });
      unpacked = join(output, 'linux-unpacked');
      listed = listPackage(resource('app.asar'), { isPack: false });
      app = join(temporary, 'app');
      extractAll(resource('app.asar'), app);
    }, TEN_MINUTES);
    afterAll(() => rmSync(temporary, { recursive: true, force: true }));

    test('the main process, the engine’s children, the preload and the window are in the archive', () => {
      const { main } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')) as { main: string };
      expect(listed).toContain(`/${main}`);
      const children = globSync('main/engine/{models,pixels,tiles}-child.ts', { cwd: root }).map((file) =>
        basename(file, '.ts'),
      );
      expect(children.length).toBeGreaterThanOrEqual(2);
      for (const child of children) expect(listed).toContain(`/dist/main/${child}.js`);
      expect(listed).toContain('/dist/preload/bridge.cjs');
      expect(listed).toContain('/dist/renderer/index.html');
      for (const [, asset] of readFileSync(join(app, 'dist/renderer/index.html'), 'utf8').matchAll(
        /(?:src|href)="(\/[^"]+)"/g,
      ))
        expect(listed).toContain(`/dist/renderer${asset}`);
    });

    test('sources, tests and whatever only builds the app stay out', () => {
      const strays = listed.filter(
        (path) => /^\/(main|renderer|preload|test|models|docs)\//.test(path) || /\.(ts|tsx|map)$/.test(path),
      );
      expect(strays).toEqual([]);
      for (const name of ['react', 'vite', 'vitest', 'electron', 'typescript'])
        expect(listed).not.toContain(`/node_modules/${name}/package.json`);
    });

    test('the window obeys its content security policy: nothing inline', () => {
      const html = readFileSync(join(app, 'dist/renderer/index.html'), 'utf8');
      expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|javascript:|data:/i);
      expect(readFileSync(join(app, 'dist/preload/bridge.cjs'), 'utf8').match(/require\([^)]*\)/g)).toEqual([
        expect.stringMatching(/require\(.electron.\)/),
      ]);
    });

    test('natives lie outside the archive, of this system alone', () => {
      const natives = globSync('**/*.{node,so,so.*,dylib,dll}', { cwd: resource('app.asar.unpacked') });
      const inside = listed
        .filter((path) => /\.(node|dylib|dll)$|\.so(\.|$)/.test(path))
        .map((path) => path.slice(1));
      expect(natives.toSorted()).toEqual(inside.toSorted());
      expect(natives.filter((path) => /darwin|win32|musl|\.dylib$|\.dll$/.test(path))).toEqual([]);
      const wanted = [
        /libvips-cpp\.so/,
        /sharp-linux-.*\.node$/,
        /better-sqlite3\/prebuilds\/linux-/,
        /onnxruntime_binding\.node$/,
      ];
      for (const pattern of [...wanted, /libonnxruntime\.so/])
        expect(natives.filter((path) => pattern.test(path))).toHaveLength(1);
    });

    test('natives load from where they are unpacked', async () => {
      const binaries = globSync('**/*.node', { cwd: resource('app.asar.unpacked') });
      const load = binaries.map(
        (path) => `process.dlopen({ exports: {} }, ${JSON.stringify(resource('app.asar.unpacked', path))});`,
      );
      await run(process.execPath, ['-e', load.join('\n')], {
        env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
      });
    });

    test('natives do real work in what was packed', async () => {
      const model = globSync('*.onnx', { cwd: resource('models/starter') })[0] ?? '';
      const source = `
      import { createRequire } from 'node:module';
      const require = createRequire(${JSON.stringify(join(app, 'package.json'))});
      const pixels = await require('sharp')({ create: { width: 8, height: 4, channels: 3, background: 'red' } }).jpeg().toBuffer();
      const { width } = await require('sharp')(pixels).metadata();
      const Database = require('better-sqlite3');
      const { sum } = new Database(':memory:').prepare('SELECT 40 + 2 AS sum').get();
      const session = await require('onnxruntime-node').InferenceSession.create(${JSON.stringify(resource('models/starter', model))});
      console.log(JSON.stringify({ width, sum, inputs: session.inputNames.length > 0 }));`;
      const env = { ...process.env, ORT_DISABLE_TELEMETRY: '1' };
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', source], { env });
      expect(JSON.parse(stdout)).toEqual({ width: 8, sum: 42, inputs: true });
    });

    test('the starter pack is there once, whole, and the samples beside it', () => {
      const everywhere = globSync('**/{pack.json,*.onnx}', { cwd: unpacked });
      expect(everywhere.filter((path) => path.endsWith('pack.json'))).toEqual([
        'resources/models/starter/pack.json',
      ]);
      expect(everywhere.every((path) => path.startsWith('resources/models/starter/'))).toBe(true);
      expect(listed.filter((path) => path.endsWith('.onnx'))).toEqual([]);
      const pack = packSchema.parse(JSON.parse(readFileSync(resource('models/starter/pack.json'), 'utf8')));
      const files = [
        ...Object.values(pack.models).map(({ file }) => file),
        ...pack.files.map(({ path }) => path),
      ];
      expect(files.filter((file) => !existsSync(resource('models/starter', file)))).toEqual([]);
      expect(globSync('*.json', { cwd: resource('samples') })).not.toEqual([]);
    });

    test.skipIf(skipWithoutApp())('it opens: a window with the samples that came with it', async () => {
      const opened = await launchApp({ installed: { archive: app, resources: resource() } });
      try {
        expect(await opened.evaluate(({ app: electron }) => electron.isPackaged)).toBe(true);
        const picture = opened.page.locator('img').first();
        await picture.waitFor();
        const width = () =>
          picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth);
        await expect.poll(width, { timeout: 20_000, message: opened.output() }).toBeGreaterThan(0);
        expect(opened.output()).not.toContain('Error');
        expect(await opened.close()).toEqual({ code: 0, signal: null });
      } finally {
        await opened.kill();
      }
    });

    test('the fuses are set', async () => {
      const fuses = await getCurrentFuseWire(join(unpacked, 'davenport'));
      const off = [
        FuseV1Options.RunAsNode,
        FuseV1Options.EnableNodeOptionsEnvironmentVariable,
        FuseV1Options.EnableNodeCliInspectArguments,
        FuseV1Options.GrantFileProtocolExtraPrivileges,
      ];
      for (const fuse of off) expect(fuses[fuse], FuseV1Options[fuse]).toBe(FuseState.DISABLE);
      const on = [FuseV1Options.OnlyLoadAppFromAsar, FuseV1Options.EnableEmbeddedAsarIntegrityValidation];
      for (const fuse of on) expect(fuses[fuse], FuseV1Options[fuse]).toBe(FuseState.ENABLE);
    });
  },
);
