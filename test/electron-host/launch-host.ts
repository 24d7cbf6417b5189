import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { FromTest, ToTest } from './control.ts';

/** As `HostOptions` of electron/runtime.ts, which only the host's process may import. */
export interface LaunchOptions {
  readonly root: string;
  readonly main: string;
  readonly args: readonly string[];
  readonly userData: string;
  readonly chromium: string;
  readonly resources: string | null;
  readonly env: Readonly<Record<string, string>>;
}

export interface RunningHost {
  readonly process: ChildProcess;
  /** Everything that the app and its pages' errors have written. */
  output(): string;
  /** Runs the text of a function `(electron, arg)` in the main process. */
  evaluate(source: string, arg: unknown): Promise<unknown>;
  /** Runs the app and connects to its pages; its entry runs after whatever was evaluated before. */
  start(): Promise<void>;
  pages(): Page[];
  onPage(listener: (page: Page) => void): void;
  /** Settles when the process has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

const HOST = fileURLToPath(new URL('./host.ts', import.meta.url));

/** Starts the host's process; the app itself waits for `start`. */
export async function launchHost({ env, ...options }: LaunchOptions): Promise<RunningHost> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', HOST], {
    cwd: options.root,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
    env: {
      ...withoutTestRunner(),
      ...env,
      DAVENPORT_HOST_OPTIONS: JSON.stringify({ ...options, interactive: false }),
    },
  });
  const host = new HostClient(child);
  await host.heard('listening');
  return host;
}

/** This environment less the test runner's own variables: the app and its build must not find them. */
export function withoutTestRunner(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|NODE_OPTIONS|NODE_ENV|TEST$)/.test(name),
  );
  return Object.fromEntries(kept);
}

class HostClient implements RunningHost {
  readonly process: ChildProcess;
  readonly ended: RunningHost['ended'];
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #heard = new Map<ToTest['type'], PromiseWithResolvers<ToTest>>();
  #output = '';
  #lastId = 0;
  #browser: Browser | null = null;

  constructor(child: ChildProcess) {
    this.process = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    child.on('message', (message: ToTest) => this.#receive(message));
    this.ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
    void this.ended.then(({ code, signal }) => {
      const error = new Error(
        `The app ended with ${signal ?? `code ${code}`}:\n${this.#output.slice(-4000)}`,
      );
      for (const { reject } of [...this.#waiting.values(), ...this.#heard.values()]) reject(error);
    });
  }

  output(): string {
    return this.#output;
  }

  /** Waits for the first message of a kind. @throws Error with the app's output where it ends instead */
  heard<T extends ToTest['type']>(type: T): Promise<ToTest & { type: T }> {
    return this.#resolversOf(type).promise as Promise<ToTest & { type: T }>;
  }

  #resolversOf(type: ToTest['type']): PromiseWithResolvers<ToTest> {
    const resolvers = this.#heard.get(type) ?? Promise.withResolvers<ToTest>();
    this.#heard.set(type, resolvers);
    resolvers.promise.catch(() => {}); // whoever waits hears of it
    return resolvers;
  }

  #receive(message: ToTest): void {
    if (message.type === 'listening' || message.type === 'ready')
      return this.#resolversOf(message.type).resolve(message);
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.type === 'value') waiting?.resolve(message.value);
    else waiting?.reject(new Error(message.error));
  }

  evaluate(source: string, arg: unknown): Promise<unknown> {
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#send({ type: 'evaluate', id, source, arg });
    return waiting.promise;
  }

  async start(): Promise<void> {
    this.#send({ type: 'start' });
    const { endpoint } = await this.heard('ready');
    this.#browser = await chromium.connectOverCDP(endpoint);
    void this.ended.then(() => this.#browser?.close().catch(() => {}));
  }

  pages(): Page[] {
    return this.#browser?.contexts()[0]?.pages() ?? [];
  }

  onPage(listener: (page: Page) => void): void {
    this.#browser?.contexts()[0]?.on('page', listener);
  }

  #send(message: FromTest): void {
    this.process.send(message, () => {});
  }
}
