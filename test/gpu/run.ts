/**
 * Runs small graphs on the GPU and on the CPU and compares them: `npm run test:gpu [-- --provider cuda
 * --graph unet --require]`.
 *
 * Prints, per graph: the provider that really ran, milliseconds per step (the median of {@link STEPS} runs after a
 * first one) on both, and the largest difference from the CPU's result. Exit code 0: all within {@link TOLERANCE}, or
 * there is no such GPU here, which one line says; with `--require` that is 1, for machines that are meant to have one.
 * 1: a result is off, or a graph that started on the GPU fell back to the CPU.
 */
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { findPacks, packFolders } from '../../main/inference/packs.ts';
import { providers, type Provider } from '../../main/inference/providers.ts';
import { openSessions } from '../../main/inference/sessions.ts';
import { floatTensor, type ModelId, type Tensor, type TensorInfo } from '../../main/inference/tensor.ts';

const STEPS = 20;
/** Of the largest value of an output. */
const TOLERANCE = 1e-2;
/** Size of free dimensions: latents of a 512 px picture; sequences of 77 tokens come out of it as 64. */
const FREE = 64;

const { values } = parseArgs({
  options: {
    provider: { type: 'string', default: 'cuda' },
    graph: { type: 'string', default: '' },
    require: { type: 'boolean', default: false },
  },
});
const provider = providers.find((name) => name === values.provider);
if (!provider || provider === 'cpu')
  throw new TypeError(
    `Expected --provider to be a GPU's (${providers.join(', ')}) but received ${values.provider}`,
  );

/** The starter's, the tiny checkpoints of the tests, and whatever is installed here. */
const folders = [...packFolders(), fileURLToPath(new URL('../fixtures/packs', import.meta.url))];
const packs = findPacks(folders);
const graphs = packs.flatMap(({ manifest }) =>
  Object.keys(manifest.models)
    .map((name): ModelId => `${manifest.id}/${name}`)
    .filter((graph) => graph.includes(values.graph)),
);

const gpu = openSessions({ packs, provider, preset: 'high' });
const cpu = openSessions({ packs, provider: 'cpu', preset: 'high' });

process.exitCode = await compareAll(provider);

async function compareAll(wanted: Provider): Promise<number> {
  const [first] = graphs;
  const probe = await gpu.describe(first!);
  if (probe.provider !== wanted) {
    const why = probe.failed.find((failed) => failed.provider === wanted)?.reason ?? 'it did not start';
    console.log(`no ${wanted.toUpperCase()} here, so nothing was measured on a GPU: ${why}`);
    return values.require ? 1 : 0;
  }
  let worst = 0;
  for (const graph of graphs) worst = Math.max(worst, await compare(graph, wanted));
  console.log(worst < TOLERANCE ? `all within ${TOLERANCE}` : `off by up to ${worst.toPrecision(2)}`);
  return worst < TOLERANCE ? 0 : 1;
}

/** The largest difference, as a share of the output's largest value; infinite where the GPU did not run it. */
async function compare(graph: ModelId, wanted: Provider): Promise<number> {
  const { inputs } = await cpu.describe(graph);
  if (inputs.some(({ type }) => type !== 'float32')) return 0; // token ids and the like have no pattern
  const feeds = Object.fromEntries(inputs.map((input) => [input.name, pattern(input)]));
  const own = await measure(gpu, graph, feeds);
  const reference = await measure(cpu, graph, feeds);
  const difference = own.provider === wanted ? differ(own.outputs, reference.outputs) : Infinity;
  console.log(
    `${graph.padEnd(36)} ${own.provider.padEnd(7)} ${own.ms.toFixed(2).padStart(8)} ms a step (first ${own.firstMs.toFixed(0)} ms)   cpu ${reference.ms.toFixed(2).padStart(8)} ms   difference ${difference.toExponential(1)}${own.fellBack ? `   ${own.fellBack}` : ''}`,
  );
  await Promise.all([gpu.release(graph), cpu.release(graph)]);
  return difference;
}

function pattern({ name, dims }: TensorInfo): Tensor {
  const shape = dims.map((d, i) => (d > 0 ? d : i === 0 ? 1 : /residual/.test(name) ? 1 : FREE));
  const length = shape.reduce((a, b) => a * b, 1);
  const scale = /residual/.test(name) ? 0 : 1;
  return floatTensor(
    Float32Array.from({ length }, (_, i) => scale * Math.sin(1.7 * i + name.length)),
    shape,
  );
}

async function measure(sessions: typeof gpu, graph: ModelId, feeds: Record<string, Tensor>) {
  const { modelMs: firstMs, ...first } = await sessions.run(graph, feeds);
  const times: number[] = [];
  for (let i = 0; i < STEPS; i++) times.push((await sessions.run(graph, feeds)).modelMs);
  times.sort((a, b) => a - b);
  return { ...first, firstMs, ms: times[STEPS / 2]! };
}

function differ(a: Readonly<Record<string, Tensor>>, b: Readonly<Record<string, Tensor>>): number {
  let worst = 0;
  for (const [name, { data }] of Object.entries(b)) {
    const expected = data as Float32Array;
    const own = a[name]?.data as Float32Array;
    let largest = 1e-6;
    let off = 0;
    for (let i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]!));
      off = Math.max(off, Math.abs(expected[i]! - own[i]!));
    }
    worst = Math.max(worst, Number.isNaN(off) ? Infinity : off / largest);
  }
  return worst;
}
