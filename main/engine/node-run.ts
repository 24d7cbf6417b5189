import { setImmediate as nextTurn } from 'node:timers/promises';
import { CancelledError } from '../errors.ts';
import { dtypeOf, type Raster } from '../imaging/raster.ts';
import type { MemoryPreset } from '../inference/memory.ts';
import type { NodeContext, NodeInputs, NodeOutputs, NodeRun, PackFiles, Window } from '../pipeline/node.ts';
import { createDigest, digestOf } from '../store/artifact.ts';
import type { ModelClient, ModelUse } from './model-client.ts';
import { peakRssMb, resetPeakRss } from './peak-memory.ts';
import { rasterBytes, wholeOf, type ProjectSession } from './project-session.ts';
import type { ArtifactReport, ArtifactSource, NodeRequest, NodeResult } from './protocol.ts';
import { digestWhole } from './windows.ts';

/** What one node's run needs besides its request. */
export interface NodeServices {
  readonly session: ProjectSession;
  readonly models: ModelClient;
  readonly packs: PackFiles;
  readonly memory: MemoryPreset;
  readonly signal: AbortSignal;
  /** Already limited in rate. */
  readonly report: (done: number, label?: string) => void;
  /** Shows a small picture; absent where nobody looks. */
  readonly preview?: NodeContext['preview'];
}

/** Progress calls closer together than this do not give way to other events, ms. */
const YIELD_MS = 10;

/**
 * Runs one node: reads its inputs, writes its artifacts, and last of all commits the row that makes them count.
 * A run that fails or is cancelled leaves nothing that counts.
 */
export async function runNode(
  run: NodeRun,
  request: NodeRequest,
  services: NodeServices,
): Promise<NodeResult> {
  const { session, models, signal } = services;
  const startedAt = Date.now();
  const start = performance.now();
  resetPeakRss();
  models.begin(signal);
  const written = new Map<string, ArtifactReport>();
  const metrics: Record<string, number | string | boolean> = {};
  const context: NodeContext = {
    params: request.params,
    frame: () => session.frame(request.frame),
    inputs: nodeInputs(request, session),
    outputs: nodeOutputs(request, session, written),
    models,
    packs: services.packs,
    memory: services.memory,
    blob: (sha256) => session.blob(sha256),
    metric: (name, value) => {
      metrics[name] = value;
    },
    progress: progressOf(services),
    ...(services.preview ? { preview: services.preview } : {}),
    signal,
  };
  await run(context as NodeContext<never>);
  throwIfCancelled(signal);
  const missing = request.outputs.find((name) => !written.has(name));
  if (missing !== undefined) throw new TypeError(`Expected ${request.node} to write ${missing}`);
  const { use } = models;
  Object.assign(metrics, describeCircumstances(request, services, use));
  const result: NodeResult = {
    artifacts: request.outputs.flatMap((name) => written.get(name) ?? []),
    metrics,
    ms: performance.now() - start,
    modelMs: use.modelMs,
    provider: use.providers.size > 0 ? [...use.providers].join('+') : null,
    peakRssMb: peakRssMb() + use.peakRssMb,
  };
  commit(request, result, startedAt, session);
  return result;
}

/** What the report must say of how the node ran: a provider that could not be used, memory that ran out before. */
function describeCircumstances(
  { retriedAfter }: NodeRequest,
  { memory }: NodeServices,
  { fallbacks, providers }: ModelUse,
): Record<string, string> {
  const said: Record<string, string> = {};
  if (fallbacks.size > 0)
    said['providerNote'] = `${[...fallbacks].join('; ')}: it ran on ${[...providers].join('+')}`;
  if (retriedAfter) {
    said['preset'] = memory;
    said['memoryNote'] = `Memory ran out under the ${retriedAfter} preset: it ran under ${memory}`;
  }
  return said;
}

function commit(
  request: NodeRequest,
  result: NodeResult,
  startedAt: number,
  { project }: ProjectSession,
): void {
  const { fingerprint, node, stage, version, params, lineage, packs } = request;
  const { artifacts, ...measured } = result;
  project.commitRun(
    {
      fingerprint,
      node,
      stage,
      version,
      params,
      inputs: lineage,
      packs,
      ...measured,
      startedAt,
      finishedAt: Date.now(),
      status: 'ran',
    },
    Object.fromEntries(artifacts.map(({ name, id }) => [name, id])),
  );
}

function nodeInputs(request: NodeRequest, session: ProjectSession): NodeInputs {
  const source = (name: string): ArtifactSource => {
    const found = request.inputs[name];
    if (!found) throw new TypeError(`Expected an input of ${request.node} but received ${name}`);
    return found;
  };
  return {
    raster: async (name) => session.raster(source(name)),
    window: async (name) => session.window(source(name)),
    json: async <T>(name: string) => (await session.json(source(name).artifact)) as T,
    has: (name) => name in request.inputs,
  };
}

function nodeOutputs(
  request: NodeRequest,
  session: ProjectSession,
  written: Map<string, ArtifactReport>,
): NodeOutputs {
  const { project } = session;
  const claim = (name: string) => {
    if (!request.outputs.includes(name))
      throw new TypeError(`Expected an output of ${request.node} but received ${name}`);
    if (written.has(name)) throw new TypeError(`Expected ${name} to be written once`);
  };
  const note = (id: number, name: string) => {
    const { dtype, shape, digest } = session.artifact(id);
    const [height, width, channels] = dtype === 'json' ? [null, null, null] : shape;
    written.set(name, {
      id,
      name,
      width: width!,
      height: height!,
      channels: channels!,
      dtype,
      sha256: digest,
    });
  };
  return {
    async raster(name, raster, window?: Window) {
      claim(name);
      const windowed = window ? { raster, window } : wholeOf(raster);
      const over = window?.background === 'frame' ? (await session.frame(request.frame)).raster : null;
      const { width, height, rect, background } = windowed.window;
      const shape = [height, width, raster.channels];
      const digest = digestWhole(windowed, over);
      const stored = window ? { rect, background } : null;
      const id = await project.writeArtifact(
        { dtype: dtypeOf(raster.data), shape, window: stored, digest },
        rasterBytes(raster),
      );
      note(id, name);
      session.remember(id, windowed);
    },
    async json(name, value) {
      claim(name);
      const bytes = Buffer.from(JSON.stringify(value));
      const shape = [bytes.length];
      note(
        await project.writeArtifact(
          { dtype: 'json', shape, window: null, digest: digestOf('json', shape, bytes) },
          bytes,
        ),
        name,
      );
    },
    async bands(name, { width, height, channels, dtype }, rows) {
      claim(name);
      const shape = [height, width, channels];
      const digest = createDigest(dtype, shape);
      const pieces = hashed(rows, width, channels, digest.update);
      note(await project.writeArtifact({ dtype, shape, window: null, digest: digest.hex }, pieces), name);
    },
  };
}

async function* hashed(
  rows: AsyncIterable<Raster>,
  width: number,
  channels: number,
  update: (samples: Raster['data']) => void,
) {
  for await (const band of rows) {
    if (band.width !== width || band.channels !== channels) {
      throw new TypeError(
        `Expected bands of ${width}×${channels} samples a row but received ${band.width}×${band.channels}`,
      );
    }
    update(band.data);
    yield rasterBytes(band);
  }
}

function progressOf({ report, signal }: NodeServices): NodeContext['progress'] {
  let yielded = performance.now();
  return async (done, label) => {
    report(done, label);
    if (performance.now() - yielded >= YIELD_MS) {
      await nextTurn(); // lets the message that cancels come in
      yielded = performance.now();
    }
    throwIfCancelled(signal);
  };
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new CancelledError();
}
