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
import { modelBytes, modelOf, verifiedModelPath, type Pack } from './packs.ts';
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

export interface RunOptions {
  /**
   * Writes the outputs where this graph's last reused ones are, where the shapes fit: those are then overwritten. Saves
   * the making and collecting of tens of megabytes at each step of a ControlNet.
   */
  readonly reuse?: boolean;
}

/** Owns the ONNX sessions of one process. Calls are answered one after the other, in order. */
export interface ModelSessions {
  /** Runs a graph once. @throws MachineError that names the model; RequestError for an unknown one */
  run(model: ModelId, feeds: Readonly<Record<string, Tensor>>, options?: RunOptions): Promise<ModelRun>;
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
    run: (model, feeds, options = {}) => inTurn(() => run(model, feeds, options)),
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

  async function run(
    model: ModelId,
    feeds: Readonly<Record<string, Tensor>>,
    { reuse = false }: RunOptions,
  ): Promise<ModelRun> {
    const current = await session(model);
    try {
      return await runSession(current, feeds, budget.shrinkArena, fellBack(current), reuse);
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
      return await runSession(fallback, feeds, budget.shrinkArena, explain(failed.at(-1)));
    } catch (error) {
      throw modelError(model, 'running', error);
    }
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

/**
 * Models that must not push each other out: the UNets and controls of one pack take turns at every step, and loading
 * one takes longer than running it.
 */
function companions(packs: readonly Pack[], model: ModelId): (other: ModelId) => boolean {
  const { pack } = modelOf(packs, model);
  const own = `${pack.manifest.id}/`;
  return (other) =>
    pack.manifest.diffusion !== undefined && takesTurns(model) && takesTurns(other) && other.startsWith(own);
}

function takesTurns(model: ModelId): boolean {
  return /\/(unet|controlnet_\w+)$/.test(model);
}

/** Weights from this size on are not laid out anew for the processor: that takes seconds and doubles them in memory. */
const LARGE_WEIGHTS = 1 << 30;

/** WebGPU would run a pack's fused attention without complaint, and give other numbers. */
function unfitForWebGpu(packs: readonly Pack[], model: ModelId): FailedProvider[] {
  const { manifest } = modelOf(packs, model).pack;
  if (manifest.diffusion?.attention !== 'fused') return [];
  return [
    { provider: 'webgpu', reason: 'it computes fused attention wrongly: convert with plain attention' },
  ];
}

/** Sequential execution and a fixed thread count: the same samples on any run of one machine. */
function sessionOptions(
  provider: Provider,
  threads: number,
  bytes: number,
): Onnx.InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    // DirectML has no memory patterns and refuses a session that asks for them.
    ...(provider === 'dml' ? { enableMemPattern: false } : {}),
    extra: {
      session: {
        // Threads that go on waiting busily after a run take the processors from the process that asked for it.
        force_spinning_stop: '1',
        ...(bytes >= LARGE_WEIGHTS ? { disable_prepacking: '1' } : {}),
      },
    },
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  };
}

/** Outputs of the last run that may be written over, and the shapes of its inputs. */
const reusable = new WeakMap<
  Onnx.InferenceSession,
  { readonly shapes: string; readonly outputs: Readonly<Record<string, Onnx.Tensor>> }
>();

async function runSession(
  session: Session,
  feeds: Readonly<Record<string, Tensor>>,
  shrink: boolean,
  fellBack: string | null,
  reuse = false,
): Promise<ModelRun> {
  const { Tensor: OnnxTensor } = await loadOnnx();
  const inputs: Record<string, Onnx.Tensor> = {};
  const declared = new Map(session.value.inputMetadata.map((meta) => [meta.name, meta]));
  for (const [name, tensor] of Object.entries(feeds)) {
    const meta = declared.get(name);
    const { type, data, dims } = meta?.isTensor ? asDeclared(tensor, meta.type) : tensor;
    inputs[name] = new OnnxTensor(type, data as never, [...dims]);
  }
  const options = shrink ? { extra: { memory: { enable_memory_arena_shrinkage: 'cpu:0' } } } : {};
  const start = performance.now();
  const shapes = reuse ? JSON.stringify(Object.values(feeds).map(({ dims }) => dims)) : '';
  const before = reuse ? reusable.get(session.value) : undefined;
  const results =
    before?.shapes === shapes
      ? await session.value.run(inputs, { ...before.outputs }, options)
      : await session.value.run(inputs, options);
  const modelMs = performance.now() - start;
  if (reuse && before?.shapes !== shapes) reusable.set(session.value, { shapes, outputs: { ...results } });
  const outputs = Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [name, toTensor(name, tensor)]),
  );
  return { outputs, modelMs, provider: session.provider, fellBack };
}

/**
 * Timesteps and token ids in the type that a graph wants: exporters differ in it. Fractions of a timestep are cut off,
 * as the exporters' own pipelines do.
 */
function asDeclared(tensor: Tensor, wanted: string): Tensor {
  const { type, dims, data } = tensor;
  if (wanted === 'int64' && type === 'float32')
    return {
      type: 'int64',
      dims,
      data: BigInt64Array.from(data as Float32Array, (v) => BigInt(Math.trunc(v))),
    };
  if (wanted === 'int64' && type === 'int32')
    return { type: 'int64', dims, data: BigInt64Array.from(data as Int32Array, BigInt) };
  if (wanted === 'int32' && type === 'int64')
    return { type: 'int32', dims, data: Int32Array.from(data as BigInt64Array, Number) };
  return tensor;
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

function explain(failed: FailedProvider | undefined): string | null {
  return failed ? `${failed.provider} could not be used (${failed.reason})` : null;
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
