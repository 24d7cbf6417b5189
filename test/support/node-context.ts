import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MachineError } from '../../main/errors.ts';
import type { Frame } from '../../main/imaging/frame.ts';
import { createRaster, dtypeOf, type Raster } from '../../main/imaging/raster.ts';
import type { MemoryPreset } from '../../main/inference/memory.ts';
import type { ModelRunner, Tensor, TensorInfo } from '../../main/inference/tensor.ts';
import type {
  Json,
  NodeContext,
  NodeInputs,
  NodeOutputs,
  PackFiles,
  Window,
} from '../../main/pipeline/node.ts';

/** What a node wrote: a raster with its window, or a value. */
export type Written = { readonly raster: Raster; readonly window: Window } | { readonly json: unknown };

/** One run of one node: its context, and what it left behind. */
export interface NodeTrial<P> {
  readonly context: NodeContext<P>;
  readonly written: Map<string, Written>;
  readonly metrics: Map<string, number | string | boolean>;
}

export interface TrialSetup<P> {
  readonly params: P;
  readonly frame?: Frame;
  /** By the input names of the node's plan. */
  readonly inputs?: Readonly<Record<string, Written | undefined>>;
  readonly models?: ModelRunner;
  readonly packs?: Partial<PackFiles>;
  readonly memory?: MemoryPreset;
  readonly blobs?: Readonly<Record<string, Uint8Array>>;
  readonly signal?: AbortSignal;
}

/** A context that keeps everything in memory: no engine process, no project file. */
export function tryNode<P>(setup: TrialSetup<P>): NodeTrial<P> {
  const written = new Map<string, Written>();
  const metrics = new Map<string, number | string | boolean>();
  const context: NodeContext<P> = {
    params: setup.params,
    frame: async () => required(setup.frame, 'a frame'),
    inputs: readFrom(setup.inputs ?? {}),
    outputs: writeTo(written),
    models: setup.models ?? noModels,
    packs: { read: async (_pack, file) => missing(file), list: () => [], manifest: missing, ...setup.packs },
    memory: setup.memory ?? 'balanced',
    blob: async (hash) => required(setup.blobs?.[hash], `blob ${hash}`),
    metric: (name, value) => void metrics.set(name, value),
    progress: async () => setup.signal?.throwIfAborted(),
    signal: setup.signal ?? new AbortController().signal,
  };
  return { context, written, metrics };
}

/** The raster a node wrote, in full (its background must be zero). */
export function wholeOf(written: Written | undefined): Raster {
  if (!written || !('raster' in written)) return missing('a raster');
  const { raster, window } = written;
  const whole = createRaster(dtypeOf(raster.data), window.width, window.height, raster.channels);
  const rowLength = raster.width * raster.channels;
  for (let y = 0; y < raster.height; y++) {
    const row = raster.data.subarray(y * rowLength, (y + 1) * rowLength);
    whole.data.set(row, ((window.rect.y + y) * window.width + window.rect.x) * raster.channels);
  }
  return whole;
}

/** The value a node wrote. */
export function jsonOf<T = Json>(written: Written | undefined): T {
  if (!written || !('json' in written)) return missing('a value');
  return written.json as T;
}

/** Runs the ONNX files of `folder/<pack>/<name>.onnx` in this process, on the CPU, two threads. */
export function openLocalModels(folder: string): ModelRunner {
  const sessions = new Map<string, Promise<Session>>();
  const open = (model: string) => {
    const session = sessions.get(model) ?? createSession(join(folder, `${model}.onnx`));
    sessions.set(model, session);
    return session;
  };
  return {
    run: async (model, feeds) => (await open(model)).run(feeds),
    describe: async (model) => (await open(model)).shape,
  };
}

interface Session {
  readonly shape: { readonly inputs: readonly TensorInfo[]; readonly outputs: readonly TensorInfo[] };
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
}

async function createSession(file: string): Promise<Session> {
  if (!existsSync(file)) throw new MachineError(`${file} is missing`, 'Train it first');
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  const ort = await import('onnxruntime-node');
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 2 });
  const toInfo = (value: (typeof session.inputMetadata)[number]): TensorInfo => {
    if (!value.isTensor) throw new TypeError(`Expected a tensor for ${value.name}`);
    const dims = value.shape.map((d) => (typeof d === 'number' ? d : -1));
    return { name: value.name, type: value.type, dims };
  };
  return {
    shape: { inputs: session.inputMetadata.map(toInfo), outputs: session.outputMetadata.map(toInfo) },
    run: async (feeds) => {
      const tensors = Object.entries(feeds).map(([name, t]) => {
        if (!(t.data instanceof Float32Array)) throw new TypeError(`Expected float32 for ${name}`);
        return [name, new ort.Tensor('float32', t.data, t.dims)] as const;
      });
      const results = await session.run(Object.fromEntries(tensors));
      return Object.fromEntries(
        Object.entries(results).map(([name, value]): [string, Tensor] => [
          name,
          { type: 'float32', dims: value.dims, data: value.data as Float32Array },
        ]),
      );
    },
  };
}

const noModels: ModelRunner = {
  run: async (model) => missing(model),
  describe: async (model) => missing(model),
};

function readFrom(inputs: Readonly<Record<string, Written | undefined>>): NodeInputs {
  return {
    raster: async (name) => wholeOf(inputs[name]),
    window: async (name) => {
      const written = inputs[name];
      return written && 'raster' in written ? written : missing(name);
    },
    json: async <T>(name: string) => jsonOf<T>(inputs[name]),
    has: (name) => inputs[name] !== undefined,
  };
}

function writeTo(written: Map<string, Written>): NodeOutputs {
  const once = (name: string, value: Written) => {
    if (written.has(name)) throw new TypeError(`${name} was written twice`);
    written.set(name, value);
  };
  return {
    raster: async (name, raster, window) => {
      const { width, height } = raster;
      const whole: Window = { width, height, rect: { x: 0, y: 0, width, height }, background: 'zero' };
      once(name, { raster, window: window ?? whole });
    },
    json: async (name, value) => once(name, { json: structuredClone(value) }),
    bands: async (name, { width, height, channels, dtype }, rows) => {
      const whole = createRaster(dtype, width, height, channels);
      let at = 0;
      for await (const band of rows) {
        whole.data.set(band.data, at);
        at += band.data.length;
      }
      if (at !== whole.data.length)
        throw new TypeError(`Expected ${whole.data.length} samples of ${name} but received ${at}`);
      once(name, {
        raster: whole,
        window: { width, height, rect: { x: 0, y: 0, width, height }, background: 'zero' },
      });
    },
  };
}

function required<T>(value: T | undefined, what: string): T {
  return value ?? missing(what);
}

function missing(what: string): never {
  throw new TypeError(`The trial was given no ${what}`);
}
