import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';

import type { CdpSession, Connection } from './cdp.ts';
import type { FromPreload, PreloadFacts, ToPreload } from './messages.ts';
import { pageWorldScript, PRELOAD_WORLD, preloadWorldScript, RECEIVER, TRANSMIT } from './worlds-source.ts';

/** A request that waits for leave. */
export interface PausedRequest {
  readonly requestId: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly isMainFrame: boolean;
  readonly isDocument: boolean;
}

export interface PageLinkOptions {
  readonly facts: PreloadFacts;
  /** The preload's text: one CommonJS script. */
  readonly preload: string;
  /** Origins of the app's schemes, with `*` for the host. */
  readonly origins: Readonly<Record<string, string>>;
  /** Schemes whose requests Chromium cannot make by itself. */
  readonly schemes: readonly string[];
}

interface PageLinkEvents {
  transmitted: [message: FromPreload, isCurrentDocument: boolean];
  paused: [request: PausedRequest];
  navigated: [url: string];
  navigatedInPage: [url: string];
  domReady: [];
  loaded: [];
  titled: [title: string];
  console: [type: string, text: string, source: string, line: number];
  unloadPrevented: [];
  windowOpen: [url: string, name: string];
  crashed: [];
  closed: [];
}

/** The address that this host's own pages are created at: every other new page is a pop-up. */
const OWN_PAGE = `about:blank#${randomBytes(16).toString('hex')}`;

/** Closes whatever pages open by themselves: the app's handler was asked about them, and none is allowed. */
export function closePopups({ root }: Connection): void {
  root.on('Target.targetCreated', ({ targetInfo: { type, targetId, url } }) => {
    if (type === 'page' && url !== OWN_PAGE) root.send('Target.closeTarget', { targetId }).catch(() => {});
  });
}

/** One page of Chromium, with the preload in a world of its own. Emits what happens in it. */
export class PageLink extends EventEmitter<PageLinkEvents> {
  readonly session: CdpSession;
  readonly targetId: string;
  #preloadContext = 0;
  #isClosed = false;

  private constructor(session: CdpSession, targetId: string) {
    super();
    this.session = session;
    this.targetId = targetId;
  }

  /** Opens an empty page, or takes the one at hand, and prepares its worlds. */
  static async open(
    connection: Connection,
    targetId: string | null,
    options: PageLinkOptions,
  ): Promise<PageLink> {
    const id = targetId ?? (await connection.root.send('Target.createTarget', { url: OWN_PAGE })).targetId;
    const link = new PageLink(await connection.attach(id), id);
    link.#listen();
    connection.root.on('Target.targetDestroyed', (event) => void (event.targetId === id && link.#end()));
    connection.root.on('Target.targetInfoChanged', ({ targetInfo }) => {
      if (targetInfo.targetId === id) link.emit('titled', targetInfo.title);
    });
    await link.#prepare(options);
    return link;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Calls the preload's world; nothing happens where no document has one. */
  async tell<K extends keyof ToPreload>(method: K, ...args: Parameters<ToPreload[K]>): Promise<void> {
    if (this.#preloadContext === 0 || this.#isClosed) return;
    const expression = `globalThis.${RECEIVER}.${method}(${args.map((arg) => JSON.stringify(arg)).join(',')})`;
    const contextId = this.#preloadContext;
    await this.session.send('Runtime.evaluate', { expression, contextId }).catch(() => {}); // the document may go meanwhile
  }

  /** Paths of the files that the preload's world holds back under an id. */
  async pathsOfHeld(id: number, count: number): Promise<string[]> {
    const paths: string[] = [];
    for (let index = 0; index < count; index++) {
      const expression = `globalThis.${RECEIVER}.held(${id}, ${index})`;
      const { result } = await this.session.send('Runtime.evaluate', {
        expression,
        contextId: this.#preloadContext,
      });
      const { objectId = '' } = result;
      paths.push((await this.session.send('DOM.getFileInfo', { objectId })).path);
    }
    return paths;
  }

  async #prepare({ facts, preload, origins, schemes }: PageLinkOptions): Promise<void> {
    const secret = `davenport-${randomBytes(16).toString('hex')}`;
    const { session } = this;
    const patterns = [
      { urlPattern: '*', resourceType: 'Document' as const },
      ...schemes.map((scheme) => ({ urlPattern: `${scheme}:*` })),
    ];
    await Promise.all([
      session.send('Page.enable'),
      session.send('Runtime.enable'),
      session.send('Log.enable'),
      session.send('Inspector.enable'),
      session.send('DOM.enable'),
      session.send('Emulation.setFocusEmulationEnabled', { enabled: true }),
      session.send('Runtime.addBinding', { name: TRANSMIT, executionContextName: PRELOAD_WORLD }),
      session.send('Fetch.enable', { patterns }),
      session.send('Page.addScriptToEvaluateOnNewDocument', { source: pageWorldScript(secret, origins) }),
      session.send('Page.addScriptToEvaluateOnNewDocument', {
        source: preloadWorldScript(secret, facts, preload),
        worldName: PRELOAD_WORLD,
      }),
    ]);
  }

  #listen(): void {
    const { session } = this;
    session.on('Runtime.executionContextCreated', ({ context }) => {
      const { frameId } = (context.auxData ?? {}) as { frameId?: string };
      if (context.name === PRELOAD_WORLD && frameId === this.targetId) this.#preloadContext = context.id;
    });
    session.on('Runtime.executionContextsCleared', () => {
      this.#preloadContext = 0;
    });
    session.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name !== TRANSMIT) return;
      this.emit(
        'transmitted',
        JSON.parse(payload) as FromPreload,
        executionContextId === this.#preloadContext,
      );
    });
    session.on('Fetch.requestPaused', ({ requestId, request, frameId, resourceType }) =>
      this.emit('paused', {
        requestId,
        url: request.url + (request.urlFragment ?? ''),
        method: request.method,
        headers: request.headers,
        isMainFrame: frameId === this.targetId,
        isDocument: resourceType === 'Document',
      }),
    );
    this.#listenToLife();
  }

  #listenToLife(): void {
    const { session } = this;
    session.on(
      'Page.frameNavigated',
      ({ frame }) => void (frame.parentId ?? this.emit('navigated', frame.url)),
    );
    session.on('Page.navigatedWithinDocument', ({ frameId, url }) => {
      if (frameId === this.targetId) this.emit('navigatedInPage', url);
    });
    session.on('Page.domContentEventFired', () => this.emit('domReady'));
    session.on('Page.loadEventFired', () => this.emit('loaded'));
    session.on('Page.windowOpen', ({ url, windowName }) => this.emit('windowOpen', url, windowName));
    session.on('Page.javascriptDialogOpening', ({ type }) => {
      if (type === 'beforeunload') this.emit('unloadPrevented');
    });
    session.on('Inspector.targetCrashed', () => this.emit('crashed'));
    session.on('Runtime.consoleAPICalled', ({ type, args, stackTrace }) => {
      const text = args.map((arg) => String(arg.value ?? arg.description ?? '')).join(' ');
      const [frame] = stackTrace?.callFrames ?? [];
      this.emit('console', type, text, frame?.url ?? '', frame?.lineNumber ?? 0);
    });
    session.on('Runtime.exceptionThrown', ({ exceptionDetails: { exception, text, url = '', lineNumber } }) =>
      this.emit('console', 'error', exception?.description ?? text, url, lineNumber),
    );
    session.on('Log.entryAdded', ({ entry: { level, text, url = '', lineNumber = 0 } }) =>
      this.emit('console', level, text, url, lineNumber),
    );
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.emit('closed');
  }
}
