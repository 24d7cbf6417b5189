/** The child's side of its channel to the parent. */
export interface ParentLink {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** The parent is gone, however it went. */
  onGone(listener: () => void): void;
}

/** What Electron's utilityProcess gives its children in place of `process.send`. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
}

/** Connects to the parent that started this process; throws TypeError where none did. */
export function linkToParent(): ParentLink {
  // Ctrl-C at a shell reaches the whole process group; the parent decides what it means.
  process.on('SIGINT', () => {});
  const port = (process as { parentPort?: ParentPort }).parentPort;
  // Electron ends utility processes together with the app: there is nothing to watch.
  if (port)
    return {
      send: (m) => port.postMessage(m),
      onMessage: (l) => port.on('message', (e) => l(e.data)),
      onGone: () => {},
    };
  if (!process.send) throw new TypeError('Expected to be started by the engine');
  return {
    send: (message) => void (process.connected && process.send?.(message)),
    onMessage: (listener) => void process.on('message', listener),
    onGone: (listener) => void process.on('disconnect', listener),
  };
}
