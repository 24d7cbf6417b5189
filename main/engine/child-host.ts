import { fork } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The children: the engine's two, and the viewer's. */
export type ChildName = 'models' | 'pixels' | 'tiles';

/** How a child ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A running child, whatever kind of process it is. */
export interface ChildHandle {
  readonly pid: number | undefined;
  /** Sends a message; a child that is gone loses it (its exit is reported anyway). */
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onExit(listener: (exit: ChildExit) => void): void;
  /** Ends it at once; it cannot refuse. */
  kill(): void;
  /** The last lines it wrote to standard error. */
  lastWords(): string;
}

/** Starts children: `child_process` at the shell; Electron's main process brings one made with utilityProcess. */
export interface ChildHost {
  start(name: ChildName): ChildHandle;
}

const LAST_WORDS_CHARACTERS = 4000;
/** Where `module.enableCompileCache()` keeps it too: stripped and compiled sources, which halve a child's start. */
const compileCache = join(tmpdir(), 'node-compile-cache');

/**
 * How glibc (others do not read it) keeps free memory. *models*: large blocks go back to the system as soon as they are
 * free, but a ControlNet's outputs are 50 MB at each step: taking them anew, page by page, doubled the time of its runs.
 * *pixels*: rasters of all sizes come and go, and what glibc keeps of them grows over a batch: they go back at once, and
 * the threads share one arena, as each would keep pieces of its own.
 */
const heapTuning: Partial<Record<ChildName, Readonly<Record<string, string>>>> = {
  models: { MALLOC_MMAP_THRESHOLD_: `${32 << 20}`, MALLOC_TRIM_THRESHOLD_: `${128 << 20}` },
  pixels: {
    MALLOC_MMAP_THRESHOLD_: `${256 << 10}`,
    MALLOC_TRIM_THRESHOLD_: `${1 << 20}`,
    MALLOC_ARENA_MAX: '1',
  },
};

/**
 * Flags of a child's own Node. *pixels*: rasters lie outside V8's heap and little in it lives long; without a bound its
 * young generation grows to 100 MB over a batch, and V8 keeps the pages. With gc exposed, what a closed project leaves is
 * collected at once.
 */
const nodeFlags: Partial<Record<ChildName, readonly string[]>> = {
  pixels: ['--max-semi-space-size=4', '--expose-gc'],
};

/** Forks the children with this process's own Node; standard output stays the parent's. */
export const forkHost: ChildHost = {
  start(name) {
    const entry = fileURLToPath(new URL(`./${name}-child.ts`, import.meta.url));
    const child = fork(entry, [], {
      execArgv: [...(nodeFlags[name] ?? [])],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        ...heapTuning[name],
        NODE_COMPILE_CACHE: compileCache,
        ...process.env,
        ORT_DISABLE_TELEMETRY: '1',
      },
    });
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-LAST_WORDS_CHARACTERS);
    });
    child.on('error', () => {}); // a failed start or send is followed by `exit` or `close`
    return {
      pid: child.pid,
      send: (message) => void (child.connected && child.send(message as object, () => {})),
      onMessage: (listener) => void child.on('message', listener),
      // `close` comes after `exit`, once standard error has been read to its end.
      onExit: (listener) => void child.once('close', (code, signal) => listener({ code, signal })),
      kill: () => void child.kill('SIGKILL'),
      lastWords: () => words,
    };
  },
};

let current: ChildHost = forkHost;

/** Puts another kind of children in place of forks, for every engine that is started after this. */
export function useChildHost(host: ChildHost): void {
  current = host;
}

/** What starts children where nothing else is said. */
export function defaultChildHost(): ChildHost {
  return current;
}
