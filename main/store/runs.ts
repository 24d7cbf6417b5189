import type { ArtifactId, StoredArtifact } from './artifact.ts';
import { ARTIFACT_COLUMNS, artifactFromRow } from './artifacts.ts';
import { type ReadHandle, transact, type WriteHandle } from './database.ts';

/** One run of one node, as it is recorded. */
export interface NodeRunRecord {
  /** Lower-case hex; identifies what was computed, whoever computed it. */
  readonly fingerprint: string;
  /** E.g. `segment.mask`. */
  readonly node: string;
  readonly stage: string;
  readonly version: number;
  readonly params: Readonly<Record<string, unknown>>;
  /** Input names to what they were: fingerprints and artifact names, or hashes. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Pack ids to the hashes of the files that were used. */
  readonly packs: Readonly<Record<string, unknown>>;
  /** The execution provider that really ran; null where no model was used. */
  readonly provider: string | null;
  readonly ms: number;
  /** Of those, inside `session.run`. */
  readonly modelMs: number;
  readonly peakRssMb: number;
  readonly metrics: Readonly<Record<string, number | string | boolean>>;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly status: 'ran' | 'failed' | 'cancelled';
}

/** A run with its artifacts by name, in the order they were committed. */
export interface StoredRun extends NodeRunRecord {
  readonly artifacts: Readonly<Record<string, StoredArtifact>>;
}

interface RunRow {
  readonly fingerprint: string;
  readonly node: string;
  readonly stage: string;
  readonly version: number;
  readonly params: string;
  readonly inputs: string;
  readonly packs: string;
  readonly provider: string | null;
  readonly ms: number;
  readonly model_ms: number;
  readonly peak_rss_mb: number;
  readonly metrics: string;
  readonly started_at: number;
  readonly finished_at: number;
  readonly status: NodeRunRecord['status'];
}

/** The finished run of a fingerprint; null where there is none that `ran`. */
export function findRun(db: ReadHandle, fingerprint: string): StoredRun | null {
  const row = db
    .prepare<[string], RunRow>("SELECT * FROM node_run WHERE fingerprint = ? AND status = 'ran'")
    .get(fingerprint);
  return row ? runFromRow(db, row) : null;
}

/** Every recorded run, in the order they finished. */
export function listRuns(db: ReadHandle): StoredRun[] {
  const rows = db.prepare<[], RunRow>('SELECT * FROM node_run ORDER BY finished_at, rowid').all();
  return rows.map((row) => runFromRow(db, row));
}

/**
 * Records a run and links its artifacts, in one transaction: after a kill at any instant there is the run with all of
 * them, or none. A run of the same fingerprint is replaced.
 *
 * @throws TypeError where an artifact is not in the file, or not whole
 */
export function commitRun(
  db: WriteHandle,
  run: NodeRunRecord,
  artifacts: Readonly<Record<string, ArtifactId>>,
): void {
  transact(db, () => {
    dropRun(db, run.fingerprint);
    db.prepare(
      `INSERT INTO node_run (fingerprint, node, stage, version, params, inputs, packs, provider, ms, model_ms,
         peak_rss_mb, metrics, started_at, finished_at, status, artifacts, used)
       VALUES (@fingerprint, @node, @stage, @version, @params, @inputs, @packs, @provider, @ms, @modelMs,
         @peakRssMb, @metrics, @startedAt, @finishedAt, @status, @artifacts,
         (SELECT coalesce(max(used), 0) + 1 FROM node_run))`,
    ).run({
      ...run,
      params: JSON.stringify(run.params),
      inputs: JSON.stringify(run.inputs),
      packs: JSON.stringify(run.packs),
      metrics: JSON.stringify(run.metrics),
      artifacts: Object.keys(artifacts).length,
    });
    linkArtifacts(db, run.fingerprint, artifacts);
  });
}

function linkArtifacts(
  db: WriteHandle,
  fingerprint: string,
  artifacts: Readonly<Record<string, ArtifactId>>,
): void {
  const whole = db.prepare<[number], number>('SELECT complete FROM artifact WHERE id = ?').pluck();
  const link = db.prepare(
    'INSERT INTO run_artifact (fingerprint, name, position, artifact) VALUES (?, ?, ?, ?)',
  );
  for (const [position, [name, artifact]] of Object.entries(artifacts).entries()) {
    if (whole.get(artifact) !== 1)
      throw new TypeError(`Expected a whole artifact for ${name} but received ${artifact}`);
    link.run(fingerprint, name, position, artifact);
  }
}

/** Removes a run and those of its artifacts no other run links; call it inside a transaction. */
export function dropRun(db: WriteHandle, fingerprint: string): void {
  const artifacts = db
    .prepare<[string], number>('SELECT artifact FROM run_artifact WHERE fingerprint = ?')
    .pluck()
    .all(fingerprint);
  db.prepare('DELETE FROM node_run WHERE fingerprint = ?').run(fingerprint);
  const drop = db.prepare(
    'DELETE FROM artifact WHERE id = @id AND NOT EXISTS (SELECT 1 FROM run_artifact WHERE artifact = @id)',
  );
  for (const id of artifacts) drop.run({ id });
}

/** Marks runs as used now, for the order of eviction; later ones in the list count as used later. */
export function touchRuns(db: WriteHandle, fingerprints: readonly string[]): void {
  const touch = db.prepare(
    'UPDATE node_run SET used = (SELECT max(used) + 1 FROM node_run) WHERE fingerprint = ?',
  );
  transact(db, () => {
    for (const fingerprint of fingerprints) touch.run(fingerprint);
  });
}

function runFromRow(db: ReadHandle, row: RunRow): StoredRun {
  type Linked = Parameters<typeof artifactFromRow>[0] & { readonly name: string };
  const linked = db
    .prepare<[string], Linked>(
      `SELECT r.name, ${ARTIFACT_COLUMNS} FROM run_artifact r JOIN artifact a ON a.id = r.artifact
       WHERE r.fingerprint = ? ORDER BY r.position`,
    )
    .all(row.fingerprint);
  return {
    fingerprint: row.fingerprint,
    node: row.node,
    stage: row.stage,
    version: row.version,
    params: JSON.parse(row.params) as StoredRun['params'],
    inputs: JSON.parse(row.inputs) as StoredRun['inputs'],
    packs: JSON.parse(row.packs) as StoredRun['packs'],
    provider: row.provider,
    ms: row.ms,
    modelMs: row.model_ms,
    peakRssMb: row.peak_rss_mb,
    metrics: JSON.parse(row.metrics) as StoredRun['metrics'],
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    status: row.status,
    artifacts: Object.fromEntries(linked.map((artifact) => [artifact.name, artifactFromRow(artifact)])),
  };
}
