import { EventEmitter } from 'node:events';
import { createCloneCodec } from '../clone.ts';
import type { FromPreload } from '../messages.ts';
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

const hostIpcMain = new HostIpcMain();
export const ipcMain = strict('ipcMain', hostIpcMain);

const codec = createCloneCodec({
  encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  decode: (text) => new Uint8Array(Buffer.from(text, 'base64')),
});

/** Who sent a message; a frame whose document is gone is null, as in Electron. */
export interface Sender {
  readonly contents: Electron.WebContents;
  readonly frame: Electron.WebFrameMain | null;
}

const eventOf = ({ contents, frame }: Sender) => ({
  sender: contents,
  senderFrame: frame,
  processId: contents.id,
  frameId: 1,
  type: 'frame' as const,
});

export function encodeArguments(args: readonly unknown[]): unknown {
  return codec.encode(args);
}

/** Hands a sent message to its listeners. */
export function receiveSent({ channel, args }: FromPreload & { kind: 'send' }, from: Sender): void {
  const reply = (to: string, ...values: unknown[]) => from.contents.send(to, ...values);
  const event = { ...eventOf(from), reply, ports: [] };
  hostIpcMain.emit(channel, event, ...(codec.decode(args) as unknown[]));
}

/** What the handler of an invoked channel gives, as the preload's world is told: id, success, value or error. */
export async function answerInvoked(
  { channel, args, id }: FromPreload & { kind: 'invoke' },
  from: Sender,
): Promise<[number, boolean, unknown]> {
  try {
    const event = eventOf(from) as Electron.IpcMainInvokeEvent;
    return [
      id,
      true,
      codec.encode(await hostIpcMain.answer(channel, event, codec.decode(args) as unknown[])),
    ];
  } catch (error) {
    return [id, false, codec.encode(error)];
  }
}
