import type { CloneCodec } from '../clone.ts';
import type { FromPreload, PreloadFacts, ToPreload } from '../messages.ts';
import type { AnyFunction, Worlds } from './worlds.ts';

/** The least that a preload needs of `events`. */
class Emitter {
  readonly #listeners = new Map<string, AnyFunction[]>();

  on(event: string, listener: AnyFunction): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }
  addListener(event: string, listener: AnyFunction): this {
    return this.on(event, listener);
  }
  once(event: string, listener: AnyFunction): this {
    const first: AnyFunction = (...args) => {
      this.off(event, first);
      listener(...args);
    };
    return this.on(event, first);
  }
  off(event: string, listener: AnyFunction): this {
    const kept = (this.#listeners.get(event) ?? []).filter((l) => l !== listener);
    this.#listeners.set(event, kept);
    return this;
  }
  removeListener(event: string, listener: AnyFunction): this {
    return this.off(event, listener);
  }
  removeAllListeners(event?: string): this {
    if (event === undefined) this.#listeners.clear();
    else this.#listeners.delete(event);
    return this;
  }
  listenerCount(event: string): number {
    return this.#listeners.get(event)?.length ?? 0;
  }
  emit(event: string, ...args: unknown[]): boolean {
    const listeners = this.#listeners.get(event) ?? [];
    for (const listener of listeners) listener(...args);
    return listeners.length > 0;
  }
}

/** An object that throws by name where it is asked for what it lacks. */
function only<T extends object>(name: string, target: T): T {
  return new Proxy(target, {
    get(_, key) {
      if (key in target || typeof key === 'symbol' || key === 'then' || key === 'toJSON') {
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      throw new Error(
        `The development host has no ${name}.${key}: add it to test/electron-host, or do without it`,
      );
    },
  });
}

const fingerprint = (file: File) => [file.name, file.size, file.lastModified, file.type].join('\n');

/** Knows the paths of files that were dropped or chosen: it holds the page's event back until the host has told them. */
class FilePaths {
  readonly #paths = new Map<string, string>();
  readonly #held = new Map<number, { readonly files: readonly File[]; release(): void }>();
  readonly #released = new WeakSet<Event>();
  readonly #send: (message: FromPreload) => void;
  #last = 0;

  constructor(send: (message: FromPreload) => void) {
    this.#send = send;
    window.addEventListener('drop', (event) => this.#holdDrop(event), true);
    window.addEventListener('input', (event) => this.#holdChoice(event), true);
    window.addEventListener('change', (event) => this.#holdChoice(event), true);
  }

  /** Empty where the file does not come from the disk, as in Electron. */
  of(file: unknown): string {
    if (!(file instanceof File)) throw new TypeError('Value is not a File');
    return this.#paths.get(fingerprint(file)) ?? '';
  }

  held(id: number, index: number): File | undefined {
    return this.#held.get(id)?.files[index];
  }

  found(id: number, paths: readonly string[]): void {
    const held = this.#held.get(id);
    this.#held.delete(id);
    held?.files.forEach((file, i) => this.#paths.set(fingerprint(file), paths[i] ?? ''));
    held?.release();
  }

  #hold(event: Event, files: readonly File[], release: () => void): void {
    event.stopImmediatePropagation();
    const id = ++this.#last;
    this.#held.set(id, { files, release });
    this.#send({ kind: 'paths', id, count: files.length });
  }

  #release(target: EventTarget, event: Event): boolean {
    this.#released.add(event);
    return target.dispatchEvent(event);
  }

  #holdDrop(event: DragEvent): void {
    const files = [...(event.dataTransfer?.files ?? [])];
    const target = event.composedPath()[0];
    if (this.#released.has(event) || files.length === 0 || !target) return;
    event.preventDefault();
    this.#hold(event, files, () => {
      const dataTransfer = new DataTransfer();
      for (const file of files) dataTransfer.items.add(file);
      const { clientX, clientY, screenX, screenY, ctrlKey, shiftKey, altKey, metaKey } = event;
      const position = { clientX, clientY, screenX, screenY, ctrlKey, shiftKey, altKey, metaKey };
      const again = new DragEvent('drop', {
        ...position,
        dataTransfer,
        bubbles: true,
        cancelable: true,
        composed: true,
      });
      // A page that does not take the files is navigated to them.
      if (this.#release(target, again)) this.#send({ kind: 'dropped', path: this.of(files[0]) });
    });
  }

  #holdChoice(event: Event): void {
    const input = event.target;
    if (this.#released.has(event) || !(input instanceof HTMLInputElement) || !input.files?.length) return;
    const { type, bubbles, composed } = event;
    this.#hold(event, [...input.files], () => this.#release(input, new Event(type, { bubbles, composed })));
  }
}

/** Offers keys to the menu's accelerators, after the page and unless it prevented them. */
class MenuKeys {
  #accelerators: ReadonlySet<string> = new Set();

  constructor(send: (message: FromPreload) => void) {
    const offer = (event: KeyboardEvent) => {
      const pressed = MenuKeys.name(event);
      if (!this.#accelerators.has(pressed)) return;
      let taken = false;
      // Added while the event is on its way: it runs after every listener of the page.
      const last = () => {
        taken = !event.defaultPrevented;
        event.preventDefault();
      };
      window.addEventListener('keydown', last, { once: true });
      setTimeout(() => {
        window.removeEventListener('keydown', last);
        if (taken || !event.defaultPrevented) send({ kind: 'accelerator', accelerator: pressed });
      });
    };
    window.addEventListener('keydown', offer, true);
  }

  use(accelerators: readonly string[]): void {
    this.#accelerators = new Set(accelerators);
  }

  /** e.g. `Ctrl+Shift+z`; letters are told by the key, digits by their place. */
  static name(event: KeyboardEvent): string {
    const digit = /^Digit(\d)$/.exec(event.code)?.[1];
    const key = digit ?? (event.key.length === 1 ? event.key.toLowerCase() : event.key);
    const held = [
      event.ctrlKey && 'Ctrl',
      event.altKey && 'Alt',
      event.shiftKey && 'Shift',
      event.metaKey && 'Meta',
    ];
    return [...held.filter((name) => name !== false), key].join('+');
  }
}

function createIpcRenderer(codec: CloneCodec, send: (message: FromPreload) => void) {
  const incoming = new Emitter();
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let last = 0;
  const methods = {
    send: (channel: string, ...args: unknown[]) => send({ kind: 'send', channel, args: codec.encode(args) }),
    async invoke(channel: string, ...args: unknown[]): Promise<unknown> {
      const message = { kind: 'invoke', channel, args: codec.encode(args), id: ++last } as const;
      const answer = Promise.withResolvers<unknown>();
      waiting.set(message.id, answer);
      send(message);
      return answer.promise;
    },
  };
  const ipcRenderer = only('ipcRenderer', Object.assign(incoming, methods));
  return {
    ipcRenderer,
    message: (channel: string, args: unknown) =>
      void incoming.emit(channel, { sender: ipcRenderer, ports: [] }, ...(codec.decode(args) as unknown[])),
    settle(id: number, ok: boolean, value: unknown) {
      const answer = waiting.get(id);
      waiting.delete(id);
      answer?.[ok ? 'resolve' : 'reject'](codec.decode(value));
    },
  };
}

/** What a sandboxed preload finds: `require` for four modules, and `process`. */
export function openPreloadWorld(
  facts: PreloadFacts,
  codec: CloneCodec,
  worlds: Worlds,
  transmit: (json: string) => void,
): { require(name: string): unknown; process: object; host: ToPreload } {
  const send = (message: FromPreload) => transmit(JSON.stringify(message));
  const { ipcRenderer, message, settle } = createIpcRenderer(codec, send);
  const paths = new FilePaths(send);
  const keys = new MenuKeys(send);
  const electron = only('electron (in a preload)', {
    ipcRenderer,
    contextBridge: only('contextBridge', {
      exposeInMainWorld: (key: string, api: unknown) => worlds.expose(key, api),
    }),
    webUtils: only('webUtils', { getPathForFile: (file: unknown) => paths.of(file) }),
  });
  const modules: Record<string, unknown> = {
    electron,
    events: Object.assign(Emitter, { EventEmitter: Emitter }),
    timers: { setTimeout, clearTimeout, setInterval, clearInterval },
    url: { URL, URLSearchParams },
  };
  return {
    require(name) {
      const known = modules[name.replace(/^node:/, '').replace(/^electron\/(renderer|common)$/, 'electron')];
      if (known === undefined) throw new Error(`module not found: ${name}`);
      return known;
    },
    process: only('process (in a preload)', {
      ...facts,
      type: 'renderer',
      sandboxed: true,
      contextIsolated: true,
      isMainFrame: true,
    }),
    host: {
      message,
      settle,
      held: (id, index) => paths.held(id, index),
      found: (id, found) => paths.found(id, found),
      accelerators: (list) => keys.use(list),
    },
  };
}
