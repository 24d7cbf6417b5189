import type * as Onnx from 'onnxruntime-node';
import { DavenportError, MachineError } from '../errors.ts';
import {
  isOutOfMemory,
  lowerPreset,
  memoryBudgets,
  outOfMemory,
  physicalCores,
  type MemoryPreset,
} from './memory.ts';
import { verifiedModelPath } from './pack-files.ts';
import { modelBytes, type Pack } from './packs.ts';
import {
  builtProviders,
  firstLine,
  loadOnnx,
  providerOrder,
  withFallback,
  type FailedProvider,
  type Fallback,
  type Provider,
  type ProviderChoice,
} from './providers.ts';
import { describeGraph, runSession, type SessionRun } from './run-session.ts';
import { companions, sessionOptions, unfitForWebGpu } from './session-options.ts';
import type { ModelId, Tensor, TensorInfo } from './tensor.ts';

export interface SessionsOptions {
  readonly packs: readonly Pack[];
  readonly provider?: ProviderChoice;
  readonly preset?: MemoryPreset;
  /** Threads of one run; the physical cores by default. */
  readonly threads?: number | undefined;
}

export interface ModelRun extends SessionRun {
  /** The provider that really ran it. */
  readonly provider: Provider;
  /** Why it was not the one that was asked for, one line; null where it was, or where none was asked for. */
  readonly fellBack: string | null;
}

export interface ModelDescription {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly provider: Provider;
  /** Providers that were tried before and could not start. */
  readonly failed: readonly FailedProvider[];
}

type Session = Fallback<Onnx.InferenceSession>;

/** Owns the ONNX sessions of one process. Calls are answered one after the other, in order. */
export interface ModelSessions {
  /** Runs a graph once. @throws MachineError that names the model; RequestError for an unknown one */
  run(model: ModelId, feeds: Readonly<Record<string, Tensor>>): Promise<ModelRun>;
  describe(model: ModelId): Promise<ModelDescription>;
  /** Releases one model's session, or all. */
  release(model?: ModelId): Promise<void>;
  /** Models whose sessions are loaded, least recently used first. */
  loaded(): readonly ModelId[];
}

/**
 * Opens a set of sessions, each loaded when it is first used (its file verified before) and kept until the preset's
 * budget asks for room. Loads are memoised by promise; one that failed is tried again by the next call.
 */
export function openSessions(options: SessionsOptions): ModelSessions {
  const { packs, provider: choice = 'auto', preset = 'balanced', threads = physicalCores() } = options;
  const budget = memoryBudgets[preset];
  const sessions = new Map<ModelId, Promise<Session>>();
  let last: Promise<unknown> = Promise.resolve();

  return {
    run: (model, feeds) => inTurn(() => run(model, feeds)),
    describe: (model) => inTurn(async () => describeSession(await session(model))),
    release: (model) => inTurn(async () => release(model ? [model] : [...sessions.keys()])),
    loaded: () => [...sessions.keys()],
  };

  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = last.then(task);
    last = result.catch(() => {});
    return result;
  }

  async function session(model: ModelId): Promise<Session> {
    if (!sessions.has(model)) await makeRoom(model);
    const memoised = sessions.get(model) ?? load(model, choice);
    sessions.delete(model);
    sessions.set(model, memoised); // most recently used last
    try {
      return await memoised;
    } catch (error) {
      sessions.delete(model);
      throw modelError(model, 'loading', error);
    }
  }

  async function load(
    model: ModelId,
    wanted: ProviderChoice,
    already: readonly FailedProvider[] = [],
  ): Promise<Session> {
    const path = await verifiedModelPath(packs, model);
    const { InferenceSession } = await loadOnnx();
    const { order, missing } = providerOrder(wanted, await builtProviders());
    const unfit = order.includes('webgpu') ? unfitForWebGpu(packs, model) : [];
    return withFallback(
      order.filter((provider) => unfit.every((failed) => failed.provider !== provider)),
      (provider) =>
        InferenceSession.create(path, sessionOptions(provider, threads, modelBytes(packs, model))),
      [...already, ...missing, ...unfit],
      isWorthLowering,
    );
  }

  /** Memory that a GPU lacks under a lower preset too is made up for by the CPU; before that, the preset gives way. */
  function isWorthLowering(error: unknown): boolean {
    return lowerPreset(preset) !== null && isOutOfMemory(error);
  }

  async function run(model: ModelId, feeds: Readonly<Record<string, Tensor>>): Promise<ModelRun> {
    const current = await session(model);
    try {
      return await runOnce(current, feeds, fellBack(current));
    } catch (error) {
      if (current.provider === 'cpu' || isWorthLowering(error)) throw modelError(model, 'running', error);
      return runOnCpu(model, feeds, [
        ...current.failed,
        { provider: current.provider, reason: firstLine(error) },
      ]);
    }
  }

  /** A graph that a GPU starts but cannot run (memory, an operator) goes on on the CPU, and stays there. */
  async function runOnCpu(
    model: ModelId,
    feeds: Readonly<Record<string, Tensor>>,
    failed: readonly FailedProvider[],
  ): Promise<ModelRun> {
    await release([model]);
    sessions.set(model, load(model, 'cpu', failed));
    const fallback = await session(model);
    try {
      return await runOnce(fallback, feeds, explain(failed.at(-1)));
    } catch (error) {
      throw modelError(model, 'running', error);
    }
  }

  async function runOnce(
    { value, provider }: Session,
    feeds: Readonly<Record<string, Tensor>>,
    why: string | null,
  ): Promise<ModelRun> {
    return { ...(await runSession(value, feeds, budget.shrinkArena)), provider, fellBack: why };
  }

  function fellBack({ failed }: Session): string | null {
    return choice === 'auto' ? null : explain(failed.find(({ provider }) => provider === choice));
  }

  /** Releases what the budget has no room for beside a model that is about to be loaded, least recently used first. */
  async function makeRoom(coming: ModelId): Promise<void> {
    const together = companions(packs, coming);
    const leave: ModelId[] = [];
    let bytes = modelBytes(packs, coming);
    for (const id of [...sessions.keys()].reverse()) {
      bytes += modelBytes(packs, id);
      if (!together(id) && bytes > budget.sessionBytes) leave.push(id);
    }
    await release(leave);
  }

  async function release(models: readonly ModelId[]): Promise<void> {
    for (const model of models) {
      const leaving = sessions.get(model);
      sessions.delete(model);
      await leaving?.then(({ value }) => value.release()).catch(() => {});
    }
  }
}

function explain(failed: FailedProvider | undefined): string | null {
  return failed ? `${failed.provider} could not be used (${failed.reason})` : null;
}

function describeSession({ value, provider, failed }: Session): ModelDescription {
  return { ...describeGraph(value), provider, failed };
}

function modelError(model: ModelId, doing: 'loading' | 'running', error: unknown): Error {
  if (error instanceof DavenportError) return error;
  if (isOutOfMemory(error)) return outOfMemory(`${doing} the model ${model}`, error);
  const next = 'Try another provider; if it fails on the CPU too, report it with the project file';
  return new MachineError(`The model ${model} failed while ${doing}: ${firstLine(error)}`, next, {
    cause: error,
  });
}
