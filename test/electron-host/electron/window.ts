import { EventEmitter } from 'node:events';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { emitPreventable, strict, strictClass } from '../strict.ts';
import { hostApp } from './app.ts';
import { HostContents } from './contents.ts';
import { type AnyWindow, focusedWindow, options, runtime, startedChromium } from './runtime.ts';

const EVENTS = `
  ready-to-show show hide close closed focus blur page-title-updated resize resized move
  moved maximize unmaximize minimize restore enter-full-screen leave-full-screen
  unresponsive responsive session-end query-session-end swipe
`;

type KnownWindow = Pick<
  Electron.BrowserWindow,
  | 'loadURL'
  | 'loadFile'
  | 'show'
  | 'showInactive'
  | 'hide'
  | 'focus'
  | 'blur'
  | 'close'
  | 'destroy'
  | 'isDestroyed'
  | 'isVisible'
  | 'isFocused'
  | 'minimize'
  | 'maximize'
  | 'restore'
  | 'unmaximize'
  | 'isMinimized'
  | 'isMaximized'
  | 'isFullScreen'
  | 'setFullScreen'
  | 'getBounds'
  | 'setBounds'
  | 'getNormalBounds'
  | 'getContentBounds'
  | 'getSize'
  | 'setSize'
  | 'getContentSize'
  | 'setContentSize'
  | 'getPosition'
  | 'setPosition'
  | 'center'
  | 'setMinimumSize'
  | 'getTitle'
  | 'setTitle'
  | 'setRepresentedFilename'
  | 'getRepresentedFilename'
  | 'setDocumentEdited'
  | 'isDocumentEdited'
  | 'setProgressBar'
  | 'setMenu'
  | 'removeMenu'
  | 'setMenuBarVisibility'
  | 'setAutoHideMenuBar'
  | 'setBackgroundColor'
  | 'flashFrame'
  | 'moveTop'
>;

type State = 'normal' | 'minimized' | 'maximized' | 'fullscreen';

/** A window of the app: a page of Chromium, in a window of its own where people see it. */
class HostWindow extends EventEmitter implements KnownWindow, AnyWindow {
  static #last = 0;
  readonly id = ++HostWindow.#last;
  readonly proxy: Electron.BrowserWindow;
  readonly #contents: HostContents;
  #bounds: Electron.Rectangle;
  #state: State = 'normal';
  #visible: boolean;
  #isFocused = false;
  #isDestroyed = false;
  #title: string;
  #represented = '';
  #edited = false;
  #closing: PromiseWithResolvers<boolean> | null = null;

  constructor(given: Electron.BrowserWindowConstructorOptions = {}) {
    super();
    startedChromium('BrowserWindow');
    this.proxy = strict('BrowserWindow', this, EVENTS) as unknown as Electron.BrowserWindow;
    const { width = 800, height = 600, x = 0, y = 0, show = true, title = hostApp.name } = given;
    this.#bounds = { x, y, width, height };
    this.#visible = show;
    this.#title = title;
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
  get title(): string {
    return this.#title;
  }
  set title(title: string) {
    this.#title = title;
  }

  #listen(): void {
    const contents = this.#contents;
    contents.once('did-finish-load', () => this.emit('ready-to-show'));
    contents.on('zoomed', () => void this.#applySize());
    contents.on('page-title-updated', (_event: unknown, title: string, explicit: boolean) => {
      if (!emitPreventable(this, 'page-title-updated', {}, title, explicit)) this.#title = title;
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

  /** The page is as large as the window's content; without a screen nothing else says so. */
  async #applySize(): Promise<void> {
    const link = await this.#contents.link();
    const zoom = this.#contents.getZoomFactor();
    const [width, height] = [this.#bounds.width, this.#bounds.height].map((side) => Math.round(side / zoom));
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
    const { width, height } = this.#bounds;
    const windowState = this.#state;
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

  #enter(state: State, event: string): void {
    if (this.#state === state) return;
    this.#state = state;
    void this.#applySize();
    this.emit(event);
  }
  minimize(): void {
    this.#enter('minimized', 'minimize');
  }
  maximize(): void {
    this.#enter('maximized', 'maximize');
  }
  unmaximize(): void {
    if (this.#state === 'maximized') this.#enter('normal', 'unmaximize');
  }
  restore(): void {
    if (this.#state === 'minimized') this.#enter('normal', 'restore');
    else this.unmaximize();
  }
  setFullScreen(full: boolean): void {
    if (full) this.#enter('fullscreen', 'enter-full-screen');
    else if (this.#state === 'fullscreen') this.#enter('normal', 'leave-full-screen');
  }
  isMinimized(): boolean {
    return this.#state === 'minimized';
  }
  isMaximized(): boolean {
    return this.#state === 'maximized';
  }
  isFullScreen(): boolean {
    return this.#state === 'fullscreen';
  }

  setBounds(bounds: Partial<Electron.Rectangle>): void {
    this.#bounds = { ...this.#bounds, ...bounds };
    void this.#applySize();
    this.emit('resize');
    this.emit('resized');
  }
  getBounds(): Electron.Rectangle {
    return { ...this.#bounds };
  }
  getNormalBounds(): Electron.Rectangle {
    return this.getBounds();
  }
  getContentBounds(): Electron.Rectangle {
    return this.getBounds();
  }
  getSize(): number[] {
    return [this.#bounds.width, this.#bounds.height];
  }
  setSize(width: number, height: number): void {
    this.setBounds({ width, height });
  }
  getContentSize(): number[] {
    return this.getSize();
  }
  setContentSize(width: number, height: number): void {
    this.setBounds({ width, height });
  }
  getPosition(): number[] {
    return [this.#bounds.x, this.#bounds.y];
  }
  setPosition(x: number, y: number): void {
    this.#bounds = { ...this.#bounds, x, y };
    this.emit('move');
    this.emit('moved');
  }
  center(): void {}
  setMinimumSize(): void {}

  getTitle(): string {
    return this.#title;
  }
  setTitle(title: string): void {
    this.#title = title;
  }
  setRepresentedFilename(path: string): void {
    this.#represented = path;
  }
  getRepresentedFilename(): string {
    return this.#represented;
  }
  setDocumentEdited(edited: boolean): void {
    this.#edited = edited;
  }
  isDocumentEdited(): boolean {
    return this.#edited;
  }
  setProgressBar(): void {}
  setOverlayIcon(): void {}
  setTitleBarOverlay(): void {}
  setIcon(): void {}
  setMenu(): void {}
  removeMenu(): void {}
  setMenuBarVisibility(): void {}
  setAutoHideMenuBar(): void {}
  setBackgroundColor(): void {}
  flashFrame(): void {}

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

export const BrowserWindow = strictClass('BrowserWindow', HostWindow, EVENTS);

export const webContents = strict('webContents (the module)', {
  getAllWebContents: () => HostWindow.getAllWindows().map((window) => window.webContents),
  fromId: (id: number) => HostWindow.fromId(id)?.webContents,
  getFocusedWebContents: () => HostWindow.getFocusedWindow()?.webContents ?? null,
});
