import { join } from 'node:path';
import { type Engine, type EngineOptions, startEngine, startModels } from '../engine/supervisor.ts';
import { CancelledError, DavenportError, fromErrorRecord, toErrorRecord } from '../errors.ts';
import type { Pack } from '../inference/packs.ts';
import type { LoadedRecipe } from '../interop/recipe-file.ts';
import type { RunEvent } from '../pipeline/outcome.ts';
import type { Clicks } from './clicks-file.ts';
import { processItem } from './process-item.ts';
import type { BatchItem, BatchQueue } from './queue.ts';

export interface BatchRun {
  readonly queue: BatchQueue;
  readonly recipe: LoadedRecipe;
  readonly clicks: Clicks;
  readonly packs: readonly Pack[];
  /** The batch's output folder, absolute. */
  readonly out: string;
  /** Photos at work at a time: while one runs a model, another is decoded, filled and written. */
  readonly lanes?: number;
  readonly engine?: EngineOptions;
  /** Stops at the next step; what was at work goes back to the queue. */
  readonly signal?: AbortSignal;
  /** Ends after the items at work; the rest stays queued. */
  readonly pause?: AbortSignal;
  readonly onEvent?: (event: BatchEvent) => void;
}

/** What happens during a batch. */
export type BatchEvent =
  | { readonly kind: 'item-started'; readonly item: BatchItem }
  | { readonly kind: 'item-progress'; readonly item: BatchItem; readonly event: RunEvent }
  | { readonly kind: 'item-ended'; readonly item: BatchItem };

const LANES = 2;
/** Tries of an item whose failure was the machine's, and the wait before the second; it doubles from try to try. */
export const MACHINE_TRIES = 3;
export const BACKOFF_MS = 2000;

/**
 * Works through a queue until nothing waits any more. The lanes share one *models* process, so that every model is
 * loaded once for the whole batch. Failures of one item never end the batch: those of the machine are tried again
 * with growing pauses, those of the photo are entered and the next begins.
 * @throws NoSpaceError where the disk is full; what was at work waits again
 */
export async function runBatch(run: BatchRun): Promise<void> {
  const models = startModels(run.engine);
  const lanes = Array.from({ length: run.lanes ?? LANES }, () => startEngine({ ...run.engine, models }));
  const full = new AbortController();
  try {
    await Promise.all(lanes.map((engine) => runLane(engine, run, full)));
    if (full.signal.aborted) throw full.signal.reason;
  } finally {
    await Promise.all(lanes.map((engine) => engine.close()));
    await models.close();
  }
}

async function runLane(engine: Engine, run: BatchRun, full: AbortController): Promise<void> {
  for (;;) {
    if (run.signal?.aborted || run.pause?.aborted || full.signal.aborted) return;
    const item = run.queue.claim(Date.now());
    if (item) {
      await runItem(engine, run, item, full);
      continue;
    }
    const next = run.queue.nextTime();
    if (next === null) return;
    await sleep(Math.max(50, next - Date.now()), run.signal, run.pause, full.signal);
  }
}

async function runItem(engine: Engine, run: BatchRun, item: BatchItem, full: AbortController): Promise<void> {
  const { queue, onEvent, signal } = run;
  onEvent?.({ kind: 'item-started', item });
  try {
    const job = {
      photo: item.photo,
      project: join(run.out, item.project),
      out: join(run.out, item.out),
      objects: run.clicks.get(item.name)?.objects ?? [],
      accepted: item.accepted,
      delivered: item.result?.sha256 ?? null,
    };
    const end = await processItem(engine, run.packs, run.recipe, job, {
      ...(signal ? { signal } : {}),
      onEvent: (event) => onEvent?.({ kind: 'item-progress', item, event }),
    });
    queue.finish(item.id, end);
  } catch (error) {
    if (isDiskFull(error)) full.abort(fromErrorRecord(toErrorRecord(error)));
    enterFailure(queue, item, error);
  }
  const ended = queue.item(item.id);
  if (ended) onEvent?.({ kind: 'item-ended', item: ended });
}

/** Every further item would fail as well: the batch stops, and goes on where it was once there is space. */
function isDiskFull(error: unknown): boolean {
  return toErrorRecord(error).reason === 'space';
}

/** A failure of the machine is tried again later; one of the photo would only fail again. */
function enterFailure(queue: BatchQueue, item: BatchItem, error: unknown): void {
  if (error instanceof CancelledError || isDiskFull(error)) return queue.putBack(item.id, 0, true);
  const record = toErrorRecord(error);
  const isMachines = !(error instanceof DavenportError) || error.kind === 'machine';
  if (isMachines && item.attempts < MACHINE_TRIES)
    return queue.putBack(item.id, Date.now() + BACKOFF_MS * 2 ** (item.attempts - 1), false);
  queue.finish(item.id, { state: 'failed', reason: record.message, error: record });
}

/** Waits, or less where one of the signals says so. */
function sleep(ms: number, ...signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    for (const signal of signals) signal?.addEventListener('abort', finish);
  });
}
