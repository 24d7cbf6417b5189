import { MachineError } from '../errors.ts';
import {
  type ModelId,
  type ModelRunner,
  runInTurn,
  runLinked,
  type Tensor,
  type TensorInfo,
} from '../inference/tensor.ts';
import type { DiffusionPack } from './pack.ts';

/** A diffusion pack with what it takes to run it. */
export interface Checkpoint {
  /** The pack's id: models are `<id>/<name>`. */
  readonly id: string;
  readonly spec: DiffusionPack;
  readonly models: ModelRunner;
  /** Verified bytes of a file that pack.json lists. */
  readonly readFile: (path: string) => Promise<Uint8Array>;
}

/** A graph whose tensors go by the names of docs/packs.md, whatever its own are. */
export interface BoundGraph {
  readonly model: ModelId;
  /** True where the graph's own names are those of docs/packs.md. */
  readonly plain: boolean;
  /** What the graph declares of an input; undefined where it has none of that name. */
  input(name: string): TensorInfo | undefined;
  /** Runs the graph; feeds and outputs by the names asked for in {@link bindGraph}. */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
}

/**
 * Loads a graph and finds its tensors: by name, or, where a name is missing and the number fits, by order.
 * @param inputs and outputs: names of docs/packs.md, in its order
 * @throws MachineError where the graph does not have that many
 */
export async function bindGraph(
  { id, models }: Checkpoint,
  model: string,
  inputs: readonly string[],
  outputs: readonly string[],
): Promise<BoundGraph> {
  const modelId: ModelId = `${id}/${model}`;
  const described = await models.describe(modelId);
  const ins = match(described.inputs, inputs, modelId, 'inputs');
  const outs = match(described.outputs, outputs, modelId, 'outputs');
  const plain = [...ins, ...outs].every(([name, info]) => name === info.name);
  return {
    model: modelId,
    plain,
    input: (name) => ins.get(name),
    async run(feeds) {
      if (plain) return models.run(modelId, feeds);
      const own = Object.entries(feeds).map(([name, tensor]) => [ins.get(name)?.name ?? name, tensor]);
      const results = await models.run(modelId, Object.fromEntries(own));
      return Object.fromEntries(outputs.map((name) => [name, results[outs.get(name)!.name]!]));
    },
  };
}

/** One of several bound graphs that run in turn. */
export interface BoundLink {
  readonly graph: BoundGraph;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/** Runs bound graphs in turn, the outputs of all but the last fed to the last: see `ModelRunner.runLinked`. */
export async function runBound(
  { models }: Checkpoint,
  links: readonly BoundLink[],
): Promise<Readonly<Record<string, Tensor>>> {
  const named = links.map(({ graph, feeds }) => ({ model: graph.model, feeds }));
  if (links.every(({ graph }) => graph.plain)) return runLinked(models, named);
  const graphs = new Map(links.map(({ graph }) => [graph.model, graph]));
  return runInTurn(named, (model, feeds) => graphs.get(model)!.run(feeds));
}

function match(
  declared: readonly TensorInfo[],
  wanted: readonly string[],
  model: string,
  what: 'inputs' | 'outputs',
): Map<string, TensorInfo> {
  const byName = new Map(declared.map((info) => [info.name, info]));
  if (wanted.every((name) => byName.has(name)))
    return new Map(wanted.map((name) => [name, byName.get(name)!]));
  if (declared.length === wanted.length) return new Map(wanted.map((name, i) => [name, declared[i]!]));
  const missing = wanted.filter((name) => !byName.has(name));
  throw unfit(`The model ${model} lacks the ${what} ${missing.join(', ')}`);
}

/**
 * Checks a dimension that the graph declares against what pack.json says.
 * @throws MachineError where both are known and differ
 */
export function checkDimension(
  graph: BoundGraph,
  name: string,
  axis: number,
  expected: number,
  model: string,
) {
  const declared = graph.input(name)?.dims[axis] ?? -1;
  if (declared === -1 || declared === expected) return;
  throw unfit(`The model ${model} takes ${name} of ${declared} channels, but its pack.json says ${expected}`);
}

function unfit(message: string): MachineError {
  return new MachineError(message, 'Convert the checkpoint again, or remove the pack and install it anew');
}
