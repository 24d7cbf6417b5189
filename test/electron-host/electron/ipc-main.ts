import { EventEmitter } from 'node:events';
import { strict } from '../strict.ts';

type Handler = (event: Electron.IpcMainInvokeEvent, ...args: unknown[]) => unknown;
type KnownIpcMain = Pick<Electron.IpcMain, 'handle' | 'handleOnce' | 'removeHandler'>;

class HostIpcMain extends EventEmitter implements KnownIpcMain {
  readonly #handlers = new Map<string, Handler>();

  handle(channel: string, listener: Handler): void {
    if (this.#handlers.has(channel))
      throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.#handlers.set(channel, listener);
  }

  handleOnce(channel: string, listener: Handler): void {
    this.handle(channel, (event, ...args) => {
      this.removeHandler(channel);
      return listener(event, ...args);
    });
  }

  removeHandler(channel: string): void {
    this.#handlers.delete(channel);
  }

  /** Answers an `invoke`; an error reaches the page in Electron's words. */
  async answer(
    channel: string,
    event: Electron.IpcMainInvokeEvent,
    args: readonly unknown[],
  ): Promise<unknown> {
    try {
      const handler = this.#handlers.get(channel);
      if (!handler) throw new Error(`No handler registered for '${channel}'`);
      return await handler(event, ...args);
    } catch (error) {
      process.stderr.write(
        `Error occurred in handler for '${channel}': ${String((error as Error)?.stack ?? error)}\n`,
      );
      throw new Error(`Error invoking remote method '${channel}': ${String(error)}`, { cause: error });
    }
  }
}

export const hostIpcMain = new HostIpcMain();
export const ipcMain = strict('ipcMain', hostIpcMain);
