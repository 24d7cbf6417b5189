import { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { CDPSession } from 'playwright-core';

interface Answer {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

type Send = CDPSession['send'];
type Listen = CDPSession['on'];

/** One session of the DevTools protocol. */
export class CdpSession {
  readonly #emitter = new EventEmitter();
  readonly send: Send;
  readonly on: Listen;

  constructor(send: (method: string, params: unknown) => Promise<unknown>) {
    this.send = ((method: string, params?: unknown) => send(method, params ?? {})) as Send;
    this.on = ((event: string, listener: (payload: unknown) => void) =>
      void this.#emitter.on(event, listener)) as unknown as Listen;
  }

  /** Hands an event of the protocol to its listeners. */
  deliver(method: string, params: unknown): void {
    this.#emitter.emit(method, params);
  }
}

/** The DevTools protocol over a pair of pipes: JSON documents that end with a zero byte. */
export class Connection {
  readonly #output: Writable;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  readonly #sessions = new Map<string, CdpSession>();
  #lastId = 0;
  #closed = false;
  /** The browser itself. */
  readonly root: CdpSession;

  constructor(output: Writable, input: Readable) {
    this.#output = output;
    this.root = this.#open('');
    output.on('error', () => this.#end());
    input.on('error', () => this.#end());
    input.on('close', () => this.#end());
    let pieces: Buffer[] = [];
    input.on('data', (data: Buffer) => {
      let from = 0;
      for (let end = data.indexOf(0); end >= 0; end = data.indexOf(0, from)) {
        pieces.push(data.subarray(from, end));
        this.#receive(JSON.parse(Buffer.concat(pieces).toString('utf8')) as Answer);
        pieces = [];
        from = end + 1;
      }
      if (from < data.length) pieces.push(data.subarray(from));
    });
  }

  /** Attaches to a target. */
  async attach(targetId: string): Promise<CdpSession> {
    const { sessionId } = await this.root.send('Target.attachToTarget', { targetId, flatten: true });
    return this.#sessions.get(sessionId) ?? this.#open(sessionId);
  }

  #open(sessionId: string): CdpSession {
    const session = new CdpSession((method, params) => this.#send(sessionId, method, params));
    this.#sessions.set(sessionId, session);
    return session;
  }

  #send(sessionId: string, method: string, params: unknown): Promise<unknown> {
    if (this.#closed) return Promise.reject(new Error(`${method}: Chromium is gone`));
    const id = ++this.#lastId;
    this.#output.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, {
        resolve,
        reject: (error) => reject(new Error(`${method}: ${error.message}`)),
      });
    });
  }

  #receive(answer: Answer): void {
    if (answer.id === undefined) {
      if (answer.method) this.#sessions.get(answer.sessionId ?? '')?.deliver(answer.method, answer.params);
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.error) waiting?.reject(new Error(answer.error.message));
    else waiting?.resolve(answer.result);
  }

  #end(): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.values()) reject(new Error('Chromium is gone'));
    this.#waiting.clear();
  }
}
