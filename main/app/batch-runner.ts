import type { BatchState, RunPlace, StageId, WorkersSeen } from '../../preload/contract.ts';
import { RemoteRun } from '../batch/remote-batch.ts';
import type { RemoteEvent } from '../batch/remote-batch.ts';
import { type BatchEvent, runBatch } from '../batch/run-batch.ts';
import type { EngineOptions } from '../engine/supervisor.ts';
import { RequestError, toErrorRecord } from '../errors.ts';
import type { Pack } from '../inference/packs.ts';
import { stageIds } from '../pipeline/graph.ts';
import type { OpenBatch } from './open-batch.ts';

export interface RunnerParts {
  packs(): readonly Pack[];
  /** What engines of the batch are started with. */
  engine(): EngineOptions;
  /** Something of the run changed; `items` where the list has to be read again. */
  heard(items: boolean): void;
}

/** How often the workers of a queue are counted, ms. */
const COUNT_MS = 3000;

type AtWork = BatchState['atWork'][number];

/** The run of a batch, here or by the workers of a queue. */
export class BatchRunner {
  readonly #parts: RunnerParts;
  readonly #atWork = new Map<number, AtWork>();
  #run: {
    readonly pause: AbortController;
    readonly stop: AbortController;
    readonly ended: Promise<void>;
    readonly remote: RemoteRun | null;
  } | null = null;
  #workers: WorkersSeen | null = null;
  #stopped: string | null = null;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  get state(): BatchState['state'] {
    if (!this.#run) return 'idle';
    return this.#run.pause.signal.aborted ? 'pausing' : 'running';
  }

  get atWork(): readonly AtWork[] {
    return [...this.#atWork.values()];
  }

  get workers(): WorkersSeen | null {
    return this.#workers;
  }

  /** Why the last run ended before its time; null where it did not. */
  get stopped(): string | null {
    return this.#stopped;
  }

  /** Works through what waits, in the background. @param ended hears when nothing runs any more */
  start(batch: OpenBatch, place: RunPlace, ended: () => Promise<void>): void {
    if (this.#run) throw new RequestError('The batch is running already', 'Pause it first');
    const pause = new AbortController();
    const stop = new AbortController();
    const remote = place.on === 'queue' ? this.#onQueue(batch, place, pause.signal, stop.signal) : null;
    this.#stopped = null;
    this.#workers = null;
    const running = remote ? remote.run() : this.#here(batch, pause.signal, stop.signal);
    const timer = remote && setInterval(() => void this.#count(remote), COUNT_MS);
    const done = running
      .catch((error: unknown) => {
        const { message, next } = toErrorRecord(error);
        this.#stopped = `${message}. ${next}.`;
      })
      .then(() => {
        if (timer) clearInterval(timer);
        this.#run = null;
        this.#workers = null;
        this.#atWork.clear();
        return ended();
      });
    this.#run = { pause, stop, ended: done, remote };
  }

  /** What is at work is finished first. */
  pause(): void {
    this.#run?.pause.abort();
  }

  /** Ends at the next step. */
  async stop(): Promise<void> {
    this.#run?.stop.abort();
    await this.#run?.ended;
  }

  /** Forgets what the last run said. */
  clear(): void {
    this.#stopped = null;
  }

  /** Items were held back, left out, tried again or moved. */
  changed(): void {
    void this.#run?.remote?.changed();
  }

  #here(batch: OpenBatch, pause: AbortSignal, signal: AbortSignal): Promise<void> {
    const { queue, recipe, clicks, out } = batch;
    const { packs, engine } = this.#parts;
    const onEvent = (event: BatchEvent) => this.#hear(event);
    return runBatch({
      queue,
      recipe,
      clicks,
      out,
      packs: packs(),
      engine: engine(),
      pause,
      signal,
      onEvent,
    });
  }

  /** @throws RequestError where the place is not told whole */
  #onQueue(batch: OpenBatch, place: RunPlace, pause: AbortSignal, signal: AbortSignal): RemoteRun {
    const { url, storage } = place;
    if (url === '')
      throw new RequestError('No queue is named', 'Give its address, like redis://192.168.1.20:6379');
    if (storage === null)
      throw new RequestError('No storage is chosen', 'Choose the folder that all machines share');
    const { queue, recipe, clicks, out, product } = batch;
    const onEvent = (event: RemoteEvent) => this.#hear(event);
    return new RemoteRun({ queue, recipe, clicks, out, product, url, storage, pause, signal, onEvent });
  }

  async #count(remote: RemoteRun): Promise<void> {
    const seen = await remote.workers().catch(() => null);
    if (this.#run?.remote !== remote || !seen) return;
    const { count, lanes, idleMs } = seen;
    this.#workers = { count, lanes, seconds: idleMs === null ? null : Math.round(idleMs / 1000) };
    this.#parts.heard(false);
  }

  #hear(event: BatchEvent | RemoteEvent): void {
    const { id, name } = event.item;
    switch (event.kind) {
      case 'item-ended':
        this.#atWork.delete(id);
        return this.#parts.heard(true);
      case 'item-started':
        this.#atWork.set(id, { id, name, stage: null });
        return this.#parts.heard(true);
      case 'item-stage':
        return this.#enter(id, name, stageIds.find((stage) => stage === event.stage) ?? null);
      case 'item-progress':
        if (event.event.kind === 'node-started') this.#enter(id, name, event.event.node.stage);
    }
  }

  #enter(id: number, name: string, stage: StageId | null): void {
    if (this.#atWork.get(id)?.stage === stage) return;
    this.#atWork.set(id, { id, name, stage });
    this.#parts.heard(false);
  }
}
