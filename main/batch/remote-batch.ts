import { type Job, Queue, QueueEvents } from 'bullmq';
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fromErrorRecord, MachineError, toErrorRecord } from '../errors.ts';
import type { LoadedRecipe } from '../interop/recipe-file.ts';
import type { Clicks } from './clicks-file.ts';
import type { ItemEnd } from './process-item.ts';
import type { BatchItem, BatchQueue } from './queue.ts';
import {
  connect,
  insideStorage,
  QUEUE,
  type RemoteJob,
  type RemoteOptions,
  remoteProgress,
} from './remote-link.ts';
import { BACKOFF_MS, type BatchEvent, MACHINE_TRIES } from './run-batch.ts';

export interface RemoteBatch extends RemoteOptions {
  readonly queue: BatchQueue;
  readonly recipe: LoadedRecipe;
  /** Absolute path of the recipe's product picture. */
  readonly product: string | null;
  readonly clicks: Clicks;
  readonly out: string;
  /** Takes back what waits and lets go of what is at work: workers finish it, and it is found when resumed. */
  readonly signal?: AbortSignal;
  /** Takes back what waits and waits for what is at work. */
  readonly pause?: AbortSignal;
  readonly onEvent?: (event: RemoteEvent) => void;
}

export type RemoteEvent =
  | Exclude<BatchEvent, { kind: 'item-progress' }>
  | { readonly kind: 'item-stage'; readonly item: BatchItem; readonly stage: string };

/** Workers that have the queue's connection open, with the last sign of life of any. */
export interface SeenWorkers {
  readonly count: number;
  readonly lanes: number;
  readonly idleMs: number | null;
}

/** How often what was sent is compared with what Redis still knows, ms: a server that restarts forgets. */
const CHECK_MS = 10_000;
/** Items that are compared at a time. */
const CHECKED = 200;

interface Sent {
  readonly job: Job<RemoteJob, ItemEnd>;
  priority: number;
  isActive: boolean;
  isMissing: boolean;
}

/**
 * Puts what waits in a queue on Redis and enters what comes back, until nothing waits any more. Items are `running` in
 * the batch's own queue only while a worker has them, so that what waits can be held back, left out and moved.
 */
export class RemoteRun {
  readonly #batch: RemoteBatch;
  readonly #id: string;
  readonly #sent = new Map<number, Sent>();
  readonly #finished = Promise.withResolvers<void>();
  #queue: Queue<RemoteJob, ItemEnd> | null = null;
  #syncing: Promise<void> = Promise.resolve();
  #lastSign: number | null = null;
  #isEnding = false;

  constructor(batch: RemoteBatch) {
    this.#batch = batch;
    this.#id = createHash('sha256').update(`${hostname()}\0${batch.out}`).digest('hex').slice(0, 12);
  }

  /**
   * Settles when nothing waits any more, or when a signal says so.
   * @throws RequestError where photos or output lie outside the storage; MachineError where Redis cannot be reached
   */
  async run(): Promise<void> {
    const { signal, pause } = this.#batch;
    const connection = await connect(this.#batch.url);
    const queue = new Queue<RemoteJob, ItemEnd>(QUEUE, { connection });
    const events = new QueueEvents(QUEUE, { connection });
    queue.on('error', () => {}); // BullMQ connects again
    events.on('error', () => {});
    this.#queue = queue;
    const timer = setInterval(() => void this.#check().catch(() => {}), CHECK_MS);
    const stop = () => this.#finished.resolve();
    const hold = () => void this.changed();
    try {
      await events.waitUntilReady();
      this.#listen(events);
      signal?.addEventListener('abort', stop, { once: true });
      pause?.addEventListener('abort', hold, { once: true });
      await this.changed();
      if (signal?.aborted) stop();
      await this.#finished.promise;
    } finally {
      this.#isEnding = true;
      clearInterval(timer);
      signal?.removeEventListener('abort', stop);
      pause?.removeEventListener('abort', hold);
      await this.#syncing.catch(() => {});
      await this.#takeBack().catch(() => {});
      await events.close();
      await queue.close();
      this.#queue = null;
    }
  }

  /** Brings Redis up to date after items were held back, left out, tried again or moved. */
  changed(): Promise<void> {
    const next = this.#syncing.then(() => this.#sync());
    this.#syncing = next.catch((error: unknown) => this.#finished.reject(error));
    return this.#syncing;
  }

  /** @throws what BullMQ throws where Redis does not answer */
  async workers(): Promise<SeenWorkers | null> {
    if (!this.#queue) return null;
    const clients = await this.#queue.getWorkers();
    const byName = new Map<string, number>();
    for (const { rawname = '', idle } of clients) {
      const name = rawname.split(':w:')[1];
      if (name === undefined) continue;
      byName.set(name, Math.min(byName.get(name) ?? Number.POSITIVE_INFINITY, Number(idle ?? 0) * 1000));
    }
    const signs = [...byName.values()];
    if (this.#lastSign !== null) signs.push(performance.now() - this.#lastSign);
    const lanes = [...byName.keys()].reduce((sum, name) => sum + (Number.parseInt(name, 10) || 1), 0);
    return { count: byName.size, lanes, idleMs: signs.length > 0 ? Math.min(...signs) : null };
  }

  #listen(events: QueueEvents): void {
    const on = (jobId: string, enter: (item: number) => void) => {
      this.#lastSign = performance.now();
      const [batch, item] = jobId.split('-');
      if (batch === this.#id && this.#sent.has(Number(item))) enter(Number(item));
    };
    events.on('active', ({ jobId }) => on(jobId, (id) => this.#begin(id)));
    events.on('delayed', ({ jobId }) => on(jobId, (id) => this.#wait(id)));
    events.on('stalled', ({ jobId }) => on(jobId, (id) => this.#wait(id)));
    events.on('progress', ({ jobId, data }) => on(jobId, (id) => this.#tellStage(id, data)));
    events.on('completed', ({ jobId, returnvalue }) =>
      on(jobId, (id) =>
        this.#settle(id, () => this.#batch.queue.finish(id, returnvalue as unknown as ItemEnd)),
      ),
    );
    events.on('failed', ({ jobId, failedReason }) =>
      on(jobId, (id) => this.#settle(id, () => enterFailure(this.#batch.queue, id, failedReason))),
    );
  }

  async #sync(): Promise<void> {
    const queue = this.#queue;
    if (!queue || this.#isEnding) return;
    const { pause, signal } = this.#batch;
    const isHeld = pause?.aborted || signal?.aborted;
    const wanted = isHeld ? [] : this.#batch.queue.list().filter(({ state }) => state === 'queued');
    const ids = new Set(wanted.map(({ id }) => id));
    for (const [id, { job, isActive }] of this.#sent)
      if (!isActive && !ids.has(id) && (await queue.remove(job.id ?? '')) === 1) this.#sent.delete(id);
    for (const [index, item] of wanted.entries()) await this.#send(queue, item, index + 1);
    this.#endIfDone();
  }

  /** Sends an item, or moves it in the order where it was sent before. */
  async #send(queue: Queue<RemoteJob, ItemEnd>, item: BatchItem, priority: number): Promise<void> {
    const known = this.#sent.get(item.id);
    if (known) {
      if (known.priority === priority || known.isActive) return;
      known.priority = priority;
      await known.job.changePriority({ priority }).catch(() => {}); // a worker has just taken it
      return;
    }
    const jobId = `${this.#id}-${item.id}`;
    const data = toRemote(this.#batch, item);
    // What an earlier session left waiting is sent anew; what a worker has is waited for.
    const isTaken = (await queue.remove(jobId)) === 0;
    const job = await queue.add('photo', data, {
      jobId,
      priority,
      attempts: MACHINE_TRIES,
      backoff: { type: 'exponential', delay: BACKOFF_MS },
      removeOnComplete: true,
      removeOnFail: true,
    });
    this.#sent.set(item.id, { job, priority, isActive: false, isMissing: false });
    if (isTaken || (await queue.getJobState(jobId)) === 'active') this.#begin(item.id);
  }

  #begin(id: number): void {
    const sent = this.#sent.get(id);
    if (!sent || sent.isActive) return;
    sent.isActive = true;
    const item = this.#batch.queue.begin(id);
    if (item) this.#batch.onEvent?.({ kind: 'item-started', item });
  }

  /** It waits for its next try, or for a worker in place of one that is gone. */
  #wait(id: number): void {
    const sent = this.#sent.get(id);
    if (!sent?.isActive) return;
    sent.isActive = false;
    this.#batch.queue.putBack(id, 0, false);
    this.#tellEnd(id);
    if (this.#batch.pause?.aborted) void this.changed();
  }

  #tellStage(id: number, data: unknown): void {
    const progress = remoteProgress.safeParse(data);
    const item = this.#batch.queue.item(id);
    if (progress.success && item)
      this.#batch.onEvent?.({ kind: 'item-stage', item, stage: progress.data.stage });
  }

  #settle(id: number, enter: () => void): void {
    this.#sent.delete(id);
    enter();
    this.#tellEnd(id);
    this.#endIfDone();
  }

  #tellEnd(id: number): void {
    const item = this.#batch.queue.item(id);
    if (item) this.#batch.onEvent?.({ kind: 'item-ended', item });
  }

  #endIfDone(): void {
    if (this.#sent.size === 0) this.#finished.resolve();
  }

  /** Sends again what Redis has forgotten. */
  async #check(): Promise<void> {
    const queue = this.#queue;
    if (!queue) return;
    for (const [id, sent] of [...this.#sent].slice(0, CHECKED)) {
      const isThere = (await queue.getJobState(sent.job.id ?? '')) !== 'unknown';
      if (isThere) sent.isMissing = false;
      else if (!sent.isMissing)
        sent.isMissing = true; // its end may be on the way
      else if (this.#sent.delete(id)) {
        this.#batch.queue.putBack(id, 0, true);
        this.#tellEnd(id);
        await this.changed();
      }
    }
  }

  async #takeBack(): Promise<void> {
    for (const [id, { job, isActive }] of this.#sent) {
      if (!isActive) await this.#queue?.remove(job.id ?? '').catch(() => 0);
      else this.#batch.queue.putBack(id, 0, true);
    }
    this.#sent.clear();
  }
}

function toRemote(batch: RemoteBatch, item: BatchItem): RemoteJob {
  const inside = (path: string) => insideStorage(path, batch.storage);
  return {
    photo: inside(item.photo),
    project: inside(join(batch.out, item.project)),
    out: inside(join(batch.out, item.out)),
    objects: JSON.parse(JSON.stringify(batch.clicks.get(item.name)?.objects ?? [])) as RemoteJob['objects'],
    accepted: item.accepted,
    delivered: item.result?.sha256 ?? null,
    recipe: batch.recipe.file,
    product: batch.product === null ? null : inside(batch.product),
  };
}

function enterFailure(queue: BatchQueue, id: number, text: string): void {
  const error = readFailure(text);
  queue.finish(id, { state: 'failed', reason: error.message, error: toErrorRecord(error) });
}

/** A worker's failure as it was written into the job; anything else is BullMQ's own word on it. */
function readFailure(text: string): Error {
  try {
    return fromErrorRecord(JSON.parse(text) as Parameters<typeof fromErrorRecord>[0]);
  } catch {
    return new MachineError(`The workers gave up: ${text}`, 'Look at the workers, then try it again');
  }
}
