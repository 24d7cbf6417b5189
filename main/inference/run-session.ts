import type * as Onnx from 'onnxruntime-node';
import { loadOnnx } from './providers.ts';
import type { Tensor, TensorInfo } from './tensor.ts';

/** What one run of a session gave. */
export interface SessionRun {
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Milliseconds inside `session.run`, nothing else. */
  readonly modelMs: number;
}

/**
 * Runs a session once. The outputs are the caller's own: nothing else views their memory.
 * @param shrink gives the run's scratch memory back to the system afterwards
 * @throws what onnxruntime throws, and TypeError for an output of a type that Davenport does not know
 */
export async function runSession(
  session: Onnx.InferenceSession,
  feeds: Readonly<Record<string, Tensor>>,
  shrink: boolean,
): Promise<SessionRun> {
  const { Tensor: OnnxTensor } = await loadOnnx();
  const inputs: Record<string, Onnx.Tensor> = {};
  for (const meta of session.inputMetadata) {
    const tensor = feeds[meta.name];
    if (!tensor) continue; // onnxruntime says which one is missing
    const { type, data, dims } = meta.isTensor ? asDeclared(tensor, meta.type) : tensor;
    inputs[meta.name] = new OnnxTensor(type, data as never, dims);
  }
  const start = performance.now();
  const results = await session.run(inputs, shrink ? SHRINK : {});
  const modelMs = performance.now() - start;
  const outputs: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(results)) outputs[name] = toTensor(name, tensor);
  return { outputs, modelMs };
}

const SHRINK = { extra: { memory: { enable_memory_arena_shrinkage: 'cpu:0' } } };

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

/** What a session's graph declares. */
export function describeGraph({ inputMetadata, outputMetadata }: Onnx.InferenceSession): {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
} {
  return { inputs: inputMetadata.map(toInfo), outputs: outputMetadata.map(toInfo) };
}

function toInfo(meta: Onnx.InferenceSession.ValueMetadata): TensorInfo {
  if (!meta.isTensor) return { name: meta.name, type: 'other', dims: [] };
  return { name: meta.name, type: meta.type, dims: meta.shape.map((d) => (typeof d === 'number' ? d : -1)) };
}
