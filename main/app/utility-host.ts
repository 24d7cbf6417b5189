import { app, utilityProcess } from 'electron';
import { fileURLToPath } from 'node:url';
import type { ChildHandle, ChildHost, ChildName } from '../engine/child-host.ts';

/** Kept of what a child writes to standard error. */
const LAST_WORDS_CHARACTERS = 4000;

/** The children's entries: beside this file where it was built, in their own folder where it runs from source. */
function entryOf(name: ChildName): string {
  const isBuilt = import.meta.url.endsWith('.js');
  const path = isBuilt ? `./${name}-child.js` : `../engine/${name}-child.ts`;
  return fileURLToPath(new URL(path, import.meta.url));
}

/** Starts the engine's children as Electron's utility processes: the only kind that the packaged app may start. */
export const utilityHost: ChildHost = {
  start(name): ChildHandle {
    const serviceName = `Davenport ${name}`;
    const child = utilityProcess.fork(entryOf(name), [], {
      serviceName,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    });
    let words = '';
    let isGone = false;
    child.stderr?.on('data', (text: Buffer) => {
      words = (words + text.toString('utf8')).slice(-LAST_WORDS_CHARACTERS);
    });
    // How it went, which the exit code does not tell: `oom`, `crashed`, `killed`, `launch-failed` …
    const notice = (_event: unknown, { type, name, reason }: Electron.Details) => {
      if (type === 'Utility' && name === serviceName) words += `\n${sayReason(reason)}`;
    };
    app.on('child-process-gone', notice);
    child.once('exit', () => {
      isGone = true;
      app.removeListener('child-process-gone', notice);
    });
    return {
      get pid() {
        return child.pid;
      },
      send: (message) => {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a process, not a window
        if (!isGone) child.postMessage(message);
      },
      onMessage: (listener) => void child.on('message', listener),
      onExit: (listener) => void child.once('exit', (code) => listener({ code, signal: null })),
      kill: () => endProcess(child),
      lastWords: () => words,
    };
  },
};

/** At once: a child inside a native call would not follow Electron's polite request before that ends. */
function endProcess(child: Electron.UtilityProcess): void {
  if (process.platform === 'win32' || child.pid === undefined) {
    child.kill();
    return;
  }
  try {
    process.kill(child.pid, 'SIGKILL');
  } catch {
    // It has left already.
  }
}

/** In words that `isOutOfMemory` of main/inference/memory.ts knows. */
function sayReason(reason: Electron.Details['reason']): string {
  return reason === 'oom' ? 'out of memory' : `the process was gone: ${reason}`;
}
