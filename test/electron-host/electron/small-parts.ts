import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { strict, strictClass } from '../strict.ts';
import { options, runtime } from './runtime.ts';

/** Hands something to the system; only where people run the host, never from a test. */
function openWithSystem(target: string): void {
  if (!options.interactive) return;
  const command = { darwin: 'open', win32: 'explorer.exe' }[process.platform as string] ?? 'xdg-open';
  spawn(command, [target], { stdio: 'ignore', detached: true }).on('error', () => {});
}

export const shell = strict('shell', {
  async openExternal(url: string): Promise<void> {
    openWithSystem(url);
  },
  async openPath(path: string): Promise<string> {
    openWithSystem(path);
    return '';
  },
  showItemInFolder(path: string): void {
    openWithSystem(dirname(path));
  },
  async trashItem(): Promise<void> {
    throw new Error('The development host has no trash');
  },
  beep(): void {},
});

class HostNativeTheme extends EventEmitter {
  #source: Electron.NativeTheme['themeSource'] = 'system';
  readonly shouldUseHighContrastColors = false;
  readonly shouldUseInvertedColorScheme = false;
  readonly inForcedColorsMode = false;
  readonly prefersReducedTransparency = false;

  get themeSource(): Electron.NativeTheme['themeSource'] {
    return this.#source;
  }
  set themeSource(source: Electron.NativeTheme['themeSource']) {
    this.#source = source;
    runtime.changes.emit('theme');
    this.emit('updated');
  }
  get shouldUseDarkColors(): boolean {
    return this.#source === 'dark';
  }
}
export const nativeTheme = strict('nativeTheme', new HostNativeTheme(), 'updated');

class HostPowerMonitor extends EventEmitter {
  readonly onBatteryPower = false;
  getSystemIdleState(): 'active' {
    return 'active';
  }
  getSystemIdleTime(): number {
    return 0;
  }
  isOnBatteryPower(): boolean {
    return false;
  }
}
const POWER_EVENTS = `
  suspend resume on-ac on-battery shutdown lock-screen unlock-screen user-did-become-active
  user-did-resign-active thermal-state-change speed-limit-change
`;
export const powerMonitor = strict('powerMonitor', new HostPowerMonitor(), POWER_EVENTS);

const blockers = new Set<number>();
let lastBlocker = 0;
export const powerSaveBlocker = strict('powerSaveBlocker', {
  start(_type: 'prevent-app-suspension' | 'prevent-display-sleep'): number {
    blockers.add(++lastBlocker);
    return lastBlocker;
  },
  stop: (id: number) => blockers.delete(id),
  isStarted: (id: number) => blockers.has(id),
});

let copied = '';
export const clipboard = strict('clipboard', {
  async writeText(text: string): Promise<void> {
    copied = text;
  },
  readText: async () => copied,
  clear(): void {
    copied = '';
  },
});

const display = {
  id: 1,
  label: 'Development host',
  bounds: { x: 0, y: 0, width: 2560, height: 1440 },
  workArea: { x: 0, y: 0, width: 2560, height: 1400 },
  workAreaSize: { width: 2560, height: 1400 },
  size: { width: 2560, height: 1440 },
  scaleFactor: 1,
  rotation: 0,
  internal: false,
};
class HostScreen extends EventEmitter {
  getPrimaryDisplay(): typeof display {
    return display;
  }
  getAllDisplays(): (typeof display)[] {
    return [display];
  }
  getDisplayMatching(): typeof display {
    return display;
  }
  getDisplayNearestPoint(): typeof display {
    return display;
  }
  getCursorScreenPoint(): Electron.Point {
    return { x: 0, y: 0 };
  }
}
export const screen = strict(
  'screen',
  new HostScreen(),
  'display-added display-removed display-metrics-changed',
);

/** Bytes of a picture, as they came. */
export class HostNativeImage {
  readonly #png: Buffer;
  constructor(png: Buffer) {
    this.#png = png;
  }
  isEmpty(): boolean {
    return this.#png.length === 0;
  }
  toPNG(): Buffer {
    return this.#png;
  }
  toDataURL(): string {
    return `data:image/png;base64,${this.#png.toString('base64')}`;
  }
}
export const imageOf = (bytes: Buffer) => strict('NativeImage', new HostNativeImage(bytes));
export const nativeImage = strict('nativeImage', {
  createEmpty: () => imageOf(Buffer.alloc(0)),
  createFromPath: (path: string) => imageOf(readFileSync(path)),
  createFromBuffer: (bytes: Buffer) => imageOf(bytes),
});

class HostNotification extends EventEmitter {
  readonly title: string;
  readonly body: string;
  constructor({ title = '', body = '' }: Electron.NotificationConstructorOptions = {}) {
    super();
    this.title = title;
    this.body = body;
  }
  static isSupported(): boolean {
    return true;
  }
  show(): void {
    this.emit('show');
  }
  close(): void {
    this.emit('close');
  }
}
export const Notification = strictClass(
  'Notification',
  HostNotification,
  'show click close reply action failed',
);

export const crashReporter = strict('crashReporter', { start(): void {} });
