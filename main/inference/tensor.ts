/** Element types that Davenport's graphs use (onnxruntime's names). */
export type TensorType = 'float32' | 'int64' | 'int32' | 'uint8' | 'bool';

/** A dense tensor, row-major; `data` matches `type` (int64 as BigInt64Array, bool as Uint8Array). */
export interface Tensor {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array | Int32Array | Uint8Array;
}

/** A float32 tensor; throws TypeError where the length does not fit the dims. */
export function floatTensor(data: Float32Array, dims: readonly number[]): Tensor {
  const expected = dims.reduce((product, d) => product * d, 1);
  if (data.length !== expected)
    throw new TypeError(`Expected ${expected} values for dims [${dims}] but received ${data.length}`);
  return { type: 'float32', dims, data };
}

/** The float32 samples of a tensor; throws TypeError for another type or a missing tensor. */
export function floatData(tensor: Tensor | undefined, name: string): Float32Array {
  if (!tensor || !(tensor.data instanceof Float32Array)) {
    throw new TypeError(
      `Expected a float32 tensor for ${name} but received ${tensor ? tensor.type : 'nothing'}`,
    );
  }
  return tensor.data;
}

/** What a graph declares about one input or output; -1 where a dimension is free. */
export interface TensorInfo {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
}

/** `<pack id>/<model name>`, e.g. `starter/scene-encoder`. */
export type ModelId = `${string}/${string}`;

/** Runs ONNX graphs by name, wherever their session lives. */
export interface ModelRunner {
  /** Runs the whole graph once; rejects with a MachineError that names the model where it cannot. */
  run(model: ModelId, feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  /** Declared inputs and outputs (loads the session where it is not yet loaded). */
  describe(
    model: ModelId,
  ): Promise<{ readonly inputs: readonly TensorInfo[]; readonly outputs: readonly TensorInfo[] }>;
}
