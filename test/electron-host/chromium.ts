import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Duplex, Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './cdp.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'msedge'];
const APPLICATIONS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: [
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
};
const QUIET = [
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-extensions',
  '--disable-sync',
  '--disable-features=Translate,MediaRouter,OptimizationHints,DialMediaRouteProvider',
  '--metrics-recording-only',
  '--no-service-autorun',
  '--password-store=basic',
  '--use-mock-keychain',
  '--force-color-profile=srgb',
  '--enable-unsafe-swiftshader',
];

/** The Chromium of this machine: `DAVENPORT_CHROMIUM`, else one in PATH or among the applications; null where there is none. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | null {
  const chosen = env['DAVENPORT_CHROMIUM'];
  if (chosen) return existsSync(chosen) ? chosen : null;
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const inPath = (env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((dir) => NAMES.map((name) => join(dir, name + suffix)));
  return [...inPath, ...(APPLICATIONS[process.platform] ?? [])].find((path) => existsSync(path)) ?? null;
}

export interface ChromiumOptions {
  readonly executable: string;
  /** Kept between starts: local storage lives there, as it does in Electron's user data. */
  readonly profile: string;
  readonly headed: boolean;
  /** Opens a port at which a test can reach the same pages; there is none otherwise. */
  readonly debugPort: boolean;
}

export interface Chromium {
  readonly connection: Connection;
  /** Where Playwright connects to; null without a port. */
  readonly endpoint: string | null;
  readonly process: ChildProcess;
  close(): Promise<void>;
}

/**
 * Starts Chromium and connects through a pipe: when this process ends, however it ends, so does Chromium.
 * @throws Error with Chromium's last words where it does not start
 */
export async function startChromium(options: ChromiumOptions): Promise<Chromium> {
  mkdirSync(options.profile, { recursive: true });
  const portFile = join(options.profile, 'DevToolsActivePort');
  rmSync(portFile, { force: true });
  const args = [
    ...QUIET,
    `--user-data-dir=${options.profile}`,
    '--remote-debugging-pipe',
    ...(options.debugPort ? ['--remote-debugging-port=0'] : []),
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ...(options.headed
      ? ['--app=data:text/html,', '--test-type']
      : ['--headless=new', '--no-startup-window']),
  ];
  const child = spawn(options.executable, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
  const words = rememberLastWords(child.stderr as Readable);
  const connection = new Connection(child.stdio[3] as Writable, child.stdio[4] as Duplex);
  const gone = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Chromium ended with code ${code}: ${words()}`)));
  });
  gone.catch(() => {});
  await Promise.race([connection.root.send('Browser.getVersion'), gone]);
  return {
    connection,
    endpoint: options.debugPort ? await Promise.race([readEndpoint(portFile), gone]) : null,
    process: child,
    close: () => closeChromium(child, connection),
  };
}

function rememberLastWords(stream: Readable): () => string {
  let words = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-2000);
  });
  return () => words;
}

/** The file holds the port and, on its second line, the path of the browser's socket. */
async function readEndpoint(portFile: string): Promise<string> {
  for (;;) {
    const [port, path] = existsSync(portFile) ? readFileSync(portFile, 'utf8').split('\n') : [];
    if (port && path) return `ws://127.0.0.1:${port}${path}`;
    await sleep(10);
  }
}

async function closeChromium(child: ChildProcess, connection: Connection): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  connection.root.send('Browser.close').catch(() => {});
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
  await ended;
  clearTimeout(timer);
}
