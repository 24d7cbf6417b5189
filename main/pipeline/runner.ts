import type {
  ArtifactSource,
  FrameSource,
  NodeRequest,
  NodeResult,
  SmallPicture,
} from '../engine/protocol.ts';
import { CancelledError, type DavenportError, fromErrorRecord, toErrorRecord } from '../errors.ts';
import type { StoredArtifact } from '../store/artifact.ts';
import type { ProjectReader } from '../store/project.ts';
import type { StoredRun } from '../store/runs.ts';
import { fingerprintNodes, type Surroundings } from './fingerprint.ts';
import type { ArtifactRef, FrameRef, PlannedNode, StageId } from './graph.ts';
import { allNodes, nodesUntil, type Plan } from './plan.ts';
import type { ArtifactReport, FinishedRun, NodeOutcome, RunEvent } from './outcome.ts';

/** Runs one node somewhere else; see `Engine` in main/engine/supervisor.ts. */
export interface NodeRunner {
  runNode(
    request: NodeRequest,
    options: {
      onProgress?: (done: number, label?: string, preview?: SmallPicture) => void;
      signal?: AbortSignal;
    },
  ): Promise<NodeResult>;
}

export interface RunRequest {
  readonly project: ProjectReader;
  readonly engine: NodeRunner;
  readonly plan: Plan;
  readonly surroundings: Surroundings;
  readonly until?: StageId;
  /** Keys of the nodes that are wanted, in place of `until`; see nodesFor. */
  readonly nodes?: ReadonlySet<string>;
  readonly signal?: AbortSignal;
  /** Ends the run after the node at hand; those after it stay pending. */
  readonly pause?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

/** The outcomes of a run in plan order, and the first failure where there was one. */
export interface RunResult {
  readonly outcomes: readonly NodeOutcome[];
  readonly failure: DavenportError | null;
}

/** Looks up which nodes of a plan are finished already; runs nothing. */
export function inspectPlan(project: ProjectReader, plan: Plan, surroundings: Surroundings): NodeOutcome[] {
  const nodes = allNodes(plan);
  const prints = fingerprintNodes(nodes, surroundings);
  return nodes.map((node) => {
    const fingerprint = prints.get(node.key) ?? '';
    const stored = project.findRun(fingerprint);
    return stored
      ? { node, fingerprint, status: 'reused', run: finishedFromStore(stored) }
      : { node, fingerprint, status: 'pending' };
  });
}

/**
 * Runs what is stale, in order, and reuses the rest. A node that fails leaves every node before it finished and
 * usable; those after it stay pending. Never throws for a failing node: see `failure`.
 */
export async function runPlan(request: RunRequest): Promise<RunResult> {
  const wanted = request.nodes ?? new Set(nodesUntil(request.plan, request.until).map((node) => node.key));
  const finished = new Map<string, NodeOutcome>();
  let failure: DavenportError | null = null;
  for (const known of inspectPlan(request.project, request.plan, request.surroundings)) {
    const stale = known.status !== 'reused' && wanted.has(known.node.key);
    const goesOn = failure === null && !request.pause?.aborted;
    const outcome = stale && goesOn ? await runNode(request, known, finished) : known;
    if (outcome.error) failure = fromErrorRecord(outcome.error);
    finished.set(outcome.node.key, outcome);
    request.onEvent?.({ kind: 'node-finished', outcome });
  }
  return { outcomes: [...finished.values()], failure };
}

async function runNode(
  request: RunRequest,
  { node, fingerprint }: NodeOutcome,
  finished: ReadonlyMap<string, NodeOutcome>,
): Promise<NodeOutcome> {
  const { onEvent, signal } = request;
  onEvent?.({ kind: 'node-started', node });
  try {
    if (signal?.aborted) throw new CancelledError();
    const result = await request.engine.runNode(buildRequest(request, node, fingerprint, finished), {
      onProgress: (done, label, preview) =>
        onEvent?.({
          kind: 'node-progress',
          node,
          done,
          label: label ?? null,
          ...(preview ? { preview } : {}),
        }),
      ...(signal ? { signal } : {}),
    });
    return { node, fingerprint, status: 'ran', run: finishedFromEngine(result) };
  } catch (error) {
    const record = toErrorRecord(error);
    return { node, fingerprint, status: record.kind === 'cancelled' ? 'cancelled' : 'failed', error: record };
  }
}

/** One self-contained request: what the node reads is named by row ids, never sent. */
function buildRequest(
  { project, surroundings }: RunRequest,
  node: PlannedNode,
  fingerprint: string,
  finished: ReadonlyMap<string, NodeOutcome>,
): NodeRequest {
  const inputs = Object.entries(node.inputs);
  return {
    project: project.path,
    node: node.id,
    stage: node.stage,
    version: node.version,
    fingerprint,
    params: node.params,
    frame: locateFrame(finished, node.frame),
    inputs: Object.fromEntries(inputs.map(([name, ref]) => [name, locateArtifact(finished, ref)])),
    lineage: Object.fromEntries(
      inputs.map(([name, ref]) => [name, `${finished.get(ref.node)?.fingerprint}/${ref.artifact}`]),
    ),
    packs: Object.fromEntries([
      ...node.models.map((model) => [model, surroundings.modelHash(model)]),
      ...node.files.map((prefix) => [prefix, surroundings.filesHash(prefix)]),
    ]),
    outputs: [...node.outputs],
  };
}

/** Where the samples of an artifact are, and what shows around its window. */
export function locateArtifact(finished: ReadonlyMap<string, NodeOutcome>, ref: ArtifactRef): ArtifactSource {
  const outcome = finished.get(ref.node);
  const artifact = outcome?.run?.ids[ref.artifact];
  if (!outcome || artifact === undefined)
    throw new TypeError(`Expected ${ref.node} to have written ${ref.artifact}`);
  return { artifact, frame: locateFrame(finished, outcome.node.frame) };
}

/** Where the photo that a node works on is. */
export function locateFrame(finished: ReadonlyMap<string, NodeOutcome>, frame: FrameRef): FrameSource {
  return frame.kind === 'source' ? null : locateArtifact(finished, frame.ref);
}

function finishedFromEngine(result: NodeResult): FinishedRun {
  const artifacts = result.artifacts.map(({ name, width, height, sha256 }) => ({
    name,
    width,
    height,
    sha256,
  }));
  return {
    ...result,
    artifacts,
    ids: Object.fromEntries(result.artifacts.map(({ name, id }) => [name, id])),
  };
}

function finishedFromStore(run: StoredRun): FinishedRun {
  const entries = Object.entries(run.artifacts);
  return {
    ms: run.ms,
    modelMs: run.modelMs,
    provider: run.provider,
    peakRssMb: run.peakRssMb,
    metrics: run.metrics,
    artifacts: entries.map(([name, artifact]) => reportStored(name, artifact)),
    ids: Object.fromEntries(entries.map(([name, artifact]) => [name, artifact.id])),
  };
}

/** Width and height where the artifact is a raster: `[height, width, channels]`. */
function reportStored(name: string, { shape, digest }: StoredArtifact): ArtifactReport {
  const [height = null, width = null] = shape.length === 3 ? shape : [];
  return { name, width, height, sha256: digest };
}
