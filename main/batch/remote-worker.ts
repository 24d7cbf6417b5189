import { type Job, UnrecoverableError, Worker } from 'bullmq';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type EngineOptions, startEngine, startModels } from '../engine/supervisor.ts';
import { CancelledError, RequestError, toErrorRecord } from '../errors.ts';
import type { Pack } from '../inference/packs.ts';
import type { RunEvent } from '../pipeline/outcome.ts';
import { readNamedFile } from '../pipeline/workbench.ts';
import { type ItemEnd, processItem } from './process-item.ts';
import { connect, QUEUE, type RemoteJob, remoteJob, type RemoteOptions } from './remote-link.ts';

/** How long a worker may be silent before its item is taken over; it renews its lease twice in that time. */
const LEASE_MS = 30_000;
/** Workers that may end in the middle of one item before it counts as failed. */
const MAX_STALLED = 5;

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
      name: workerName(lanes),
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
    const end = await processItem(engine, options.packs, recipe, item, { onEvent: reporter(job) });
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

/** Tells whoever looks which stage an item is in, once a stage. */
function reporter(job: Job): (event: RunEvent) => void {
  let told = '';
  return (event) => {
    if (event.kind !== 'node-started' || event.node.stage === told) return;
    told = event.node.stage;
    job.updateProgress({ stage: told }).catch(() => {}); // it is news, not the work
  };
}

/** By which the batch counts the workers and what they take at a time. */
function workerName(lanes: number): string {
  return `${lanes}-${hostname().replace(/\s/g, '_')}-${process.pid}`;
}
