import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AppUnderTest, launchApp, skipWithoutApp } from '../e2e/launch.ts';

const main = fileURLToPath(new URL('./demo/main.ts', import.meta.url));
const skipped = skipWithoutApp();
let app: AppUnderTest;
let folder: string;

/** On a machine under load nothing happens at once. */
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 });
/** Evaluates in the page: the tests are typed for Node alone, so what runs there is text. */
const inPage = <T = unknown>(source: string) => app.page.evaluate(source) as Promise<T>;
const invoke = <T = unknown>(channel: string, value: unknown = null) =>
  inPage<T>(`api.invoke(${JSON.stringify(channel)}, ${JSON.stringify(value)})`);
const messageOf = (source: string) =>
  inPage<string>(`(async () => ${source})().then(() => '', (e) => e.message)`);
const seen = async () => JSON.stringify(await invoke('seen'));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'davenport-host-'));
  if (!skipped) app = await launchApp({ main });
});
afterAll(async () => {
  await app?.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(skipped)('the development host', () => {
  test('the page is a secure context at the address the app knows', async () => {
    expect(await inPage('isSecureContext')).toBe(true);
    expect(
      await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getURL()),
    ).toBe('demo://app/index.html');
  });

  test('the preload is invisible to the page', async () => {
    expect(
      await inPage('[typeof secretOfPreload, typeof require, typeof process, typeof __davenportHost]'),
    ).toEqual(Array(4).fill('undefined'));
    expect(await inPage('typeof __davenportHostTransmit')).toBe('undefined');
  });

  test('a sandboxed preload may require electron and three modules alone', async () => {
    expect(await inPage('api.refused')).toEqual({
      fs: 'module not found: node:fs',
      relative: 'module not found: ./other.cjs',
    });
    expect(await inPage('api.hasEvents')).toBe(true);
    expect(await inPage('api.process')).toEqual({
      argv: '--from-main',
      platform: process.platform,
      sandboxed: true,
    });
  });

  test('what is exposed is frozen, copied, and without prototypes', async () => {
    expect(
      await inPage('[Object.isFrozen(api), Object.isFrozen(api.nested.list[1]), api.nested.list[1].two]'),
    ).toEqual([true, true, 2]);
    expect(await inPage('[api.point.x, typeof api.point.norm]')).toEqual([1, 'undefined']);
  });

  test('functions are called across, both ways, and keep their identity', async () => {
    expect(await inPage('api.twice(21)')).toBe(42);
    expect(await inPage('api.apply((x) => x * 10, 2)')).toBe(21);
    expect(await inPage('(() => { const f = () => 1; return api.same(f) === f; })()')).toBe(true);
  });

  test('promises and the functions inside their results cross', async () => {
    expect(await inPage('api.later(3).then(async (r) => [r.answer, await r.add(4)])')).toEqual([3, 7]);
  });

  test('of a thrown error the message crosses, and nothing else', async () => {
    expect(
      await inPage('(() => { try { api.fail(); } catch (e) { return [e.message, e.secret]; } })()'),
    ).toEqual(['no good', null].map((v) => v ?? undefined));
    expect(await messageOf('api.symbol()')).toBe('An object could not be cloned.');
  });

  test('invoke carries structured values and names the frame that sent them', async () => {
    const source = `api.invoke('echo', { when: new Date(5), map: new Map([['a', new Set([1n])]]), f: new Float32Array([1.5, -0]), nan: NaN, u: undefined })
      .then(({ value, ...rest }) => ({ ...rest, kinds: [value.when.getTime(), value.map.get('a').has(1n), value.f[0], Object.is(value.f[1], -0), Number.isNaN(value.nan), 'u' in value] }))`;
    expect(await inPage(source)).toEqual({
      url: 'demo://app/index.html',
      origin: 'demo://app',
      isMainFrame: true,
      kinds: [5, true, 1.5, true, true, true],
    });
  });

  test('a handler’s error arrives in Electron’s words; a missing handler and a function are refused', async () => {
    expect(await messageOf('api.invoke("fail")')).toBe(
      "Error invoking remote method 'fail': RangeError: too far",
    );
    expect(await messageOf('api.invoke("nobody")')).toContain("No handler registered for 'nobody'");
    expect(await messageOf('api.invoke("echo", () => 1)')).toBe('An object could not be cloned.');
  });

  test('send and reply keep their order', async () => {
    await inPage('for (let i = 0; i < 20; i++) api.note(String(i))');
    await eventually(() => inPage('log.length')).toBeGreaterThanOrEqual(20);
    expect(await inPage('log.slice(0, 20).join()')).toBe(
      Array.from({ length: 20 }, (_, i) => `${i}!`).join(),
    );
  });

  test('the content security policy holds', async () => {
    await app.page.click('#inline');
    await inPage(
      '(() => { const s = document.createElement("script"); s.textContent = "inlineRan = true"; document.head.append(s); })()',
    );
    expect(await inPage('typeof inlineRan')).toBe('undefined');
    expect(await inPage('evaluated')).toContain('Content Security Policy');
    expect(await messageOf('fetch("https://example.org/")')).toBe('Failed to fetch');
    expect(app.output()).toContain('Content Security Policy');
  });

  test('a second scheme gives pictures and answers fetch', async () => {
    expect(await inPage('document.querySelector("#picture").naturalWidth')).toBe(80);
    expect(await inPage('fetch("other://picture/2").then((r) => r.text())')).toContain('width="80"');
  });

  test('bodies stream, with the headers of the request', async () => {
    expect(await inPage('fetch("/stream").then((r) => r.arrayBuffer()).then((b) => b.byteLength)')).toBe(
      64 * 65_536,
    );
    const first = `fetch("/stream?slow").then(async (r) => { const reader = r.body.getReader(); const { value } = await reader.read(); await reader.cancel(); return value.length > 0; })`;
    expect(await inPage(first)).toBe(true);
    expect(
      await inPage('fetch("/range", { headers: { range: "bytes=2-5" } }).then((r) => r.json())'),
    ).toMatchObject({
      range: 'bytes=2-5',
    });
    await eventually(seen).toContain('{"aborted":true}');
  });

  test('other programs on this machine cannot read a scheme', async () => {
    const port = await inPage<string>('location.port');
    await expect(fetch(`http://127.0.0.1:${port}/index.html`)).rejects.toThrow();
    await expect(fetch(`http://localhost:${port}/index.html`)).rejects.toThrow();
  });

  test('navigation and pop-ups reach the app’s handlers and stop there', async () => {
    await app.page.click('#out');
    await app.page.click('#popup');
    await eventually(seen).toContain('{"refused":"https://example.org/popup"}');
    expect(await seen()).toContain('{"stopped":"https://example.org/"}');
    expect(await inPage('document.title')).toBe('Demo');
    await eventually(() => app.windows().length).toBe(1);
  });

  test('permissions are denied where the app denies them', async () => {
    expect(
      await inPage(
        'Promise.all(["geolocation", "notifications"].map((name) => navigator.permissions.query({ name }).then((p) => p.state)))',
      ),
    ).toEqual(['denied', 'denied']);
    expect(await inPage('Notification.permission')).toBe('denied');
  });

  test('dropped files and folders have their paths', async () => {
    const file = join(folder, 'a photo.jpg');
    const inner = join(folder, 'folder');
    writeFileSync(file, 'abc');
    mkdirSync(inner);
    await app.drop(app.page.locator('#drop'), [file, inner]);
    await eventually(() => inPage('window.dropped')).toEqual([file, inner]);
    expect(await inPage('api.pathsOf([new File(["x"], "made.txt")])')).toEqual(['']);
  });

  test('chosen files have their paths', async () => {
    const paths = ['one.jpg', 'two.jpg'].map((name) => join(folder, name));
    for (const path of paths) writeFileSync(path, path);
    await app.choose(app.page.locator('#choose'), paths);
    await eventually(() => inPage('window.chosen')).toEqual(paths);
  });

  test('a file dropped where the page does not take it asks to navigate', async () => {
    const file = join(folder, 'stray.jpg');
    writeFileSync(file, 'x');
    await app.drop(app.page.locator('#careless'), [file]);
    await eventually(seen).toContain(JSON.stringify({ stopped: `file://${file}` }));
  });

  test('dialogs answer as scripted, and fail where nobody did', async () => {
    await app.dialogs.answer('showOpenDialog', { filePaths: ['/photo.jpg'] });
    expect(await invoke('ask')).toEqual({ canceled: false, filePaths: ['/photo.jpg'] });
    expect(await messageOf('api.invoke("ask")')).toContain(
      'No answer was scripted for dialog.showOpenDialog',
    );
    expect((await app.dialogs.asked())[0]?.args).toEqual([{ title: 'Open a photo' }]);
  });

  test('menu items are clicked, by hand and by their keys, after the page had its chance', async () => {
    const undone = () => inPage<number>('log.filter((line) => line === "menu undo").length');
    await app.menu.click('undo');
    await eventually(undone).toBe(1);
    await app.page.locator('body').press('Control+z');
    await eventually(undone).toBe(2);
    await app.page.locator('#text').press('Control+z');
    await sleep(100);
    expect(await undone()).toBe(2);
    await expect(app.menu.click('never')).rejects.toThrow('disabled');
    expect(await app.menu.outline()).toBe('Edit\n  Undo\n  Never\n  —\n  Copy');
    expect(await app.menu.item('undo')).toMatchObject({ accelerator: 'CmdOrCtrl+Z', enabled: true });
  });

  test('calls that leave no trace in the page are recorded', async () => {
    await invoke('progress', 0.5);
    await invoke('visit', 'https://example.org/help');
    expect(await app.recorded('window.setProgressBar')).toEqual([
      { name: 'window.setProgressBar', args: [0.5] },
    ]);
    expect(await app.recorded('shell.openExternal')).toEqual([
      { name: 'shell.openExternal', args: ['https://example.org/help'] },
    ]);
  });

  test.each([
    ['member', 'app.moveToApplicationsFolder'],
    ['event', "WebContents.on('before-input-event')"],
    ['write', 'BrowserWindow.nonsense'],
    ['preference', 'webPreferences.nodeIntegration: true'],
  ])('an Electron API that the host does not know throws: %s', async (what, name) => {
    expect(await messageOf(`api.invoke('unknown', '${what}')`)).toContain(`has no ${name}`);
  });

  test('an unknown module throws when it is used, in main and in the preload', async () => {
    await expect(app.evaluate(({ Tray }) => new Tray('x'))).rejects.toThrow();
    expect(await messageOf('api.sync()')).toContain('has no ipcRenderer.sendSync');
  });

  test('a utility process is a process: messages, clean end, crash', async () => {
    const source = `api.invoke('child', { bytes: new Float32Array([3]) }).then((r) => ({ ...r, half: [...r.half] }))`;
    const answer = await inPage<{ half: number[]; pid: number; args: string[]; type: string }>(source);
    expect(answer).toMatchObject({ half: [1.5], args: ['--demo'], type: 'utility' });
    expect(answer.pid).not.toBe(app.pid);
    const metrics = await app.evaluate(({ app: a }) =>
      a.getAppMetrics().map(({ pid, name }) => ({ pid, name })),
    );
    expect(metrics).toContainEqual({ pid: answer.pid, name: 'demo child' });
    expect(await inPage(`api.invoke('child', { end: 'crash' })`)).toEqual({ exit: 6 });
    expect(await seen()).toContain('{"type":"Utility","reason":"crashed","name":"demo child"}');
  });

  test('a page that crashes is reported', async () => {
    await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
    );
    const gone = () =>
      app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.isCrashed() ?? false);
    await eventually(gone).toBe(true);
  });

  test('a second start tells the first and ends; quitting ends everything', async () => {
    const first = await launchApp({ main });
    await expect(launchApp({ main, userData: first.userData, args: ['photo.jpg'] })).rejects.toThrow('ended');
    const told = () => first.page.evaluate('api.invoke("seen")').then((list) => JSON.stringify(list));
    await eventually(told).toContain('{"argv":["photo.jpg"],"data":{"note":"second"}}');
    expect(await first.close()).toEqual({ code: 0, signal: null });
    expect(first.output()).toContain('will quit');
  });

  test('killing the main process takes the pages and the children with it', async () => {
    const doomed = await launchApp({ main });
    const [child] = await doomed.evaluate(({ app: a }) => a.getAppMetrics().map(({ pid }) => pid));
    const closed = new Promise<void>((resolve) => doomed.page.once('close', () => resolve()));
    await doomed.kill();
    await closed;
    await eventually(() => isAlive(child ?? 0)).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  // One that nobody has waited for is still listed, as a zombie.
  const stat = `/proc/${pid}/stat`;
  if (process.platform === 'linux') return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
