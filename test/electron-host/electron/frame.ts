import { strict } from '../strict.ts';

/** What a frame needs of its page. */
interface FrameOwner {
  readonly id: number;
  getURL(): string;
  isDestroyed(): boolean;
  send(channel: string, ...args: unknown[]): void;
}

/** `scheme://host` of an address; custom standard schemes have an origin too, unlike Node's URL. */
export function originOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0] ?? 'null';
}

/** The main frame of a page, as `event.senderFrame` gives it. */
export function createFrame(owner: FrameOwner): Electron.WebFrameMain {
  const frame = {
    get url() {
      return owner.getURL();
    },
    get origin() {
      return originOf(owner.getURL());
    },
    get top(): unknown {
      return strict('WebFrameMain', frame);
    },
    parent: null,
    frames: [],
    name: '',
    processId: owner.id,
    routingId: 1,
    frameTreeNodeId: owner.id,
    detached: false,
    isDestroyed: () => owner.isDestroyed(),
    send: (channel: string, ...args: unknown[]) => owner.send(channel, ...args),
  };
  return strict('WebFrameMain', frame) as unknown as Electron.WebFrameMain;
}
