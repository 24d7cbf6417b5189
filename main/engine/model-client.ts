import { connect, type Socket } from 'node:net';
import { CancelledError, DavenportError, fromErrorRecord } from '../errors.ts';
import type { Provider } from '../inference/providers.ts';
import type { ModelDescription } from '../inference/sessions.ts';
import type { GraphLink, ModelId, ModelRunner, Tensor } from '../inference/tensor.ts';
import {
  modelDescription,
  modelReply,
  providerList,
  type ModelReply,
  type ModelRequest,
} from './protocol.ts';
import { encodeMessage, WireReader, type WireMessage } from './wire.ts';

/** The models process went away with a request under way; the parent knows how it ended. */
export class ModelsLostError extends DavenportError {
  constructor() {
    super('machine', 'The models process ended unexpectedly', 'Run it again: finished steps are kept');
  }
}

/** What the model runs of one job added up to. */
export interface ModelUse {
  /** Milliseconds inside `session.run`. */
  modelMs: number;
  readonly providers: Set<string>;
  /** Why a provider that was asked for did not run them. */
  readonly fallbacks: Set<string>;
  /** Of the models process while it worked for this job; 0 where it did not. */
  peakRssMb: number;
}

interface Pending {
  resolve(reply: Extract<ModelReply, { ok: true }>, tensors: WireMessage['tensors']): void;
  reject(error: Error): void;
}

type Op = ModelRequest['op'];
type Answer = { readonly reply: Extract<ModelReply, { ok: true }>; readonly tensors: WireMessage['tensors'] };

const CONNECT_TRIES = 3;

/** Asks the models process over its socket. Several requests may be under way; they are answered in order. */
export class ModelClient implements ModelRunner {
  readonly #endpoint: () => Promise<string>;
  #socket: Promise<Socket> | undefined;
  #current: Socket | undefined;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #use: ModelUse = emptyUse();
  #fresh = true;
  #signal: AbortSignal | undefined;
  /** Constant tensors that the models process has, with the names it knows them by. */
  #kept = new WeakMap<Tensor, string>();
  #lastKept = 0;

  /** @param endpoint asks the parent where models listens now, starting it where it does not run */
  constructor(endpoint: () => Promise<string>) {
    this.#endpoint = endpoint;
  }

  /** Starts counting for a job; when its signal aborts, what is under way is dropped at once. */
  begin(signal: AbortSignal): void {
    this.#use = emptyUse();
    this.#fresh = true;
    this.#kept = new WeakMap();
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#hangUp(new CancelledError()), { once: true });
  }

  /** What the models were used for since {@link begin}. */
  get use(): ModelUse {
    return this.#use;
  }

  run(model: ModelId, feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> {
    return this.runLinked([{ model, feeds }]);
  }

  async runLinked(links: readonly GraphLink[]): Promise<Readonly<Record<string, Tensor>>> {
    const { reply, tensors } = await this.#ask('run', () => this.#pack(links));
    this.#use.modelMs += reply.modelMs ?? 0;
    if (reply.provider) this.#use.providers.add(reply.provider);
    if (reply.fellBack) this.#use.fallbacks.add(reply.fellBack);
    return tensors;
  }

  /** Names the tensors of some links: each travels once, a constant one once in a job. */
  #pack(links: readonly GraphLink[]): WireMessage {
    const names = new Map<Tensor, string>();
    const tensors: Record<string, Tensor> = {};
    const keep: string[] = [];
    const nameOf = (tensor: Tensor) => {
      const known = this.#kept.get(tensor) ?? names.get(tensor);
      if (known !== undefined) return known;
      const name = tensor.constant ? `kept${++this.#lastKept}` : `${names.size}`;
      names.set(tensor, name);
      tensors[name] = tensor;
      if (!tensor.constant) return name;
      this.#kept.set(tensor, name);
      keep.push(name);
      return name;
    };
    const named = links.map(({ model, feeds }) => ({
      model,
      feeds: Object.fromEntries(Object.entries(feeds).map(([input, tensor]) => [input, nameOf(tensor)])),
    }));
    return { header: { links: named, keep }, tensors };
  }

  async describe(model: ModelId): Promise<ModelDescription> {
    return modelDescription.parse((await this.#ask('describe', ask({ model }))).reply.value);
  }

  /** Releases one model's session, or all. */
  async release(model?: ModelId): Promise<void> {
    await this.#ask('release', ask(model === undefined ? {} : { model }));
  }

  /** Execution providers of the onnxruntime build. */
  async providers(): Promise<Provider[]> {
    return providerList.parse((await this.#ask('providers', ask({}))).reply.value);
  }

  /** @param make the request's own header and tensors, made when the socket is there */
  async #ask(op: Op, make: () => WireMessage): Promise<Answer> {
    if (this.#signal?.aborted) throw new CancelledError();
    this.#socket ??= this.#connect();
    const socket = await this.#socket;
    if (this.#signal?.aborted) throw new CancelledError();
    const id = ++this.#lastId;
    const { header: own, tensors } = make();
    const header = { id, op, fresh: this.#fresh, ...own };
    this.#fresh = false;
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#pending.set(id, { resolve: (reply, outputs) => resolve({ reply, tensors: outputs }), reject });
    });
    socket.cork();
    for (const piece of encodeMessage({ header, tensors })) socket.write(piece);
    socket.uncork();
    return answer;
  }

  async #connect(): Promise<Socket> {
    try {
      for (let attempt = 1; ; attempt++) {
        const socket = await open(await this.#endpoint());
        if (socket) return this.#listen(socket);
        // It may have just ended, before the parent heard of it.
        if (attempt === CONNECT_TRIES) throw new ModelsLostError();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    } catch (error) {
      this.#socket = undefined;
      throw error;
    }
  }

  #listen(socket: Socket): Socket {
    const reader = new WireReader((message) => this.#receive(message));
    socket.on('data', (piece) => reader.push(piece));
    socket.on('error', () => {}); // `close` follows
    socket.on('close', () => {
      if (this.#current === socket) this.#hangUp(new ModelsLostError());
    });
    this.#current = socket;
    this.#kept = new WeakMap(); // whoever listens there knows of nothing yet
    return socket;
  }

  #receive({ header, tensors }: WireMessage): void {
    const reply = modelReply.parse(header);
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    this.#use.peakRssMb = Math.max(this.#use.peakRssMb, reply.peakRssMb);
    if (reply.ok) pending?.resolve(reply, tensors);
    else pending?.reject(fromErrorRecord(reply.error));
  }

  /** Ends the connection and rejects what is under way; the next request connects anew. */
  #hangUp(reason: Error): void {
    this.#current?.destroy();
    if (this.#current) this.#socket = undefined;
    this.#current = undefined;
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }
}

function ask(header: { readonly model?: ModelId }): () => WireMessage {
  return () => ({ header, tensors: {} });
}

function emptyUse(): ModelUse {
  return { modelMs: 0, providers: new Set(), fallbacks: new Set(), peakRssMb: 0 };
}

/** A connected socket, or null where nobody listens. */
function open(endpoint: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(endpoint);
    const give = (value: Socket | null) => () => {
      socket.removeAllListeners();
      resolve(value);
    };
    socket.once('connect', give(socket));
    socket.once('error', give(null));
  });
}
