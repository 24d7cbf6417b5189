import { z } from 'zod';
import { CancelledError, fromErrorRecord, MachineError, OutOfMemoryError, toErrorRecord } from '../errors.ts';
import { lowerPreset, type MemoryPreset } from '../inference/memory.ts';
import { packFolders } from '../inference/packs.ts';
import type { Provider, ProviderChoice } from '../inference/providers.ts';
import type { ModelDescription } from '../inference/sessions.ts';
import type { ModelId } from '../inference/tensor.ts';
import { type ChildExit, type ChildHost, type ChildName, defaultChildHost } from './child-host.ts';
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
  type SmallPicture,
} from './protocol.ts';
import { describeExit, SupervisedChild } from './supervised-child.ts';
import { workOf } from './work.ts';

export interface EngineOptions {
  /** How children are started; forks of this Node by default. */
  readonly host?: ChildHost;
  /** Folders that packs are looked for in; DAVENPORT_PACKS and the bundled one by default. */
  readonly packs?: readonly string[];
  readonly provider?: ProviderChoice;
  readonly preset?: MemoryPreset;
  /** Threads of one model run; the physical cores by default. */
  readonly threads?: number;
  /** A models process to share with other engines ({@link startModels}); else this engine starts its own. */
  readonly models?: ModelsProcess;
  /** URLs of modules whose `nodes` (StageNodes) are looked in before the stages' own. */
  readonly modules?: readonly string[];
  /** Takes lines for whoever looks into a failure: how a process ended, and its last words. */
  readonly log?: (line: string) => void;
  /** Makes previews while a diffusion pack paints; they come with the progress. */
  readonly previews?: boolean;
}

export interface JobOptions {
  /** 0–1, with a few words on what is being done; at most 25 times a second. */
  readonly onProgress?: (done: number, label?: string, preview?: SmallPicture) => void;
  readonly signal?: AbortSignal;
}

/**
 * The engine's parent side. Jobs are done one after the other; ids and values cross, never pixels. Every method
 * rejects with a DavenportError: the job's own, CancelledError, or a MachineError that names a process that ended.
 */
export interface Engine {
  /**
   * Runs one node and commits it to the project. Where memory runs out, both children are started again under the next
   * lower preset, which then holds until the engine is closed, and the node is tried once more.
   */
  runNode(request: NodeRequest, options?: JobOptions): Promise<NodeResult>;
  /** Reads, decodes and verifies a photo; keeps it in a project where one is named. */
  importPhoto(request: ImportRequest, options?: JobOptions): Promise<ImportResult>;
  /** Writes a stored artifact to a file. */
  exportArtifact(request: ExportRequest, options?: JobOptions): Promise<ExportResult>;
  /** The coarse masks that clicks may mean, from an encoded photo: small and quick, for the next click to be made. */
  previewMask(request: PreviewRequest, options?: JobOptions): Promise<MaskPreview>;
  /** How a chain of nodes would come out, at a fraction of the photo's size; nothing of it is kept. */
  draft(request: DraftRequest, options?: JobOptions): Promise<DraftPicture>;
  /** Declared inputs and outputs of a model, and the provider its session really got. Loads it. */
  describeModel(model: ModelId, options?: JobOptions): Promise<ModelDescription>;
  /** Ends the session of one model, or all, and gives its memory back. */
  releaseModels(model?: ModelId): Promise<void>;
  /** Execution providers of the onnxruntime build. */
  providers(): Promise<readonly Provider[]>;
  /** Keeps a picture file in a project. @returns its SHA-256 */
  keepPicture(request: KeepRequest, options?: JobOptions): Promise<string>;
  /** Copies what can be read of a damaged project into a new one; see main/store/recover.ts. */
  recoverProject(path: string, to: string): Promise<void>;
  /** Copies a project as it stands into another file, whole or not at all. */
  copyProject(path: string, to: string): Promise<void>;
  /** Removes runs and what they wrote from a project. */
  dropRuns(project: string, fingerprints: readonly string[]): Promise<void>;
  /** Lets go of the open project file, after what may go has gone. The next job opens it again. */
  closeProject(evict?: EvictionRequest): Promise<void>;
  /** Ends both children; what is running is cancelled. */
  close(): Promise<void>;
  /** The same once everything that was asked for by now is done. */
  finish(): Promise<void>;
  /** True while a job is being done or waits. */
  readonly isBusy: boolean;
  /** The memory preset in force. */
  readonly preset: MemoryPreset;
  /** Process ids of the children that are running, for tests and `doctor`. */
  readonly pids: { readonly models: number | undefined; readonly pixels: number | undefined };
}

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
