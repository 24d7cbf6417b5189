import { type ConnectionOptions, type Job, Queue, QueueEvents, UnrecoverableError, Worker } from 'bullmq';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAbsolute, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { type EngineOptions, startEngine, startModels } from '../engine/supervisor.ts';
import { CancelledError, fromErrorRecord, MachineError, RequestError, toErrorRecord } from '../errors.ts';
import type { Pack } from '../inference/packs.ts';
import { type LoadedRecipe, recipeFileSchema } from '../interop/recipe-file.ts';
import { readNamedFile } from '../pipeline/workbench.ts';
import type { Clicks } from './clicks-file.ts';
import { type ItemEnd, processItem } from './process-item.ts';
import { BACKOFF_MS, type BatchEvent, MACHINE_TRIES } from './run-batch.ts';
import type { BatchItem, BatchQueue } from './queue.ts';

/**
 * A batch beyond one machine: its items go over BullMQ on Redis or Valkey to workers that share a storage. The batch's
 * own queue stays the record; Redis holds leases, and what a worker that is gone had at work is taken over by another.
 */
const QUEUE = 'davenport';
/** How long a worker may be silent before its item is taken over; it renews its lease twice in that time. */
const LEASE_MS = 30_000;
/** Workers that may end in the middle of one item before it counts as failed. */
const MAX_STALLED = 5;

/** Paths are relative to the storage, with forward slashes. */
const remoteJob = z.strictObject({
  photo: z.string(),
  project: z.string(),
  out: z.string(),
  objects: z.array(z.json()),
  accepted: z.boolean(),
  delivered: z.string().nullable(),
  recipe: recipeFileSchema,
  /** The recipe's product picture. */
  product: z.string().nullable(),
});
type RemoteJob = z.infer<typeof remoteJob>;

export interface RemoteOptions {
  /** `redis://host:port`; Valkey speaks the same. */
  readonly url: string;
  /** The folder that this machine and all workers see, wherever it is mounted. */
  readonly storage: string;
  readonly leaseMs?: number;
}

export interface RemoteBatch extends RemoteOptions {
  readonly queue: BatchQueue;
  readonly recipe: LoadedRecipe;
  /** Absolute path of the recipe's product picture. */
  readonly product: string | null;
  readonly clicks: Clicks;
  readonly out: string;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: BatchEvent) => void;
}

/**
 * Puts what waits in a queue on Redis and enters what comes back, until nothing waits any more.
 * @throws RequestError where the photos or the output lie outside the storage; MachineError where Redis cannot be reached
 */
export async function runRemoteBatch(batch: RemoteBatch): Promise<void> {
  const connection = await connect(batch.url);
  const queue = new Queue<RemoteJob, ItemEnd>(QUEUE, { connection });
  const events = new QueueEvents(QUEUE, { connection });
  try {
    await events.waitUntilReady();
    const waiting = new Map<string, BatchItem>();
    const finished = Promise.withResolvers<void>();
    const settle = (jobId: string, enter: (item: BatchItem) => void) => {
      const item = waiting.get(jobId);
      if (!item) return; // another batch's
      waiting.delete(jobId);
      enter(item);
      const ended = batch.queue.item(item.id);
      if (ended) batch.onEvent?.({ kind: 'item-ended', item: ended });
      if (waiting.size === 0) finished.resolve();
    };
    events.on('completed', ({ jobId, returnvalue }) =>
      settle(jobId, (item) => batch.queue.finish(item.id, returnvalue as unknown as ItemEnd)),
    );
    events.on('failed', ({ jobId, failedReason }) =>
      settle(jobId, (item) => enterFailure(batch.queue, item, failedReason)),
    );
    const id = batchId(batch.out);
    for (let item = batch.queue.claim(Date.now()); item; item = batch.queue.claim(Date.now())) {
      const jobId = `${id}-${item.id}-${item.attempts}-${Date.now()}`;
      waiting.set(jobId, item);
      batch.onEvent?.({ kind: 'item-started', item });
      await queue.add('photo', toRemote(batch, item), {
        jobId,
        attempts: MACHINE_TRIES,
        backoff: { type: 'exponential', delay: BACKOFF_MS },
        removeOnComplete: true,
        removeOnFail: true,
      });
    }
    if (waiting.size === 0) return;
    batch.signal?.addEventListener('abort', () => finished.resolve(), { once: true });
    await finished.promise;
    // What was not begun is taken back; what is at work goes on and is found when the batch is resumed.
    for (const [jobId, item] of waiting) {
      await queue.remove(jobId).catch(() => 0);
      batch.queue.putBack(item.id, 0, true);
    }
  } finally {
    await events.close();
    await queue.close();
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

/** @throws RequestError where a path lies outside */
function insideStorage(path: string, storage: string): string {
  const inner = relative(storage, path);
  if (!inner.startsWith('..') && !isAbsolute(inner)) return inner.split(sep).join('/');
  throw new RequestError(
    `${path} lies outside the storage ${storage}`,
    'Workers could not see it: move it there',
  );
}

function enterFailure(queue: BatchQueue, item: BatchItem, text: string): void {
  const error = readFailure(text);
  queue.finish(item.id, { state: 'failed', reason: error.message, error: toErrorRecord(error) });
}

/** A worker's failure as it was written into the job; anything else is BullMQ's own word on it. */
function readFailure(text: string): Error {
  try {
    return fromErrorRecord(JSON.parse(text) as Parameters<typeof fromErrorRecord>[0]);
  } catch {
    return new MachineError(`The workers gave up: ${text}`, 'Look at the workers, then try it again');
  }
}

function batchId(out: string): string {
  return createHash('sha256').update(`${hostname()}\0${out}`).digest('hex').slice(0, 12);
}

export interface WorkerOptions extends RemoteOptions {
  readonly packs: readonly Pack[];
  /** Photos at work at a time. */
  readonly lanes: number;
  readonly engine?: EngineOptions;
  readonly signal: AbortSignal;
  readonly onEnd?: (photo: string, end: ItemEnd | Error) => void;
}

/**
 * Takes items from Redis and works on them until the signal says stop; what is at work then is finished first.
 * @throws RequestError where the storage is not there; MachineError where Redis cannot be reached
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { storage, lanes, signal, leaseMs = LEASE_MS } = options;
  if (!existsSync(storage))
    throw new RequestError(`The storage ${storage} is not there`, 'Mount it, or correct --storage');
  const connection = await connect(options.url);
  const models = startModels(options.engine);
  const free = Array.from({ length: lanes }, () => startEngine({ ...options.engine, models }));
  const all = [...free];
  const worker = new Worker<RemoteJob, ItemEnd>(
    QUEUE,
    async (job) => {
      const engine = free.pop();
      if (!engine) throw new TypeError('Expected as many engines as jobs at a time');
      try {
        return await workOn(job, engine, options);
      } finally {
        free.push(engine);
      }
    },
    {
      connection,
      concurrency: lanes,
      lockDuration: leaseMs,
      stalledInterval: leaseMs / 2,
      maxStalledCount: MAX_STALLED,
    },
  );
  worker.on('error', () => {}); // a connection that comes and goes: BullMQ connects again
  try {
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  } finally {
    await worker.close();
    await Promise.all(all.map((engine) => engine.close()));
    await models.close();
  }
}

async function workOn(
  job: Job<RemoteJob, ItemEnd>,
  engine: ReturnType<typeof startEngine>,
  options: WorkerOptions,
) {
  const {
    photo,
    project,
    out,
    objects,
    accepted,
    delivered,
    recipe: file,
    product,
  } = remoteJob.parse(job.data);
  const at = (path: string) => join(options.storage, path);
  try {
    const recipe = { file, product: product === null ? null : await readNamedFile(at(product)) };
    const item = {
      photo: at(photo),
      project: at(project),
      out: at(out),
      objects: objects as never,
      accepted,
      delivered,
    };
    const end = await processItem(engine, options.packs, recipe, item);
    options.onEnd?.(photo, end);
    return end;
  } catch (error) {
    options.onEnd?.(photo, error as Error);
    const record = toErrorRecord(error);
    const text = JSON.stringify(record);
    // A photo that cannot be used would only fail again.
    if (record.kind === 'request' || error instanceof CancelledError) throw new UnrecoverableError(text);
    throw new Error(text, { cause: error });
  }
}

/** @throws RequestError for a URL that is none; MachineError where nobody answers there */
async function connect(url: string): Promise<ConnectionOptions> {
  const { protocol, hostname: host, port, username, password, pathname } = parseUrl(url);
  const connection = {
    host,
    port: port === '' ? 6379 : Number(port),
    db: Number(pathname.slice(1)) || 0,
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
    maxRetriesPerRequest: null,
  };
  const probe = new Queue(QUEUE, { connection: { ...connection, retryStrategy: () => null } });
  probe.on('error', () => {});
  try {
    await probe.waitUntilReady();
  } catch (cause) {
    throw new MachineError(`No Redis answers at ${host}:${connection.port}`, 'Start it, or correct --queue', {
      cause,
    });
  } finally {
    await probe.close().catch(() => {});
  }
  return connection;
}

function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed && /^rediss?:$/.test(parsed.protocol)) return parsed;
  throw new RequestError(`“${url}” is no address of a queue`, 'Give one like redis://192.168.1.20:6379');
}
