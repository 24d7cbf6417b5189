import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { emitPreventable, type Known, strict, strictClass } from '../strict.ts';
import { hostApp } from './app.ts';
import { HostContents } from './contents.ts';
import { type AnyWindow, focusedWindow, options, runtime, startedChromium } from './runtime.ts';
import { WindowFrame } from './window-frame.ts';

const EVENTS = `
  ready-to-show show hide close closed focus blur page-title-updated resize resized move
  moved maximize unmaximize minimize restore enter-full-screen leave-full-screen
  unresponsive responsive session-end query-session-end swipe
`;

/** A window of the app: a page of Chromium, in a window of its own where people see it. */
class HostWindow extends WindowFrame implements AnyWindow {
  static #last = 0;
  readonly id = ++HostWindow.#last;
  readonly proxy: Electron.BrowserWindow;
  readonly #contents: HostContents;
  #visible: boolean;
  #isFocused = false;
  #isDestroyed = false;
  #closing: PromiseWithResolvers<boolean> | null = null;

  constructor(given: Electron.BrowserWindowConstructorOptions = {}) {
    const { width = 800, height = 600, x = 0, y = 0, show = true, title = hostApp.name } = given;
    super({ x, y, width, height }, title);
    startedChromium('BrowserWindow');
    this.proxy = strict('BrowserWindow', this, EVENTS) as unknown as Electron.BrowserWindow;
    this.#visible = show;
    this.#contents = new HostContents(this.id, given.webPreferences ?? {}, firstTarget());
    runtime.windows.set(this.id, this);
    this.#listen();
    void this.#applySize();
    hostApp.emit('browser-window-created', {}, this.proxy);
    hostApp.emit('web-contents-created', {}, this.#contents.proxy);
    if (show) this.focus();
  }

  get webContents(): Electron.WebContents {
    return this.#contents.proxy;
  }

  #listen(): void {
    const contents = this.#contents;
    contents.once('did-finish-load', () => this.emit('ready-to-show'));
    contents.on('zoomed', () => void this.#applySize());
    contents.on('page-title-updated', (_event: unknown, title: string, explicit: boolean) => {
      if (!emitPreventable(this, 'page-title-updated', {}, title, explicit)) this.title = title;
    });
    contents.once('destroyed', () => {
      if (!this.#closing) this.emit('close', { preventDefault() {}, defaultPrevented: false });
      this.#end();
    });
    void contents.link().then((link) => {
      link.on('unloadPrevented', () => {
        const leave = emitPreventable(contents, 'will-prevent-unload');
        void link.session.send('Page.handleJavaScriptDialog', { accept: leave }).catch(() => {});
        if (!leave) this.#settleClosing(false);
      });
    });
  }

  protected override resized(): void {
    void this.#applySize();
  }

  /** The page is as large as the window's content; without a screen nothing else says so. */
  async #applySize(): Promise<void> {
    const link = await this.#contents.link();
    const zoom = this.#contents.getZoomFactor();
    const [width, height] = this.getSize().map((side) => Math.round(side / zoom));
    const size = {
      width: width ?? 0,
      height: height ?? 0,
      deviceScaleFactor: zoom === 1 ? 0 : zoom,
      mobile: false,
    };
    if (!options.interactive)
      await link.session.send('Emulation.setDeviceMetricsOverride', size).catch(() => {});
    else await this.#applyBounds(link.targetId).catch(() => {});
  }

  async #applyBounds(targetId: string): Promise<void> {
    const { root } = startedChromium('BrowserWindow').connection;
    const { windowId } = await root.send('Browser.getWindowForTarget', { targetId });
    const { width, height } = this.getBounds();
    const windowState = this.state;
    const bounds = windowState === 'normal' ? { width, height, windowState } : { windowState };
    await root.send('Browser.setWindowBounds', { windowId, bounds });
  }

  loadURL(url: string): Promise<void> {
    return this.#contents.loadURL(url);
  }
  loadFile(path: string): Promise<void> {
    return this.loadURL(pathToFileURL(resolve(options.root, path)).href);
  }

  close(): void {
    void this.tryClose();
  }

  async tryClose(): Promise<boolean> {
    if (this.#isDestroyed) return true;
    if (emitPreventable(this, 'close')) return false;
    const closing = Promise.withResolvers<boolean>();
    this.#closing = closing;
    const link = await this.#contents.link();
    link.session.send('Page.close').catch(() => {});
    const closed = await closing.promise;
    this.#closing = null;
    return closed;
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#closing ??= Promise.withResolvers<boolean>();
    void this.#contents.link().then(({ targetId }) => {
      const { root } = startedChromium('BrowserWindow').connection;
      root.send('Target.closeTarget', { targetId }).catch(() => {});
    });
    this.#end();
  }

  #settleClosing(closed: boolean): void {
    this.#closing?.resolve(closed);
  }

  #end(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#isFocused = false;
    runtime.windows.delete(this.id);
    this.emit('closed');
    this.#settleClosing(true);
    if (runtime.windows.size === 0) hostApp.allWindowsClosed();
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  show(): void {
    this.#visible = true;
    this.emit('show');
    this.focus();
  }
  showInactive(): void {
    this.#visible = true;
    this.emit('show');
  }
  hide(): void {
    this.#visible = false;
    this.emit('hide');
  }
  isVisible(): boolean {
    return this.#visible;
  }
  focus(): void {
    if (this.#isFocused) return;
    (focusedWindow() as HostWindow | null)?.blur();
    this.#isFocused = true;
    this.emit('focus');
    hostApp.emit('browser-window-focus', {}, this.proxy);
  }
  blur(): void {
    this.#isFocused = false;
    this.emit('blur');
    hostApp.emit('browser-window-blur', {}, this.proxy);
  }
  isFocused(): boolean {
    return this.#isFocused;
  }
  moveTop(): void {}

  static getAllWindows(): Electron.BrowserWindow[] {
    return [...runtime.windows.values()].map((window) => window.proxy);
  }
  static getFocusedWindow(): Electron.BrowserWindow | null {
    return focusedWindow()?.proxy ?? null;
  }
  static fromId(id: number): Electron.BrowserWindow | null {
    return runtime.windows.get(id)?.proxy ?? null;
  }
  static fromWebContents(contents: Electron.WebContents): Electron.BrowserWindow | null {
    return HostWindow.getAllWindows().find((window) => window.webContents === contents) ?? null;
  }
}

let taken = false;
/** People's Chromium starts with one window in app mode: the first of the app's windows is that one. */
function firstTarget(): string | null {
  if (taken) return null;
  taken = true;
  return runtime.firstTarget;
}

type KnownWindow = Known<HostWindow, Electron.BrowserWindow>;
const checked = HostWindow satisfies new (...args: never[]) => KnownWindow;
export const BrowserWindow = strictClass('BrowserWindow', checked, EVENTS);

export const webContents = strict('webContents (the module)', {
  getAllWebContents: () => HostWindow.getAllWindows().map((window) => window.webContents),
  fromId: (id: number) => HostWindow.fromId(id)?.webContents,
  getFocusedWebContents: () => HostWindow.getFocusedWindow()?.webContents ?? null,
});
