import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { FromPreload } from '../messages.ts';
import { PageLink, type PausedRequest } from '../page-link.ts';
import { emitPreventable, type Known, strict, UnknownElectronApi } from '../strict.ts';
import { hostApp } from './app.ts';
import { createFrame } from './frame.ts';
import { answerInvoked, encodeArguments, receiveSent, type Sender } from './ipc-main.ts';
import { menuKeys, pressMenuKeys } from './menu.ts';
import { checkPreferences } from './preferences.ts';
import { handlerOf, privilegedSchemes } from './protocol.ts';
import { defaultSession, hostSession } from './session.ts';
import { imageOf, nativeTheme } from './small-parts.ts';
import { runtime, startedChromium } from './runtime.ts';

export const CONTENTS_EVENTS = `
  did-start-loading did-stop-loading did-finish-load did-fail-load dom-ready did-navigate
  did-navigate-in-page will-navigate will-frame-navigate will-redirect page-title-updated
  render-process-gone unresponsive responsive console-message destroyed focus blur
  will-prevent-unload will-attach-webview preload-error context-menu did-create-window
`;

type WindowOpenHandler = Parameters<Electron.WebContents['setWindowOpenHandler']>[0];
type KnownContents = Known<HostContents, Electron.WebContents, 'capturePage'>;

/** A page and what the app may do with it. */
export class HostContents extends EventEmitter {
  readonly id: number;
  readonly session = defaultSession;
  readonly #link: Promise<PageLink>;
  readonly proxy: Electron.WebContents;
  #open: PageLink | null = null;
  #url = '';
  #title = '';
  #isLoading = false;
  #isCrashed = false;
  #isExpected = false;
  #zoom = 1;
  #devTools = false;
  #onWindowOpen: WindowOpenHandler = () => ({ action: 'allow' });
  readonly mainFrame: Electron.WebFrameMain;

  constructor(id: number, preferences: Electron.WebPreferences, targetId: string | null) {
    super();
    checkPreferences(preferences);
    this.id = id;
    this.proxy = strict(
      'WebContents',
      this as HostContents satisfies KnownContents,
      CONTENTS_EVENTS,
    ) as unknown as Electron.WebContents;
    this.mainFrame = createFrame(this);
    this.#link = this.#start(preferences, targetId);
    this.#link.catch((error: unknown) => process.stderr.write(`A page could not open: ${String(error)}\n`));
  }

  /** The page, once Chromium has opened it. */
  link(): Promise<PageLink> {
    return this.#link;
  }

  async #start(preferences: Electron.WebPreferences, targetId: string | null): Promise<PageLink> {
    const { connection } = startedChromium('BrowserWindow');
    const schemes = privilegedSchemes();
    const { node, electron = '', chrome = '' } = process.versions as Record<string, string>;
    const link = await PageLink.open(connection, targetId, {
      facts: {
        argv: [process.execPath, '--type=renderer', ...(preferences.additionalArguments ?? [])],
        platform: process.platform,
        arch: process.arch,
        versions: { node: node ?? '', electron, chrome },
        env: {},
      },
      preload: preferences.preload === undefined ? '' : readFileSync(preferences.preload, 'utf8'),
      origins: Object.fromEntries(schemes.map((scheme) => [scheme, runtime.origins.origin(scheme, '*')])),
      schemes,
    });
    this.#open = link;
    this.#listen(link);
    await this.#applyTheme();
    return link;
  }

  #listen(link: PageLink): void {
    link.on('transmitted', (message, isCurrent) => this.#receive(message, isCurrent));
    link.on('paused', (request) => void this.#decide(link, request).catch(() => {}));
    link.on('navigated', (url) => this.#navigated(url));
    link.on('navigatedInPage', (url) => {
      this.#url = runtime.origins.fromHttp(url);
      this.emit('did-navigate-in-page', {}, this.#url, true);
    });
    link.on('domReady', () => {
      void link.tell('accelerators', menuKeys());
      this.emit('dom-ready', {});
    });
    link.on('loaded', () => {
      this.#isLoading = false;
      this.emit('did-finish-load');
      this.emit('did-stop-loading');
    });
    link.on('titled', (title) => {
      if (title === this.#title) return;
      this.#title = title;
      this.emit('page-title-updated', {}, title, true);
    });
    link.on('console', (type, text, source, line) => this.#logged(type, text, source, line));
    link.on('windowOpen', (url, frameName) => this.#windowOpened(runtime.origins.fromHttp(url), frameName));
    link.on('crashed', () => {
      this.#isCrashed = true;
      const details = { reason: 'crashed', exitCode: 5 };
      this.emit('render-process-gone', {}, details);
      hostApp.emit('render-process-gone', {}, this.proxy, details);
    });
    link.on('closed', () => this.emit('destroyed'));
    runtime.changes.on('menu', () => void link.tell('accelerators', menuKeys()));
    runtime.changes.on('theme', () => void this.#applyTheme());
    hostSession.onPermissionsChanged(() => void this.#applyPermissions());
  }

  #receive(message: FromPreload, isCurrent: boolean): void {
    const from = { contents: this.proxy, frame: isCurrent ? this.mainFrame : null };
    if (message.kind === 'send') receiveSent(message, from);
    else if (message.kind === 'invoke') void this.#invoked(message, from);
    else if (message.kind === 'paths') void this.#findPaths(message.id, message.count);
    else if (message.kind === 'accelerator') pressMenuKeys(message.accelerator);
    else this.#willNavigate(`file://${message.path}`, true);
  }

  async #invoked(message: FromPreload & { kind: 'invoke' }, from: Sender): Promise<void> {
    const link = await this.#link;
    await link.tell('settle', ...(await answerInvoked(message, from)));
  }

  async #findPaths(id: number, count: number): Promise<void> {
    const link = await this.#link;
    await link.tell('found', id, await link.pathsOfHeld(id, count));
  }

  /** Lets a request pass, answers it, or stops a navigation. */
  async #decide(link: PageLink, request: PausedRequest): Promise<void> {
    const { requestId } = request;
    const scheme = request.url.slice(0, request.url.indexOf(':'));
    if (!request.isDocument && handlerOf(scheme)) return this.#fulfil(link, request, scheme);
    const url = runtime.origins.fromHttp(request.url);
    const isExpected = this.#isExpected && request.isMainFrame;
    if (isExpected) this.#isExpected = false;
    else if (request.isDocument && this.#willNavigate(url, request.isMainFrame))
      return void link.session.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
    await link.session.send('Fetch.continueRequest', { requestId });
  }

  /** Pictures and the like of a scheme that is not the page's own. */
  async #fulfil(link: PageLink, request: PausedRequest, scheme: string): Promise<void> {
    const { requestId, url, method, headers } = request;
    const response = await handlerOf(scheme)?.(new Request(url, { method, headers }));
    if (!response) return void link.session.send('Fetch.failRequest', { requestId, errorReason: 'Failed' });
    const body = Buffer.from(await response.arrayBuffer()).toString('base64');
    const responseHeaders = [...response.headers].map(([name, value]) => ({ name, value }));
    const answer = { requestId, responseCode: response.status, responseHeaders, body };
    await link.session.send('Fetch.fulfillRequest', answer);
  }

  /** Asks the app. @returns whether it prevented the navigation */
  #willNavigate(url: string, isMainFrame: boolean): boolean {
    const frame = isMainFrame ? this.mainFrame : null;
    const details = { url, isMainFrame, isSameDocument: false, frame, initiator: this.mainFrame };
    const prevented = emitPreventable(this, 'will-frame-navigate', details);
    if (!isMainFrame) return prevented;
    return emitPreventable(this, 'will-navigate', details, url, false, true, this.id, 1) || prevented;
  }

  #navigated(url: string): void {
    this.#url = runtime.origins.fromHttp(url);
    this.#isCrashed = false;
    void this.#applyPermissions();
    this.emit('did-navigate', {}, this.#url, 200, 'OK');
  }

  #windowOpened(url: string, frameName: string): void {
    const details = {
      url,
      frameName,
      features: '',
      disposition: 'new-window',
      referrer: { url: '', policy: 'default' },
    };
    const { action } = this.#onWindowOpen(details as Electron.HandlerDetails);
    if (action === 'allow')
      throw new UnknownElectronApi(`second window for ${url}: setWindowOpenHandler allowed it, and pop-ups`);
  }

  #logged(type: string, message: string, sourceId: string, lineNumber: number): void {
    const level = type === 'warning' || type === 'error' ? type : type === 'debug' ? 'debug' : 'info';
    if (level === 'error' || level === 'warning') process.stderr.write(`[page ${level}] ${message}\n`);
    const details = {
      level,
      message,
      lineNumber,
      sourceId: runtime.origins.fromHttp(sourceId),
      frame: this.mainFrame,
    };
    this.emit('console-message', details);
  }

  async #applyPermissions(): Promise<void> {
    const origin = /^https?:\/\/[^/]+/.exec(runtime.origins.toHttp(this.#url))?.[0];
    if (!origin || !runtime.chromium) return;
    const { root } = runtime.chromium.connection;
    for (const [name, setting] of await hostSession.permissions(this.proxy, this.#url))
      await root.send('Browser.setPermission', { permission: { name }, setting, origin }).catch(() => {}); // a name this Chromium lacks
  }

  async #applyTheme(): Promise<void> {
    const { themeSource } = nativeTheme;
    const value = themeSource === 'system' ? '' : themeSource;
    const features = [{ name: 'prefers-color-scheme', value }];
    await this.#open?.session.send('Emulation.setEmulatedMedia', { features }).catch(() => {});
  }

  send(channel: string, ...args: unknown[]): void {
    const encoded = encodeArguments(args);
    void this.#open?.tell('message', channel, encoded);
  }

  async loadURL(url: string): Promise<void> {
    const link = await this.#link;
    const loaded = new Promise<void>((resolve) => link.once('loaded', () => resolve()));
    this.#isExpected = true;
    this.#isLoading = true;
    this.emit('did-start-loading');
    const { errorText } = await link.session.send('Page.navigate', { url: runtime.origins.toHttp(url) });
    if (!errorText) return loaded;
    this.#isLoading = false;
    this.emit('did-fail-load', {}, -2, errorText, url, true);
    throw new Error(`${errorText} (-2) loading '${url}'`);
  }

  reload(): void {
    this.#isExpected = true;
    void this.#open?.session.send('Page.reload');
  }

  async executeJavaScript(code: string, userGesture = false): Promise<unknown> {
    const link = await this.#link;
    const evaluation = { expression: code, awaitPromise: true, returnByValue: true, userGesture };
    const { result, exceptionDetails } = await link.session.send('Runtime.evaluate', evaluation);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async capturePage() {
    const link = await this.#link;
    const { data } = await link.session.send('Page.captureScreenshot', { format: 'png' });
    return imageOf(Buffer.from(data, 'base64'));
  }

  getURL(): string {
    return this.#url;
  }
  getTitle(): string {
    return this.#title;
  }
  isLoading(): boolean {
    return this.#isLoading;
  }
  isDestroyed(): boolean {
    return this.#open?.isClosed ?? false;
  }
  isCrashed(): boolean {
    return this.#isCrashed;
  }
  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.#onWindowOpen = handler;
  }
  forcefullyCrashRenderer(): void {
    void this.#open?.session.send('Page.crash').catch(() => {});
  }
  openDevTools(): void {
    this.#devTools = true;
  }
  closeDevTools(): void {
    this.#devTools = false;
  }
  toggleDevTools(): void {
    this.#devTools = !this.#devTools;
  }
  isDevToolsOpened(): boolean {
    return this.#devTools;
  }
  setZoomFactor(factor: number): void {
    this.#zoom = factor;
    this.emit('zoomed');
  }
  getZoomFactor(): number {
    return this.#zoom;
  }
  setZoomLevel(level: number): void {
    this.setZoomFactor(1.2 ** level);
  }
  getZoomLevel(): number {
    return Math.log(this.#zoom) / Math.log(1.2);
  }
  async setVisualZoomLevelLimits(): Promise<void> {}
  startDrag(): void {}
  focus(): void {
    this.emit('focus');
  }
  isFocused(): boolean {
    return true;
  }
}
