import type { StageId } from '../pipeline/graph.ts';
import type { Gates } from '../interop/recipe-file.ts';
import type { RunReport, StageReport } from '../pipeline/report.ts';

/** One measured quantity beside its limit. */
export interface GateCheck {
  readonly gate: 'confidence' | 'stability' | 'drift' | 'seam' | 'identity';
  readonly stage: StageId;
  readonly value: number;
  readonly limit: number;
  readonly passed: boolean;
  /** 1 where the limit is kept, less the further it is missed. */
  readonly score: number;
}

/** What is thought of one result. */
export interface GateVerdict {
  readonly accepted: boolean;
  /** The least of the checks', 0–1. */
  readonly score: number;
  /** The first stage that missed its limit, with the reason in words. */
  readonly doubt: { readonly stage: StageId; readonly reason: string } | null;
  readonly checks: readonly GateCheck[];
}

/** Judges a finished result by the recipe's gates; what was not measured (no rim in a placed edit) is not judged. */
export function judge({ edits, identity }: Pick<RunReport, 'edits' | 'identity'>, gates: Gates): GateVerdict {
  const checks = edits.flatMap(({ stages }) => [
    ...atLeast('confidence', 'segment', metric(stages, 'segment', 'predictedIou'), gates.minConfidence),
    ...atLeast('stability', 'segment', metric(stages, 'segment', 'stability'), gates.minStability),
    ...atMost('drift', 'color', metric(stages, 'color', 'rimAfter'), gates.maxDrift),
    ...atMost('seam', 'color', metric(stages, 'color', 'seam'), gates.maxSeam),
  ]);
  if (identity.differing !== null) checks.push(...atMost('identity', 'color', identity.differing, 0));
  const missed = checks.find((check) => !check.passed);
  return {
    accepted: missed === undefined,
    score: Math.min(1, ...checks.map((check) => check.score)),
    doubt: missed ? { stage: missed.stage, reason: explain(missed) } : null,
    checks,
  };
}

/** True where another seed may help: what is doubted depends on it. */
export function seedMayHelp({ checks }: GateVerdict): boolean {
  return checks.some(({ passed, gate }) => !passed && (gate === 'drift' || gate === 'seam'));
}

function metric(stages: readonly StageReport[], stage: StageId, name: string): number | null {
  const value = stages.find((s) => s.stage === stage)?.metrics[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

type Gate = GateCheck['gate'];

function atLeast(gate: Gate, stage: StageId, value: number | null, limit: number): GateCheck[] {
  if (value === null) return [];
  return [
    { gate, stage, value, limit, passed: value >= limit, score: limit > 0 ? Math.min(1, value / limit) : 1 },
  ];
}

function atMost(gate: Gate, stage: StageId, value: number | null, limit: number): GateCheck[] {
  if (value === null) return [];
  const passed = value <= limit;
  return [{ gate, stage, value, limit, passed, score: passed ? 1 : limit / value }];
}

function explain({ gate, value, limit }: GateCheck): string {
  const got = round(value);
  switch (gate) {
    case 'confidence':
      return `the mask is uncertain (predicted IoU ${got}, at least ${limit} wanted)`;
    case 'stability':
      return `the mask’s edge is uncertain (stability ${got}, at least ${limit} wanted)`;
    case 'drift':
      return `colours drifted by ΔE ${got} on the rim (at most ${limit})`;
    case 'seam':
      return `a seam shows along the edit (${got} times its surroundings, at most ${limit})`;
    case 'identity':
      return `${value} pixels outside the edit changed`;
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
