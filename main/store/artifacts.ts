import {
  type ArtifactId,
  type ArtifactMeta,
  layoutOf,
  requireConsistent,
  type StoredArtifact,
} from './artifact.ts';
import { type ChunkFilter, type ChunkShape, decodeChunk, encodeChunk } from './chunk-codec.ts';
import { type ReadHandle, transact, type WriteHandle } from './database.ts';

/** Raw bytes in one chunk, rounded down to whole rows. */
export const CHUNK_BYTES = 4 << 20;
/** Chunks being compressed or decompressed at once: the threads of libuv's pool. */
const IN_FLIGHT = 4;

/** What is given to write; the digest may become known only once all bytes have passed. */
export interface ArtifactDraft extends Omit<ArtifactMeta, 'digest'> {
  readonly digest: string | (() => string);
}

/** Some rows of an artifact, as stored (a window's rows where it has one). */
export interface ArtifactBand {
  /** First row, counted from the top of what is stored. */
  readonly row: number;
  readonly rows: number;
  readonly bytes: Uint8Array;
}

interface ChunkRow {
  readonly offset: number;
  readonly raw_bytes: number;
  readonly filter: ChunkFilter;
  readonly data: Buffer;
}

interface ArtifactRow {
  readonly id: number;
  readonly digest: string;
  readonly dtype: ArtifactMeta['dtype'];
  readonly shape: string;
  readonly window: string | null;
  readonly raw_bytes: number;
  readonly stored_bytes: number;
}

/** Columns of {@link StoredArtifact}, for queries that join. */
export const ARTIFACT_COLUMNS = 'a.id, a.digest, a.dtype, a.shape, a.window, a.raw_bytes, a.stored_bytes';

/** A row of {@link ARTIFACT_COLUMNS} as the caller sees it. */
export function artifactFromRow(row: ArtifactRow): StoredArtifact {
  return {
    id: row.id,
    digest: row.digest,
    dtype: row.dtype,
    shape: JSON.parse(row.shape) as number[],
    window: row.window === null ? null : (JSON.parse(row.window) as StoredArtifact['window']),
    rawBytes: row.raw_bytes,
    storedBytes: row.stored_bytes,
  };
}

/** A finished artifact's description; null where there is none of that id. */
export function findArtifact(db: ReadHandle, id: ArtifactId): StoredArtifact | null {
  const row = db
    .prepare<[number], ArtifactRow>(
      `SELECT ${ARTIFACT_COLUMNS} FROM artifact a WHERE a.id = ? AND a.complete = 1`,
    )
    .get(id);
  return row ? artifactFromRow(row) : null;
}

/**
 * Writes an artifact chunk by chunk, each in a transaction of its own, so that nothing is held in memory and the other
 * process is never locked out for long. Until a run links it, it is an orphan that the next opening sweeps.
 *
 * @param content all bytes, or pieces of any size, in row order
 * @throws TypeError where the bytes are more or fewer than the shape asks for
 */
export async function writeArtifact(
  db: WriteHandle,
  draft: ArtifactDraft,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<ArtifactId> {
  requireConsistent(draft);
  const { rows, rowBytes, step } = layoutOf(draft);
  const id = insertArtifact(db, draft, rows * rowBytes);
  try {
    const insert = db.prepare(
      'INSERT INTO artifact_chunk (artifact, offset, raw_bytes, filter, data) VALUES (?, ?, ?, ?, ?)',
    );
    const shape: ChunkShape = { dtype: draft.dtype, rowBytes, step };
    const waiting: (() => Promise<number>)[] = [];
    let offset = 0;
    let stored = 0;
    for await (const bytes of cutIntoChunks(content, chunkLength(rowBytes))) {
      const at = offset;
      const encoding = encodeChunk(bytes, shape);
      // A rejection is met below, in order; until then it must not count as unhandled.
      encoding.catch(() => undefined);
      waiting.push(async () => {
        const { filter, data } = await encoding;
        insert.run(id, at, bytes.length, filter, data);
        return data.length;
      });
      offset += bytes.length;
      if (waiting.length >= IN_FLIGHT) stored += await waiting.shift()!();
    }
    for (const store of waiting) stored += await store();
    if (offset !== rows * rowBytes) {
      throw new TypeError(`Expected ${rows * rowBytes} bytes for an artifact but received ${offset}`);
    }
    const digest = typeof draft.digest === 'string' ? draft.digest : draft.digest();
    db.prepare('UPDATE artifact SET complete = 1, stored_bytes = ?, digest = ? WHERE id = ?').run(
      stored,
      digest,
      id,
    );
    return id;
  } catch (error) {
    dropQuietly(db, id);
    throw error;
  }
}

function insertArtifact(db: WriteHandle, draft: ArtifactDraft, rawBytes: number): ArtifactId {
  const result = db
    .prepare(
      `INSERT INTO artifact (digest, dtype, shape, window, raw_bytes, stored_bytes, complete, created_at)
       VALUES ('', ?, ?, ?, ?, 0, 0, ?)`,
    )
    .run(
      draft.dtype,
      JSON.stringify(draft.shape),
      draft.window ? JSON.stringify(draft.window) : null,
      rawBytes,
      Date.now(),
    );
  return Number(result.lastInsertRowid);
}

/** Removes what was written of an artifact that failed; where even that fails, the next opening sweeps it. */
function dropQuietly(db: WriteHandle, id: ArtifactId): void {
  try {
    transact(db, () => db.prepare('DELETE FROM artifact WHERE id = ?').run(id));
  } catch {
    // The first failure is the one to report.
  }
}

function chunkLength(rowBytes: number): number {
  return rowBytes === 0 || rowBytes > CHUNK_BYTES
    ? CHUNK_BYTES
    : Math.floor(CHUNK_BYTES / rowBytes) * rowBytes;
}

/** Pieces of exactly `length` bytes (the last may be shorter); the caller may reuse its buffers after each piece. */
async function* cutIntoChunks(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    for (let at = 0; at < content.length; at += length) yield content.subarray(at, at + length);
    return;
  }
  let chunk = new Uint8Array(length);
  let filled = 0;
  for await (const piece of content) {
    for (let at = 0; at < piece.length; ) {
      const taken = Math.min(length - filled, piece.length - at);
      chunk.set(piece.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < length) continue;
      yield chunk;
      chunk = new Uint8Array(length);
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

/**
 * All bytes of an artifact as stored, in memory of their own that starts aligned for every dtype.
 * Throws TypeError for an unknown id.
 */
export async function readArtifact(
  db: ReadHandle,
  id: ArtifactId,
): Promise<{ meta: StoredArtifact; bytes: Uint8Array }> {
  const meta = requireArtifact(db, id);
  const bytes = new Uint8Array(meta.rawBytes);
  let read = 0;
  for await (const piece of readChunks(db, meta, 0, meta.rawBytes)) {
    bytes.set(piece.bytes, piece.offset);
    read += piece.bytes.length;
  }
  if (read !== meta.rawBytes)
    throw new TypeError(`Expected ${meta.rawBytes} bytes in artifact ${id} but read ${read}`);
  return { meta, bytes };
}

/**
 * Rows `from` ≤ row < `to` of an artifact, top to bottom, a few at a time. At most {@link IN_FLIGHT} chunks are in
 * memory. Each band's bytes start aligned for every dtype.
 */
export async function* readArtifactBands(
  db: ReadHandle,
  id: ArtifactId,
  from = 0,
  to = Number.POSITIVE_INFINITY,
): AsyncGenerator<ArtifactBand> {
  const meta = requireArtifact(db, id);
  const { rows, rowBytes } = layoutOf(meta);
  if (rowBytes > CHUNK_BYTES) {
    const { bytes } = await readArtifact(db, id);
    const first = Math.max(0, from);
    const last = Math.min(rows, to);
    if (last > first)
      yield { row: first, rows: last - first, bytes: bytes.slice(first * rowBytes, last * rowBytes) };
    return;
  }
  const start = Math.max(0, from) * rowBytes;
  const end = Math.min(rows, to) * rowBytes;
  if (rowBytes === 0 || end <= start) return;
  for await (const { offset, bytes } of readChunks(db, meta, start, end)) {
    const first = Math.max(start, offset);
    const last = Math.min(end, offset + bytes.length);
    const whole = first === offset && last === offset + bytes.length;
    yield {
      row: first / rowBytes,
      rows: (last - first) / rowBytes,
      bytes: whole ? bytes : bytes.slice(first - offset, last - offset),
    };
  }
}

function requireArtifact(db: ReadHandle, id: ArtifactId): StoredArtifact {
  const meta = findArtifact(db, id);
  if (!meta) throw new TypeError(`Expected a stored artifact but received the id ${id}`);
  return meta;
}

/** The decoded chunks that touch `start` ≤ byte < `end`, in order, some being decompressed ahead. */
async function* readChunks(
  db: ReadHandle,
  meta: StoredArtifact,
  start: number,
  end: number,
): AsyncGenerator<{ offset: number; bytes: Uint8Array }> {
  const { rowBytes, step } = layoutOf(meta);
  const shape: ChunkShape = { dtype: meta.dtype, rowBytes, step };
  const offsets = db
    .prepare<[number, number, number], number>(
      'SELECT offset FROM artifact_chunk WHERE artifact = ? AND offset < ? AND offset + raw_bytes > ? ORDER BY offset',
    )
    .pluck()
    .all(meta.id, end, start);
  // One short read per chunk: a cursor held across an await would keep the log from being checkpointed.
  const select = db.prepare<[number, number], ChunkRow>(
    'SELECT offset, raw_bytes, filter, data FROM artifact_chunk WHERE artifact = ? AND offset = ?',
  );
  const begin = (offset: number): Promise<{ offset: number; bytes: Uint8Array }> => {
    const row = select.get(meta.id, offset);
    if (!row) throw new TypeError(`Artifact ${meta.id} was removed while it was read`);
    const decoding = decodeChunk(row.data, shape, row.filter).then((bytes) => ({
      offset,
      bytes: ownMemory(bytes),
    }));
    decoding.catch(() => undefined);
    return decoding;
  };
  const ahead: Promise<{ offset: number; bytes: Uint8Array }>[] = [];
  for (const offset of offsets) {
    ahead.push(begin(offset));
    if (ahead.length >= IN_FLIGHT) yield await ahead.shift()!;
  }
  for (const next of ahead) yield await next;
}

/** Small results of zlib lie somewhere inside a shared pool; samples need an aligned start. */
function ownMemory(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
}

/** Deletes artifacts that no run links, whole ones and broken-off ones; returns how many. */
export function sweepOrphans(db: WriteHandle): number {
  return db.prepare('DELETE FROM artifact WHERE id NOT IN (SELECT artifact FROM run_artifact)').run().changes;
}
