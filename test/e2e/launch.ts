/**
 * Opens the app for a test: in the development host (the system's Chromium), or with `DAVENPORT_ELECTRON=1` in
 * the real Electron. A test sees one interface and need not know which.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type * as ElectronModule from 'electron';
import { _electron, type Locator, type Page } from 'playwright-core';
import { findChromium } from '../electron-host/chromium.ts';
import { launchHost, type RunningHost, withoutTestRunner } from '../electron-host/launch-host.ts';
import { skipWithout } from '../support/require.ts';
import { installProbe, type Probe } from './probe.ts';

/** The module `electron`, as the main process has it. */
export type Electron = typeof ElectronModule;

export interface LaunchAppOptions {
  /** After the app's own: files to open, switches. */
  readonly args?: readonly string[];
  /** Kept by the caller; without it the app gets an empty folder that goes with it. */
  readonly userData?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The main process's entry, for the host's own tests. */
  readonly main?: string;
  /** An installed app: what its archive holds, unpacked, and its resources. The host alone opens it. */
  readonly installed?: { readonly archive: string; readonly resources: string };
}

export interface AppUnderTest extends Probe {
  readonly kind: 'host' | 'electron';
  /** The first window. */
  readonly page: Page;
  windows(): Page[];
  readonly userData: string;
  readonly pid: number;
  /** Runs a function in the main process; it sees nothing of the test but `arg`. */
  evaluate<R, A = undefined>(run: (electron: Electron, arg: A) => R | Promise<R>, arg?: A): Promise<R>;
  /** Drops files and folders of the disk onto an element, as from the system's file manager. */
  drop(target: Locator, paths: readonly string[]): Promise<void>;
  /** Chooses files of the disk in a file input. */
  choose(input: Locator, paths: readonly string[]): Promise<void>;
  /** Everything that the app has written so far. */
  output(): string;
  /** Quits as people do, and waits for the end. */
  close(): Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Ends the main process at once, as a power cut does. */
  kill(): Promise<void>;
  /** Settles when the main process has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Electron's binary, where it has been fetched. */
export function electronBinary(): string | null {
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const names = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
  const path = join(folder, 'dist', names[process.platform as 'darwin' | 'win32'] ?? 'electron');
  return existsSync(path) ? path : null;
}

const wantsElectron = () => process.env['DAVENPORT_ELECTRON'] === '1';

/** True where no app can be opened, for `describe.skipIf`; says why, and throws where `DAVENPORT_REQUIRE` wants one. */
export function skipWithoutApp(): boolean {
  if (wantsElectron())
    return skipWithout(
      'chromium',
      electronBinary() !== null,
      'Electron is not here: npx install-electron fetches it',
    );
  const reason = 'there is no Chromium in PATH: apt install chromium, or name one in DAVENPORT_CHROMIUM';
  return skipWithout('chromium', findChromium() !== null, reason);
}

let building: Promise<void> | undefined;

/** Builds what changed of the window and the preload; for Electron the main process too, which the host runs from source. */
async function buildApp(): Promise<void> {
  const parts = wantsElectron() ? [] : ['renderer', 'preload'];
  await promisify(execFile)(process.execPath, [join(root, 'vite.config.ts'), ...parts], {
    env: withoutTestRunner(),
  });
}

/** Opens the app and waits for its first window. @throws Error with what the app wrote where it does not open */
export async function launchApp(options: LaunchAppOptions = {}): Promise<AppUnderTest> {
  if (options.main === undefined && !options.installed) await (building ??= buildApp());
  const base = options.userData === undefined ? mkdtempSync(join(tmpdir(), 'davenport-e2e-')) : null;
  const userData = options.userData ?? join(base ?? '', 'user-data');
  mkdirSync(userData, { recursive: true });
  const app = wantsElectron()
    ? await launchElectron(options, userData)
    : await launchInHost(options, userData);
  if (base) void app.ended.then(() => rmSync(base, { recursive: true, force: true, maxRetries: 5 }));
  return app;
}

async function launchInHost(options: LaunchAppOptions, userData: string): Promise<AppUnderTest> {
  const chromium = findChromium();
  if (!chromium) throw new Error('There is no program to open the app in');
  const { args = [], env = {}, installed } = options;
  const main = installed ? join(installed.archive, 'dist/main/entry.js') : join(root, 'main/app/entry.ts');
  const host = await launchHost({
    root: installed?.archive ?? root,
    main: options.main ?? main,
    args,
    userData,
    chromium,
    env,
    resources: installed?.resources ?? null,
  });
  const evaluate: AppUnderTest['evaluate'] = (run, arg) =>
    host.evaluate(run.toString(), arg) as Promise<Awaited<ReturnType<typeof run>>>;
  const probe = await installProbe(evaluate);
  await host.start();
  const page = await firstPage(host);
  return finish(
    { ...probe, kind: 'host', page, userData, evaluate, ended: host.ended },
    host.process.pid ?? 0,
    {
      windows: () => host.pages(),
      output: () => host.output(),
      kill: () => host.process.kill('SIGKILL'),
    },
  );
}

/** The first window's page, once it shows a document of the app. */
async function firstPage(host: RunningHost): Promise<Page> {
  const opened = new Promise<Page>((resolve) => {
    host.onPage(resolve);
    const [present] = host.pages();
    if (present) resolve(present);
  });
  const over = host.ended.then((): never => {
    throw new Error(`The app ended without a window:\n${host.output()}`);
  });
  const page = await Promise.race([opened, over]);
  const isOpen = (url: URL) => url.protocol !== 'about:';
  await Promise.race([page.waitForURL(isOpen, { waitUntil: 'domcontentloaded' }), over]);
  return page;
}

async function launchElectron(options: LaunchAppOptions, userData: string): Promise<AppUnderTest> {
  const executablePath = electronBinary();
  if (!executablePath) throw new Error('There is no program to open the app in');
  const inherited = Object.entries(process.env).filter(([, value]) => value !== undefined);
  const app = await _electron.launch({
    executablePath,
    args: [options.main ?? root, `--user-data-dir=${userData}`, ...(options.args ?? [])],
    env: { ...(Object.fromEntries(inherited) as Record<string, string>), ...options.env },
  });
  const child = app.process();
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended: AppUnderTest['ended'] = new Promise((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  const evaluate = app.evaluate.bind(app) as unknown as AppUnderTest['evaluate'];
  const probe = await installProbe(evaluate);
  const page = await app.firstWindow();
  return finish({ ...probe, kind: 'electron', page, userData, evaluate, ended }, child.pid ?? 0, {
    windows: () => app.windows(),
    output: () => output,
    kill: () => child.kill('SIGKILL'),
  });
}

type Known = Probe & Pick<AppUnderTest, 'kind' | 'page' | 'userData' | 'evaluate' | 'ended'>;

interface Ways {
  windows(): Page[];
  output(): string;
  kill(): boolean;
}

/** What both kinds have in common. */
function finish(known: Known, pid: number, ways: Ways): AppUnderTest {
  return {
    ...known,
    ...ways,
    pid,
    drop: dropFiles,
    choose: chooseFiles,
    async close() {
      // The answer may not come: the process ends meanwhile.
      known.evaluate(({ app }) => app.quit()).catch(() => {});
      return known.ended;
    },
    async kill() {
      ways.kill();
      await known.ended;
    },
  };
}

async function dropFiles(target: Locator, paths: readonly string[]): Promise<void> {
  const page = target.page();
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  if (!box) throw new Error('The element to drop onto is not visible');
  const session = await page.context().newCDPSession(page);
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, ...at, data });
  await session.detach();
}

/** Playwright hands over copies of the files where it has connected to a Chromium that it did not start. */
async function chooseFiles(input: Locator, paths: readonly string[]): Promise<void> {
  const mark = 'data-test-chooses';
  await input.evaluate((element, name) => element.setAttribute(name, ''), mark);
  const session = await input.page().context().newCDPSession(input.page());
  const { root: document } = await session.send('DOM.getDocument');
  const { nodeId } = await session.send('DOM.querySelector', {
    nodeId: document.nodeId,
    selector: `[${mark}]`,
  });
  await session.send('DOM.setFileInputFiles', { nodeId, files: [...paths] });
  await session.detach();
  await input.evaluate((element, name) => element.removeAttribute(name), mark);
}
