import type { StageId } from './graph.ts';
import type { ArtifactReport, NodeOutcome, Status } from './outcome.ts';

/** A stage of one edit. Times and memory are those of this run: zero where everything was reused. */
export interface StageReport {
  readonly stage: StageId;
  readonly status: Status;
  readonly ms: number;
  /** Time inside `session.run`, ms. */
  readonly modelMs: number;
  /** Execution provider that really ran; null where the stage ran no model. */
  readonly provider: string | null;
  readonly peakRssMb: number;
  readonly artifacts: readonly ArtifactReport[];
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly nodes: readonly { readonly id: string; readonly status: Status; readonly ms: number }[];
}

/** The photo as it was decoded, and what was done to it at import (CMYK converted to sRGB, say). */
export interface PhotoReport {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly depth: number;
  readonly format: string;
  readonly notes: readonly string[];
}

/** What a run says of itself: the document of `--json`. */
export interface RunReport {
  readonly project: string;
  readonly out: string | null;
  readonly photo: PhotoReport;
  readonly edits: readonly {
    readonly region: { readonly area: number | null };
    readonly stages: readonly StageReport[];
  }[];
  readonly delivery: StageReport;
  readonly identity: { readonly checked: number | null; readonly differing: number | null };
  /** Passes through a VAE that the result took, previews excluded, whether they ran now or before. */
  readonly vae: { readonly encodes: number; readonly decodes: number };
  /** Null until diagnosis exists. */
  readonly verdict: null;
}

/** Gathers node outcomes into the report. `edits[i]` and `delivery` list outcomes in running order. */
export function buildReport(input: {
  project: string;
  out: string | null;
  photo: PhotoReport;
  edits: readonly (readonly NodeOutcome[])[];
  delivery: readonly NodeOutcome[];
}): RunReport {
  const edits = input.edits.map((outcomes) => {
    const stages = (['segment', 'depth', 'inpaint', 'color'] as const).map((stage) =>
      stageReport(stage, outcomes),
    );
    return { region: { area: numberIn(stages, 'inpaint', 'regionArea') }, stages };
  });
  return {
    project: input.project,
    out: input.out,
    photo: describePhoto(input.photo),
    edits,
    delivery: stageReport('upscale', input.delivery),
    identity: { checked: sumOf(edits, 'checked'), differing: sumOf(edits, 'differing') },
    vae: {
      encodes: countIn(input.edits, 'vaeEncodes'),
      decodes: countIn(input.edits, 'vaeDecodes'),
    },
    verdict: null,
  };
}

function describePhoto({ width, height, channels, depth, format, notes }: PhotoReport): PhotoReport {
  return { width, height, channels, depth, format, notes };
}

/** The stage's status: the worst of its nodes, `ran` where any ran, `reused` where all were. */
export function combineStatus(statuses: readonly Status[]): Status {
  const order = ['failed', 'cancelled', 'pending', 'ran'] as const;
  return order.find((status) => statuses.includes(status)) ?? 'reused';
}

function stageReport(stage: StageId, outcomes: readonly NodeOutcome[]): StageReport {
  const own = outcomes.filter((outcome) => outcome.node.stage === stage);
  const ran = own.filter((outcome) => outcome.status === 'ran');
  const providers = new Set(
    own.map((outcome) => outcome.run?.provider).filter((p) => p !== null && p !== undefined),
  );
  return {
    stage,
    status: own.length === 0 ? 'pending' : combineStatus(own.map((outcome) => outcome.status)),
    ms: round(ran.reduce((sum, outcome) => sum + (outcome.run?.ms ?? 0), 0)),
    modelMs: round(ran.reduce((sum, outcome) => sum + (outcome.run?.modelMs ?? 0), 0)),
    provider: providers.size > 0 ? [...providers].join('+') : null,
    peakRssMb: round(Math.max(0, ...ran.map((outcome) => outcome.run?.peakRssMb ?? 0))),
    artifacts: own.flatMap((outcome) => outcome.run?.artifacts ?? []),
    metrics: Object.assign({}, ...own.map((outcome) => outcome.run?.metrics ?? {})),
    nodes: own.map((outcome) => ({
      id: outcome.node.id,
      status: outcome.status,
      ms: outcome.status === 'ran' ? round(outcome.run?.ms ?? 0) : 0,
    })),
  };
}

function numberIn(stages: readonly StageReport[], stage: StageId, metric: string): number | null {
  const value = stages.find((s) => s.stage === stage)?.metrics[metric];
  return typeof value === 'number' ? value : null;
}

/** Sum over the edits of a metric of the color stage; null where no edit has it. */
function sumOf(edits: readonly { readonly stages: readonly StageReport[] }[], metric: string): number | null {
  const values = edits.map((edit) => numberIn(edit.stages, 'color', metric)).filter((v) => v !== null);
  return values.length > 0 ? values.reduce((a, b) => a + b, 0) : null;
}

/** Sum of a metric over all nodes that have it. */
function countIn(edits: readonly (readonly NodeOutcome[])[], metric: string): number {
  const values = edits.flat().map(({ run }) => run?.metrics[metric]);
  return values.reduce<number>((sum, value) => sum + (typeof value === 'number' ? value : 0), 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
