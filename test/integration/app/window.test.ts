import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Channel, DocumentState, Result } from '../../../preload/contract.ts';
import { type AppUnderTest, launchApp, root, skipWithoutApp } from '../../e2e/launch.ts';
import { writeRoom } from './program-under-test.ts';

/** What the functions below see where they run: in the page. */
interface PageWindow {
  readonly davenport: {
    call(channel: string, request: unknown): Promise<unknown>;
    on(event: string, listener: (value: never) => void): () => void;
  };
  heard?: unknown[];
  failed?: { readonly kind: string };
  open(url: string): void;
  readonly location: { href: string };
}
declare const window: PageWindow;

/** What only the whole program shows: its window, its scheme, its guards, the system's files. */
describe.skipIf(skipWithoutApp())('the program in its window', () => {
  let folder: string;
  let photo: string;
  let app: AppUnderTest;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'davenport-window-'));
    photo = await writeRoom(folder);
    app = await launchApp({ args: [photo], userData: join(folder, 'user-data') });
  });
  afterAll(async () => {
    await app?.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const call = (channel: Channel | string, request?: unknown) =>
    app.page.evaluate(([name, payload]) => window.davenport.call(name, payload), [
      channel,
      request,
    ] as const) as Promise<Result<unknown>>;
  const document = async () => {
    const result = (await call('document.state')) as Result<DocumentState | null>;
    return result.ok ? result.value : null;
  };
  const get = (path: string) =>
    app.page.evaluate(async (address) => {
      const response = await fetch(address);
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        policy: response.headers.get('content-security-policy'),
        sniff: response.headers.get('x-content-type-options'),
        cache: response.headers.get('cache-control'),
        text: response.headers.get('content-type')?.startsWith('text/') ? await response.text() : '',
      };
    }, path);

  it('opens the photo it was started with, and names it', async () => {
    await expect.poll(async () => (await document())?.photo.name, { timeout: 30_000 }).toBe('room.jpg');
    const titles = await app.recorded('window.setTitle');
    expect(titles.at(-1)?.args).toEqual(['room.davenport – Davenport']);
    expect(existsSync(join(folder, 'room.davenport'))).toBe(true);
  });

  it('serves its own page alone, under a strict policy', async () => {
    const page = await get('/index.html');
    expect(page).toMatchObject({ status: 200, sniff: 'nosniff', type: 'text/html; charset=utf-8' });
    expect(page.policy).toContain("default-src 'none'");
    expect(page.policy).not.toContain('unsafe');
    for (const path of ['/%2e%2e/preload/bridge.cjs', '/..%2f..%2fpackage.json', '/pictures/', '/nothing.js'])
      expect((await get(path)).status, path).toBe(404);
  });

  it('serves pictures by opaque ids alone', async () => {
    const { layer } = (await document())!.photo;
    const tile = await get(`/pictures/layer/${layer}/0/0_0`);
    expect(tile).toMatchObject({ status: 200, type: 'image/png', sniff: 'nosniff' });
    expect(tile.cache).toContain('immutable');
    expect((await get(`/pictures/thumb/${layer}`)).type).toMatch(/^image\//);
    const wrong = [
      '/pictures/layer/0/0/0_0',
      `/pictures/layer/${layer}/0/99_99`,
      `/pictures/layer/${layer}/0/0_0?tint=red`,
      `/pictures/thumb/${encodeURIComponent(photo)}`,
      '/pictures/picture/aaaa',
    ];
    for (const path of wrong) expect((await get(path)).status, path).toBe(404);
  });

  it('gives the page nothing but the bridge', async () => {
    const seen = await app.page.evaluate(() => ({
      require: typeof (globalThis as { require?: unknown }).require,
      process: typeof (globalThis as { process?: unknown }).process,
      bridge: Object.keys(window.davenport).sort(),
    }));
    expect(seen).toEqual({
      require: 'undefined',
      process: 'undefined',
      bridge: ['call', 'dropped', 'on', 'tiles'],
    });
  });

  it('refuses payloads that do not fit and calls that do not exist', async () => {
    expect(await call('recipe.change', { edit: 'one' })).toMatchObject({
      ok: false,
      error: { kind: 'request' },
    });
    expect(await call('layer.sample', { layer: '../x', x: 0, y: 0 })).toMatchObject({ ok: false });
    expect(await call('document.sample', { id: 'living-room', extra: 1 })).toMatchObject({ ok: false });
    await expect(call('shell.openExternal', 'https://example.com')).rejects.toThrow(/contract/);
  });

  it('answers no other window, even one that shows its own page', async () => {
    const reply = await app.evaluate(
      async ({ BrowserWindow }, preload) => {
        const other = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } });
        await other.loadURL('davenport://app/index.html');
        const result: unknown = await other.webContents.executeJavaScript(
          "window.davenport.call('app.state', undefined).then((r) => JSON.stringify(r.ok ? 'answered' : r.error.message))",
        );
        other.destroy();
        return result;
      },
      join(root, 'dist/preload/bridge.cjs'),
    );
    expect(reply).toContain('not Davenport’s');
  });

  it('blocks navigation and further windows', async () => {
    const before = app.page.url();
    // Later, so that what asks is over before the page is asked to leave.
    await app.page.evaluate(() => {
      setTimeout(() => {
        window.open('https://example.com');
        window.location.href = 'https://example.com/';
      }, 0);
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await document())?.photo.name).toBe('room.jpg');
    expect(app.page.url()).toBe(before);
    expect(app.windows()).toHaveLength(1);
    expect(await app.recorded('shell.openExternal')).toEqual([]);
  });

  it('passes commands of the menu to the window and follows the document', async () => {
    await app.page.evaluate(() => {
      const heard: unknown[] = [];
      window.heard = heard;
      window.davenport.on('command', (value) => heard.push(value));
    });
    await app.menu.click('wipe');
    await expect.poll(() => app.page.evaluate(() => window.heard)).toContain('wipe');
    expect((await app.menu.item('undo'))?.enabled).toBe(false);
    await call('recipe.change', {
      edit: 0,
      stage: 'color',
      values: { strength: 0.5 },
      label: 'Less',
      commit: true,
    });
    await expect.poll(async () => (await app.menu.item('undo'))?.enabled).toBe(true);
  });

  it('says in the window that a file given by the system cannot be opened', async () => {
    const broken = join(folder, 'broken.jpg');
    writeFileSync(broken, 'no photo');
    await app.page.evaluate(() => {
      window.davenport.on('app.failed', (value) => {
        window.failed = value;
      });
    });
    await app.evaluate(({ app: electron }, path) => {
      electron.emit('second-instance', {}, ['davenport', path], '/', null);
    }, broken);
    await expect
      .poll(() => app.page.evaluate(() => window.failed?.kind), {
        timeout: 20_000,
      })
      .toBe('request');
    expect((await document())?.photo.name).toBe('room.jpg');
  });

  it('leaves a single project file when it is quit', async () => {
    expect(await app.close()).toMatchObject({ code: 0 });
    expect(readdirSync(folder).filter((name) => name.startsWith('room.davenport'))).toEqual([
      'room.davenport',
    ]);
    expect(app.output()).not.toMatch(/Content Security Policy|Unhandled/i);
  });

  it('runs the command line without a window', async () => {
    const work = join(folder, 'cli');
    mkdirSync(work);
    const start = launchApp({ args: ['--cli', '--version'], userData: work });
    await expect(start).rejects.toThrow(/0\.1\.0/);
  });
});
