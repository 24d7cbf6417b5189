import { MachineError } from '../errors.ts';
import { isOutOfMemory, outOfMemory } from '../inference/memory.ts';
import type { ChildExit, ChildHandle, ChildHost, ChildName } from './child-host.ts';

/** What a start of a child is given: its first message, and where it can be reached. */
export interface ChildStart {
  readonly init: object;
  readonly address: string;
}

export interface ChildListener {
  message(raw: unknown): void;
  exit(exit: ChildExit): void;
}

interface Running {
  readonly handle: ChildHandle;
  readonly ready: Promise<string>;
  readonly ended: Promise<void>;
}

/** One of the engine's children: started when it is needed, and again after it has ended, whatever the reason. */
export class SupervisedChild {
  readonly #host: ChildHost;
  readonly #name: ChildName;
  readonly #prepare: () => ChildStart;
  #running: Running | undefined;
  #listener: ChildListener | null = null;
  #lastExit: ChildExit = { code: null, signal: null };
  #lastWords = '';

  constructor(host: ChildHost, name: ChildName, prepare: () => ChildStart) {
    this.#host = host;
    this.#name = name;
    this.#prepare = prepare;
  }

  get pid(): number | undefined {
    return this.#running?.handle.pid;
  }

  /** How it ended last. */
  get lastExit(): ChildExit {
    return this.#lastExit;
  }

  /** What it wrote last to standard error, now or before it ended. */
  get lastWords(): string {
    return this.#running?.handle.lastWords() ?? this.#lastWords;
  }

  /** Settles when it has ended; at once where it does not run. */
  get ended(): Promise<void> {
    return this.#running?.ended ?? Promise.resolve();
  }

  /** Hears messages and the end from now on; null for nobody. */
  listen(listener: ChildListener | null): void {
    this.#listener = listener;
  }

  send(message: object): void {
    this.#running?.handle.send(message);
  }

  /** Starts it where it does not run. @returns its address, once it is ready. @throws MachineError where it cannot start */
  ensure(): Promise<string> {
    this.#running ??= this.#start();
    return this.#running.ready;
  }

  /** Ends it: with a message and some time to follow it, or at once. Settles when it is gone. */
  async end(farewell: object | null, graceMs: number): Promise<void> {
    const running = this.#running;
    if (!running) return;
    if (farewell) running.handle.send(farewell);
    const timer = setTimeout(() => running.handle.kill(), graceMs);
    if (graceMs === 0) running.handle.kill();
    await running.ended;
    clearTimeout(timer);
  }

  #start(): Running {
    const { init, address } = this.#prepare();
    const handle = this.#host.start(this.#name);
    const stopWithParent = () => handle.kill();
    process.once('exit', stopWithParent);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const ready = new Promise<string>((resolve, reject) => {
      handle.onMessage((raw) => {
        if ((raw as { type?: unknown } | null)?.type === 'ready') resolve(address);
        else this.#listener?.message(raw);
      });
      handle.onExit((exit) => {
        process.removeListener('exit', stopWithParent);
        this.#running = undefined;
        this.#lastExit = exit;
        this.#lastWords = handle.lastWords();
        reject(describeFailedStart(this.#name, exit, this.#lastWords));
        this.#listener?.exit(exit);
        end();
      });
    });
    ready.catch(() => {}); // whoever waits for it hears of it; it may end when nobody does
    handle.send(init);
    return { handle, ready, ended };
  }
}

function describeFailedStart(name: ChildName, { code, signal }: ChildExit, lastWords: string): MachineError {
  const said = /^\w*Error: .*$/m.exec(lastWords)?.[0] ?? `it ended with ${signal ?? `code ${code}`}`;
  return new MachineError(
    `The ${name} process could not start: ${said}`,
    'Run `davenport doctor`, or reinstall Davenport',
    {
      cause: new Error(lastWords),
    },
  );
}

/** What a child was doing: in a person's words, and as those who look into it call it (a node's id). */
export interface Work {
  readonly words: string;
  readonly id: string;
}

/** The sentence for a child that ended by itself; which one, how, where and its last words are the error's cause. */
export function describeExit(
  name: ChildName,
  { code, signal }: ChildExit,
  lastWords: string,
  during: Work,
): MachineError {
  const said = lastWords.trim() || 'it said nothing';
  const how = signal ? `was ended by ${signal}` : `ended with code ${code}`;
  const cause = new Error(`The ${name} process ${how} during ${during.id}: ${said}`);
  if (isOutOfMemory(new Error(said))) return outOfMemory(`working on ${during.words}`, cause);
  // The system ends a process in this way when memory runs out.
  const hint = signal === 'SIGKILL' ? '; if it stops again, choose the low memory preset' : '';
  return new MachineError(
    `The engine stopped while working on ${during.words}`,
    `Try again: what was finished is kept${hint}`,
    { cause },
  );
}
