/** Element types that Davenport's graphs use (onnxruntime's names). */
export type TensorType = 'float32' | 'int64' | 'int32' | 'uint8' | 'bool';

/** A dense tensor, row-major; `data` matches `type` (int64 as BigInt64Array, bool as Uint8Array). */
export interface Tensor {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array | Int32Array | Uint8Array;
  /** Promises that the samples stay as they are, so that they need to travel to the models process once only. */
  readonly constant?: boolean;
}

/** A float32 tensor; throws TypeError where the length does not fit the dims. */
export function floatTensor(data: Float32Array, dims: readonly number[]): Tensor {
  const expected = dims.reduce((product, d) => product * d, 1);
  if (data.length !== expected)
    throw new TypeError(`Expected ${expected} values for dims [${dims}] but received ${data.length}`);
  return { type: 'float32', dims, data };
}

/** A float32 tensor whose samples will not change: see {@link Tensor.constant}. */
export function constantTensor(data: Float32Array, dims: readonly number[]): Tensor {
  return { ...floatTensor(data, dims), constant: true };
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

/** One of several graphs that run in turn. */
export interface GraphLink {
  readonly model: ModelId;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/** Runs ONNX graphs by name, wherever their session lives. */
export interface ModelRunner {
  /** Runs the whole graph once; rejects with a MachineError that names the model where it cannot. */
  run(model: ModelId, feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  /**
   * Runs graphs in turn and gives the last one's outputs. Those of the others are fed to the last one under the same
   * names, added up where several have one name, without leaving the process they are made in: a ControlNet's
   * residuals are hundreds of times larger than the latents. Absent where nothing is gained: see {@link runLinked}.
   */
  runLinked?(links: readonly GraphLink[]): Promise<Readonly<Record<string, Tensor>>>;
  /** Declared inputs and outputs (loads the session where it is not yet loaded). */
  describe(
    model: ModelId,
  ): Promise<{ readonly inputs: readonly TensorInfo[]; readonly outputs: readonly TensorInfo[] }>;
}

/** {@link ModelRunner.runLinked} for any runner. */
export async function runLinked(
  models: ModelRunner,
  links: readonly GraphLink[],
): Promise<Readonly<Record<string, Tensor>>> {
  if (models.runLinked) return models.runLinked(links);
  return runInTurn(links, (model, feeds) => models.run(model, feeds));
}

/**
 * Runs links with any way of running one graph.
 * @param free told of every tensor that was handed on, once the last graph has read it
 */
export async function runInTurn(
  links: readonly GraphLink[],
  run: ModelRunner['run'],
  free: (tensor: Tensor) => void = () => {},
): Promise<Readonly<Record<string, Tensor>>> {
  const last = links.at(-1);
  if (!last) throw new TypeError('Expected at least one graph to run');
  const handedOn: Record<string, Tensor> = {};
  for (const { model, feeds } of links.slice(0, -1)) {
    for (const [name, tensor] of Object.entries(await run(model, feeds))) {
      const before = handedOn[name];
      if (before) {
        addTo(floatData(before, name), floatData(tensor, name));
        free(tensor);
      } else handedOn[name] = tensor;
    }
  }
  const outputs = await run(last.model, { ...last.feeds, ...handedOn });
  Object.values(handedOn).forEach(free);
  return outputs;
}

function addTo(target: Float32Array, source: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += source[i]!;
}
