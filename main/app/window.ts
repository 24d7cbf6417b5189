import { app, BrowserWindow, screen } from 'electron';
import { appHost, appScheme } from '../../preload/names.ts';
import type { Settings, SettingsStore } from './preferences.ts';

const DEFAULT_SIZE = { width: 1440, height: 900 };
const LEAST_SIZE = { minWidth: 960, minHeight: 640 };
/** The chrome's grey, so that nothing flashes white before the page is there. */
const BACKGROUND = '#1e1e1e';

/** Opens the program's one window where it was last. @param preload path of the built bridge */
export function openWindow(preload: string, settings: SettingsStore): BrowserWindow {
  const last = settings.value.window;
  const window = new BrowserWindow({
    ...DEFAULT_SIZE,
    ...(last ? placeOf(last) : {}),
    ...LEAST_SIZE,
    show: false,
    title: 'Davenport',
    backgroundColor: BACKGROUND,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
    },
  });
  if (last?.isMaximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => {
    settings.value.window = { ...window.getNormalBounds(), isMaximized: window.isMaximized() };
    void settings.save();
  });
  void window.loadURL(`${appScheme}://${appHost}/index.html`);
  return window;
}

/** The place of last time, unless its screen is gone. */
function placeOf({ x, y, width, height }: NonNullable<Settings['window']>): Partial<Electron.Rectangle> {
  if (x === undefined || y === undefined) return { width, height };
  const isOnScreen = screen.getAllDisplays().some(({ workArea }) => {
    const right = workArea.x + workArea.width;
    const bottom = workArea.y + workArea.height;
    return x + width > workArea.x && x < right - 40 && y >= workArea.y - 20 && y < bottom - 40;
  });
  return isOnScreen ? { x, y, width, height } : { width, height };
}

/** What the window's frame says of the open project. @param path null where nothing is open */
export function nameWindow(window: BrowserWindow, path: string | null, name: string): void {
  window.setTitle(path === null ? 'Davenport' : `${name} – Davenport`);
  if (process.platform === 'darwin') window.setRepresentedFilename(path ?? '');
}

/** Progress in the taskbar or the dock. @param total 0–1, null where nothing runs */
export function showProgress(window: BrowserWindow, total: number | null): void {
  window.setProgressBar(total === null ? -1 : total);
}

/** Brings the window to the front. */
export function focusWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
  app.focus();
}

/** The page itself may not ask for it: permissions are denied. */
export function toggleFullScreen(window: BrowserWindow | null): void {
  window?.setFullScreen(!window.isFullScreen());
}
