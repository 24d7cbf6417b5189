import { EventEmitter } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { emitPreventable, type Known, strict } from '../strict.ts';
import { options, runtime } from './runtime.ts';
import { SingleInstance } from './single-instance.ts';
import { childEvents, utilityMetrics } from './utility-process.ts';

const EVENTS = `
  ready will-finish-launching window-all-closed before-quit will-quit quit activate
  open-file open-url second-instance browser-window-created browser-window-focus
  browser-window-blur web-contents-created render-process-gone child-process-gone
  certificate-error login select-client-certificate did-become-active did-resign-active
`;

type PathName = Parameters<Electron.App['getPath']>[0];
const userFolders: Partial<Record<PathName, string>> = {
  downloads: 'Downloads',
  documents: 'Documents',
  pictures: 'Pictures',
  desktop: 'Desktop',
  music: 'Music',
  videos: 'Videos',
};

class HostApp extends EventEmitter {
  readonly #manifest = JSON.parse(readFileSync(join(options.root, 'package.json'), 'utf8')) as {
    name: string;
    productName?: string;
    version: string;
  };
  readonly #paths = new Map<PathName, string>([['userData', options.userData]]);
  readonly #instance = new SingleInstance(() => this.getPath('userData'));
  readonly #ready = Promise.withResolvers<void>();
  name = this.#manifest.productName ?? this.#manifest.name;
  readonly isPackaged = options.resources !== null;
  // As in Electron, there is none but on macOS; the type says it always is there.
  readonly dock = undefined as unknown as Electron.Dock;
  readonly commandLine = strict('app.commandLine', {
    appendSwitch() {},
    appendArgument() {},
    hasSwitch: (name: string) =>
      options.args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`)),
    getSwitchValue: (name: string) =>
      options.args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '',
  });

  constructor() {
    super();
    childEvents.on('gone', (details: object) => this.emit('child-process-gone', {}, details));
    this.#instance.onSecond(({ argv, cwd, data }) => this.emit('second-instance', {}, argv, cwd, data));
  }

  /** Fires `ready`: the host does so once Chromium runs. */
  becomeReady(): void {
    runtime.isReady = true;
    this.emit('will-finish-launching');
    this.emit('ready', {}, {});
    this.#ready.resolve();
  }

  whenReady(): Promise<void> {
    return this.#ready.promise;
  }
  isReady(): boolean {
    return runtime.isReady;
  }

  quit(): void {
    if (runtime.isQuitting || emitPreventable(this, 'before-quit')) return;
    runtime.isQuitting = true;
    void this.#closeAllAndQuit();
  }

  async #closeAllAndQuit(): Promise<void> {
    for (const window of runtime.windows.values()) {
      if (await window.tryClose()) continue;
      runtime.isQuitting = false;
      return;
    }
    if (emitPreventable(this, 'will-quit')) runtime.isQuitting = false;
    else this.#end(0);
  }

  exit(code = 0): void {
    for (const window of runtime.windows.values()) window.destroy();
    this.#end(code);
  }

  #end(code: number): void {
    this.emit('quit', {}, code);
    this.#instance.release();
    runtime.stop().finally(() => process.exit(code));
  }

  /** What happens after the last window has closed by itself. */
  allWindowsClosed(): void {
    if (runtime.isQuitting) return;
    if (this.listenerCount('window-all-closed') > 0) this.emit('window-all-closed');
    else this.quit();
  }

  getPath(name: PathName): string {
    const path = this.#paths.get(name) ?? this.#defaultPath(name);
    this.#paths.set(name, path);
    return path;
  }
  setPath(name: string, path: string): void {
    mkdirSync(path, { recursive: true });
    this.#paths.set(name as PathName, path);
  }

  /** In a test every folder of the user stands beside the user data: nothing of a test reaches the real ones. */
  #defaultPath(name: PathName): string {
    const home = options.interactive ? homedir() : join(dirname(options.userData), 'home');
    const inHome = userFolders[name];
    const path = inHome ? join(home, inHome) : this.#systemPath(name, home);
    if (name !== 'exe') mkdirSync(path, { recursive: true });
    return path;
  }

  #systemPath(name: PathName, home: string): string {
    const userData = this.getPath('userData');
    if (name === 'home') return home;
    if (name === 'temp') return options.interactive ? tmpdir() : join(dirname(options.userData), 'temp');
    if (name === 'appData') return dirname(userData);
    if (name === 'sessionData') return userData;
    if (name === 'logs') return join(userData, 'logs');
    if (name === 'crashDumps') return join(userData, 'Crashpad');
    if (name === 'exe') return process.execPath;
    throw new Error(`Failed to get '${name}' path`);
  }

  getName(): string {
    return this.name;
  }
  setName(name: string): void {
    this.name = name;
  }
  getVersion(): string {
    return this.#manifest.version;
  }
  getAppPath(): string {
    return options.root;
  }
  getLocale(): string {
    return 'en-US';
  }
  getPreferredSystemLanguages(): string[] {
    return ['en-US'];
  }

  requestSingleInstanceLock(additionalData?: Record<PropertyKey, unknown>): boolean {
    return this.#instance.request(additionalData);
  }
  hasSingleInstanceLock(): boolean {
    return this.#instance.held;
  }
  releaseSingleInstanceLock(): void {
    this.#instance.release();
  }

  getAppMetrics(): Electron.ProcessMetric[] {
    return utilityMetrics();
  }

  addRecentDocument(): void {}
  clearRecentDocuments(): void {}
  setAppUserModelId(): void {}
  setAboutPanelOptions(): void {}
  showAboutPanel(): void {}
  enableSandbox(): void {}
  disableHardwareAcceleration(): void {}
  focus(): void {}
}

export const hostApp = new HostApp();
export const app = strict('app', hostApp satisfies Known<HostApp, Electron.App, 'commandLine'>, EVENTS);
