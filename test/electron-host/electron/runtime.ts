import { EventEmitter } from 'node:events';
import type { Chromium } from '../chromium.ts';
import { Origins } from '../origins.ts';

/** How the host was started: handed over in the environment as JSON. */
export interface HostOptions {
  /** The app's folder, where package.json is. */
  readonly root: string;
  /** The main process's entry. */
  readonly main: string;
  /** Command-line arguments after the app's own. */
  readonly args: readonly string[];
  /** Replaces `app.getPath('userData')`; the other folders stand beside it in a test. */
  readonly userData: string;
  /** A window that people see and answer, instead of one that a test drives. */
  readonly interactive: boolean;
  readonly chromium: string;
  /** The resources of an installed app, whose archive lies unpacked at `root`; null for the app in development. */
  readonly resources: string | null;
}

export const OPTIONS_VARIABLE = 'DAVENPORT_HOST_OPTIONS';

function readOptions(): HostOptions {
  const json = process.env[OPTIONS_VARIABLE];
  if (!json)
    throw new Error(
      `Expected ${OPTIONS_VARIABLE}: the electron double runs inside the development host only`,
    );
  return JSON.parse(json) as HostOptions;
}

/** What the parts of the double need of a window. */
export interface AnyWindow {
  readonly id: number;
  /** The window as the app holds it. */
  readonly proxy: Electron.BrowserWindow;
  isFocused(): boolean;
  /** Asks the page and the app, and closes. @returns whether it closed */
  tryClose(): Promise<boolean>;
  destroy(): void;
}

export const options: HostOptions = readOptions();

/** What there is one of in a running app. */
export const runtime = {
  windows: new Map<number, AnyWindow>(),
  /** Set once `ready` has fired. */
  chromium: null as Chromium | null,
  /** The page that Chromium opened by itself. */
  firstTarget: null as string | null,
  origins: new Origins([]),
  isReady: false,
  isQuitting: false,
  /** `menu`: the application menu changed; `theme`: what pages are told of colors changed. */
  changes: new EventEmitter(),
  /** Ends what `ready` started. */
  stop: async (): Promise<void> => {},
};
runtime.changes.setMaxListeners(0);

/** Chromium, once the app is ready. @throws Error before, as Electron does */
export function startedChromium(what: string): Chromium {
  if (!runtime.chromium) throw new Error(`Cannot create ${what} before app is ready`);
  return runtime.chromium;
}

/** The window that has the keyboard. */
export function focusedWindow(): AnyWindow | null {
  return [...runtime.windows.values()].find((window) => window.isFocused()) ?? null;
}
