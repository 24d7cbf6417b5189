import type { ErrorRecord } from '../errors.ts';
import type { SmallPicture } from '../engine/protocol.ts';
import type { PlannedNode } from './graph.ts';

export type Status = 'ran' | 'reused' | 'pending' | 'failed' | 'cancelled';

/** One saved hand-off, as the reports name it. */
export interface ArtifactReport {
  readonly name: string;
  /** Photo pixels for rasters; null for JSON. */
  readonly width: number | null;
  readonly height: number | null;
  /** Over dtype, shape and raw little-endian samples: does not depend on an encoder. */
  readonly sha256: string;
}

/** What is known of a finished run of a node. */
export interface FinishedRun {
  readonly ms: number;
  readonly modelMs: number;
  readonly provider: string | null;
  readonly peakRssMb: number;
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly artifacts: readonly ArtifactReport[];
  /** Artifact name → row id in the project. */
  readonly ids: Readonly<Record<string, number>>;
}

/** How it went for one node of a plan. */
export interface NodeOutcome {
  readonly node: PlannedNode;
  readonly fingerprint: string;
  readonly status: Status;
  /** Present where it ran or was reused. */
  readonly run?: FinishedRun;
  readonly error?: ErrorRecord;
}

export type RunEvent =
  | { readonly kind: 'node-started'; readonly node: PlannedNode }
  | {
      readonly kind: 'node-progress';
      readonly node: PlannedNode;
      readonly done: number;
      readonly label: string | null;
      /** How far the picture has come, where the engine makes previews. */
      readonly preview?: SmallPicture;
    }
  | { readonly kind: 'node-finished'; readonly outcome: NodeOutcome };
