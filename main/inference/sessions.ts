import type * as Onnx from 'onnxruntime-node';
import { DavenportError, MachineError } from '../errors.ts';
import { isOutOfMemory, memoryBudgets, outOfMemory, physicalCores, type MemoryPreset } from './memory.ts';
import { modelOf, verifiedModelPath, type Pack } from './packs.ts';
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
import type { ModelId, Tensor, TensorInfo } from './tensor.ts';

export interface SessionsOptions {
  readonly packs: readonly Pack[];
  readonly provider?: ProviderChoice;
  readonly preset?: MemoryPreset;
  /** Threads of one run; the physical cores by default. */
  readonly threads?: number | undefined;
}

export interface ModelRun {
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Milliseconds inside `session.run`, nothing else. */
  readonly modelMs: number;
  /** The provider that really ran it. */
  readonly provider: Provider;
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
    const memoised = sessions.get(model) ?? load(model, choice);
    sessions.delete(model);
    sessions.set(model, memoised); // most recently used last
    try {
      const ready = await memoised;
      await makeRoom(model);
      return ready;
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
    return withFallback(
      order,
      (provider) => InferenceSession.create(path, sessionOptions(provider, threads)),
      [...already, ...missing],
    );
  }

  async function run(model: ModelId, feeds: Readonly<Record<string, Tensor>>): Promise<ModelRun> {
    const current = await session(model);
    try {
      return await runSession(current, feeds, budget.shrinkArena);
    } catch (error) {
      if (current.provider === 'cpu') throw modelError(model, 'running', error);
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
      return await runSession(fallback, feeds, budget.shrinkArena);
    } catch (error) {
      throw modelError(model, 'running', error);
    }
  }

  async function makeRoom(keep: ModelId): Promise<void> {
    let bytes = 0;
    const leave: ModelId[] = [];
    for (const id of [...sessions.keys()].reverse()) {
      bytes += modelOf(packs, id).file.bytes;
      if (id !== keep && bytes > budget.sessionBytes) leave.push(id);
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

/** Sequential execution and a fixed thread count: the same samples on any run of one machine. */
function sessionOptions(provider: Provider, threads: number): Onnx.InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  };
}

async function runSession(
  session: Session,
  feeds: Readonly<Record<string, Tensor>>,
  shrink: boolean,
): Promise<ModelRun> {
  const { Tensor: OnnxTensor } = await loadOnnx();
  const inputs: Record<string, Onnx.Tensor> = {};
  for (const [name, { type, data, dims }] of Object.entries(feeds))
    inputs[name] = new OnnxTensor(type, data as never, [...dims]);
  const options = shrink ? { extra: { memory: { enable_memory_arena_shrinkage: 'cpu:0' } } } : {};
  const start = performance.now();
  const results = await session.value.run(inputs, options);
  const modelMs = performance.now() - start;
  const outputs = Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [name, toTensor(name, tensor)]),
  );
  return { outputs, modelMs, provider: session.provider };
}

function toTensor(name: string, tensor: Onnx.Tensor): Tensor {
  const { type, dims, data } = tensor;
  const known =
    type === 'float32' || type === 'int64' || type === 'int32' || type === 'uint8' || type === 'bool';
  if (!known)
    throw new TypeError(
      `Expected a float32, int64, int32, uint8 or bool output for ${name} but received ${type}`,
    );
  return { type, dims, data: data as Tensor['data'] };
}

function describeSession({ value, provider, failed }: Session): ModelDescription {
  return {
    inputs: value.inputMetadata.map(toInfo),
    outputs: value.outputMetadata.map(toInfo),
    provider,
    failed,
  };
}

function toInfo(meta: Onnx.InferenceSession.ValueMetadata): TensorInfo {
  if (!meta.isTensor) return { name: meta.name, type: 'other', dims: [] };
  return { name: meta.name, type: meta.type, dims: meta.shape.map((d) => (typeof d === 'number' ? d : -1)) };
}

function modelError(model: ModelId, doing: 'loading' | 'running', error: unknown): Error {
  if (error instanceof DavenportError) return error;
  if (isOutOfMemory(error)) return outOfMemory(`${doing} the model ${model}`, error);
  const next = 'Try another provider; if it fails on the CPU too, report it with the project file';
  return new MachineError(`The model ${model} failed while ${doing}: ${firstLine(error)}`, next, {
    cause: error,
  });
}
