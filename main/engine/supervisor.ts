import { z } from 'zod';
import { CancelledError, fromErrorRecord, MachineError, OutOfMemoryError, toErrorRecord } from '../errors.ts';
import { lowerPreset, type MemoryPreset } from '../inference/memory.ts';
import { packFolders } from '../inference/packs.ts';
import type { Provider } from '../inference/providers.ts';
import type { ModelDescription } from '../inference/sessions.ts';
import type { ModelId } from '../inference/tensor.ts';
import { type ChildExit, type ChildName, defaultChildHost } from './child-host.ts';
import type { Engine, EngineOptions, JobOptions } from './engine.ts';
import { ModelsProcess } from './models-process.ts';
import {
  type DraftPicture,
  type DraftRequest,
  draftPicture,
  type EvictionRequest,
  type ExportRequest,
  type ExportResult,
  exportResult,
  fromPixels,
  type ImportRequest,
  type ImportResult,
  importResult,
  type Job,
  type KeepRequest,
  type MaskPreview,
  maskPreview,
  modelDescription,
  type NodeRequest,
  type NodeResult,
  nodeResult,
  type PreviewRequest,
  providerList,
} from './protocol.ts';
import { describeExit, SupervisedChild } from './supervised-child.ts';
import { workOf } from './work.ts';

export type { Engine, EngineOptions, JobOptions } from './engine.ts';

/** From the wish to cancel: how long pixels may take to stop, ms. */
const PIXELS_GRACE_MS = 2000;
/** How long pixels may take to close the project at the end, ms. */
const CLOSE_MS = 5000;
/** How long after pixels lost models its exit may take to be seen, ms. */
const EXIT_SEEN_MS = 2000;

/** Starts an engine; its children start when they are first needed. */
export function startEngine(options: EngineOptions = {}): Engine {
  return new ForkedEngine(options);
}

/** A models process for engines that work side by side; close it after them. */
export function startModels(options: Omit<EngineOptions, 'models' | 'modules'> = {}): ModelsProcess {
  const { host = defaultChildHost(), preset = 'balanced', provider = 'auto', threads } = options;
  return new ModelsProcess({ host, preset, provider, threads, packs: options.packs ?? packFolders() });
}

class ForkedEngine implements Engine {
  readonly #pixels: SupervisedChild;
  readonly #models: ModelsProcess;
  readonly #ownsModels: boolean;
  readonly #log: (line: string) => void;
  #last: Promise<unknown> = Promise.resolve();
  #jobId = 0;
  #unsettled = 0;
  #closed = false;
  readonly #closing = new AbortController();

  constructor(options: EngineOptions) {
    const { host = defaultChildHost(), modules = [], previews = false, log = () => {} } = options;
    this.#log = log;
    const packs = [...(options.packs ?? packFolders())];
    this.#ownsModels = options.models === undefined;
    this.#models = options.models ?? startModels(options);
    this.#pixels = new SupervisedChild(host, 'pixels', () => ({
      init: { type: 'init', packs, preset: this.#models.preset, modules: [...modules], previews },
      address: '',
    }));
  }

  get isBusy(): boolean {
    return this.#unsettled > 0;
  }

  get preset(): MemoryPreset {
    return this.#models.preset;
  }

  get pids() {
    return { models: this.#models.pid, pixels: this.#pixels.pid };
  }

  async runNode(request: NodeRequest, options?: JobOptions): Promise<NodeResult> {
    return nodeResult.parse(await this.#enqueue({ kind: 'node', request }, options));
  }

  async importPhoto(request: ImportRequest, options?: JobOptions): Promise<ImportResult> {
    return importResult.parse(await this.#enqueue({ kind: 'import', request }, options));
  }

  async exportArtifact(request: ExportRequest, options?: JobOptions): Promise<ExportResult> {
    return exportResult.parse(await this.#enqueue({ kind: 'export', request }, options));
  }

  async previewMask(request: PreviewRequest, options?: JobOptions): Promise<MaskPreview> {
    return maskPreview.parse(await this.#enqueue({ kind: 'preview-mask', request }, options));
  }

  async draft(request: DraftRequest, options?: JobOptions): Promise<DraftPicture> {
    return draftPicture.parse(await this.#enqueue({ kind: 'draft', request }, options));
  }

  async describeModel(model: ModelId, options?: JobOptions): Promise<ModelDescription> {
    return modelDescription.parse(await this.#enqueue({ kind: 'describe', model }, options));
  }

  async releaseModels(model?: ModelId): Promise<void> {
    if (this.#models.pid === undefined) return;
    await this.#enqueue({ kind: 'release', ...(model === undefined ? {} : { model }) });
  }

  async providers(): Promise<readonly Provider[]> {
    return providerList.parse(await this.#enqueue({ kind: 'providers' }));
  }

  async keepPicture(request: KeepRequest, options?: JobOptions): Promise<string> {
    return z.string().parse(await this.#enqueue({ kind: 'keep', request }, options));
  }

  async recoverProject(path: string, to: string): Promise<void> {
    await this.#enqueue({ kind: 'recover', path, to });
  }

  async copyProject(path: string, to: string): Promise<void> {
    await this.#enqueue({ kind: 'copy', path, to });
  }

  async dropRuns(project: string, fingerprints: readonly string[]): Promise<void> {
    await this.#enqueue({ kind: 'drop-runs', project, fingerprints: [...fingerprints] });
  }

  async closeProject(evict?: EvictionRequest): Promise<void> {
    if (this.#pixels.pid === undefined) return;
    await this.#enqueue({ kind: 'close-project', ...(evict ? { evict } : {}) });
  }

  async finish(): Promise<void> {
    await this.#last;
    await this.close();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#closing.abort();
    await this.#last;
    await this.#pixels.end({ type: 'close' }, CLOSE_MS);
    if (this.#ownsModels) await this.#models.close();
  }

  /** One job at a time; one that is cancelled while it waits never reaches the children. */
  #enqueue(job: Job, options: JobOptions = {}): Promise<unknown> {
    const signal = options.signal
      ? AbortSignal.any([options.signal, this.#closing.signal])
      : this.#closing.signal;
    this.#unsettled += 1;
    const result = this.#last
      .then(() => this.#performOrLower(job, signal, options.onProgress))
      .finally(() => {
        this.#unsettled -= 1;
      });
    this.#last = result.catch(() => {});
    return result;
  }

  /** {@link #perform}; a node for which memory runs out gets one more try with less of everything. */
  async #performOrLower(
    job: Job,
    signal: AbortSignal,
    onProgress: JobOptions['onProgress'],
  ): Promise<unknown> {
    const retriedAfter = this.#models.preset;
    try {
      return await this.#perform(job, signal, onProgress);
    } catch (error) {
      // An engine that shares models may have lowered it meanwhile: that is the one more try, then.
      const isLowered = this.#models.preset !== retriedAfter;
      const lower = isLowered ? this.#models.preset : lowerPreset(retriedAfter);
      if (job.kind !== 'node' || lower === null || !(error instanceof OutOfMemoryError)) throw error;
      // What they hold is what is lacking.
      await this.#pixels.end({ type: 'close' }, CLOSE_MS);
      if (!isLowered) {
        this.#models.preset = lower;
        await this.#models.end();
      }
      return this.#perform({ ...job, request: { ...job.request, retriedAfter } }, signal, onProgress);
    }
  }

  async #perform(job: Job, signal: AbortSignal, onProgress: JobOptions['onProgress']): Promise<unknown> {
    if (signal.aborted) throw new CancelledError();
    const endings = this.#models.endings;
    // Both start together: models loads its library while pixels decodes.
    if (usesModels(job)) this.#models.ensure().catch(() => {});
    await this.#pixels.ensure();
    const id = ++this.#jobId;
    const outcome = Promise.withResolvers<unknown>();
    const settled = outcome.promise.then(
      () => {},
      () => {},
    );
    let cancelling: Promise<void> | undefined;
    const onAbort = () => {
      cancelling = this.#cancel(id, settled);
    };
    this.#pixels.listen({
      message: (raw) => this.#receive(id, raw, outcome, onProgress),
      exit: (exit) =>
        outcome.reject(
          signal.aborted ? new CancelledError() : this.#tellExit('pixels', exit, this.#pixels.lastWords, job),
        ),
    });
    signal.addEventListener('abort', onAbort, { once: true });
    this.#pixels.send({ type: 'job', id, job });
    if (signal.aborted) onAbort();
    try {
      return await outcome.promise;
    } catch (error) {
      // An engine that shares models has ended it, to cancel a run of its own or for want of memory.
      const isOthers = error instanceof LostModels && this.#models.endings > endings && !signal.aborted;
      if (isOthers) return await this.#perform(job, signal, onProgress);
      throw await this.#explain(error, job, signal);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#pixels.listen(null);
      await cancelling;
    }
  }

  #receive(
    id: number,
    raw: unknown,
    outcome: PromiseWithResolvers<unknown>,
    onProgress: JobOptions['onProgress'],
  ): void {
    const message = fromPixels.parse(raw);
    if (message.type === 'need-models') return void this.#offerModels();
    if (message.type === 'ready' || message.id !== id) return;
    if (message.type === 'progress') return onProgress?.(message.done, message.label, message.preview);
    if (message.type === 'done') return outcome.resolve(message.value);
    outcome.reject(message.modelsLost ? new LostModels() : fromErrorRecord(message.error));
  }

  async #offerModels(): Promise<void> {
    try {
      const endpoint = await this.#models.ensure();
      this.#pixels.send({
        type: 'models',
        endpoint,
        ...(this.#models.pid === undefined ? {} : { pid: this.#models.pid }),
      });
    } catch (error) {
      this.#pixels.send({ type: 'models-failed', error: toErrorRecord(error) });
    }
  }

  /** Tells pixels to stop and ends whichever child does not let go in time. */
  async #cancel(id: number, settled: Promise<void>): Promise<void> {
    this.#pixels.send({ type: 'cancel', id });
    await Promise.all([
      withinMs(settled, PIXELS_GRACE_MS).then((stopped) => (stopped ? undefined : this.#pixels.end(null, 0))),
      this.#models.endIfBusy(),
    ]);
  }

  #tellExit(name: ChildName, exit: ChildExit, lastWords: string, job: Job): MachineError {
    const error = describeExit(name, exit, lastWords, workOf(job));
    if (error.cause instanceof Error) this.#log(error.cause.message);
    return error;
  }

  /** Puts the way the models process ended in place of pixels' bare notice, and starts what crashed again. */
  async #explain(error: unknown, job: Job, signal: AbortSignal): Promise<unknown> {
    if (error instanceof CancelledError) return error;
    // Models was ended before pixels heard of the wish to cancel.
    if (error instanceof LostModels && signal.aborted) return new CancelledError();
    if (error instanceof LostModels) {
      await withinMs(this.#models.ended, EXIT_SEEN_MS);
      const crash = this.#tellExit('models', this.#models.lastExit, this.#models.lastWords, job);
      await this.#models.ensure().catch(() => {});
      return crash;
    }
    if (this.#pixels.pid === undefined && !this.#closed) await this.#pixels.ensure().catch(() => {});
    return error;
  }
}

/** Inside the parent only: pixels says that models went away. */
class LostModels extends MachineError {
  constructor() {
    super('The models process ended unexpectedly', 'Run it again');
  }
}

function usesModels(job: Job): boolean {
  if (job.kind === 'node') return Object.keys(job.request.packs).length > 0;
  return job.kind === 'preview-mask' || job.kind === 'describe' || job.kind === 'providers';
}

/** True where the promise settles within the time. */
async function withinMs(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const result = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return result;
}
