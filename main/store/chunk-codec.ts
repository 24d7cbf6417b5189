import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress } from 'node:zlib';
import { type ArtifactDtype, samplesOf } from './artifact.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/**
 * What is done to samples before zstd so that it finds more to save:
 * `delta` stores each sample's difference from its left neighbour (as PNG's Sub filter does), `planes` all lowest
 * bytes, then all next ones, `delta-planes` first the one, then the other.
 */
export type ChunkFilter = 'none' | 'delta' | 'planes' | 'delta-planes';

/** Whole rows of one artifact on their way into the file or out of it. */
export interface ChunkShape {
  readonly dtype: ArtifactDtype;
  readonly rowBytes: number;
  readonly step: number;
}

/** Level 1 costs about 10 ms a megabyte of photo; higher ones gain 10 % for half as much again. */
const OPTIONS = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
};
/** How much of a chunk is tried with and without its filter. */
const TRIAL_BYTES = 1 << 16;

/** Filters a chunk of whole rows where that helps, and compresses it on the thread pool. */
export async function encodeChunk(
  bytes: Uint8Array,
  shape: ChunkShape,
): Promise<{ filter: ChunkFilter; data: Uint8Array }> {
  const filter = chooseFilter(bytes, shape);
  return { filter, data: await compress(applyFilter(bytes, shape, filter), OPTIONS) };
}

/** Reverses {@link encodeChunk}; throws where zstd's checksum over the content does not fit. */
export async function decodeChunk(
  data: Uint8Array,
  shape: ChunkShape,
  filter: ChunkFilter,
): Promise<Uint8Array> {
  const filtered = await decompress(data);
  return removeFilter(filtered, shape, filter);
}

function chooseFilter(bytes: Uint8Array, shape: ChunkShape): ChunkFilter {
  const candidate = candidateFilter(shape.dtype);
  if (candidate === 'none' || shape.rowBytes === 0) return 'none';
  const rows = Math.max(1, Math.floor(TRIAL_BYTES / shape.rowBytes));
  const total = Math.floor(bytes.length / shape.rowBytes);
  const start = Math.max(0, Math.floor((total - rows) / 2)) * shape.rowBytes;
  const trial = bytes.slice(start, start + Math.min(rows * shape.rowBytes, 4 * TRIAL_BYTES));
  const plain = zstdCompressSync(trial, OPTIONS).length;
  return zstdCompressSync(applyFilter(trial, shape, candidate), OPTIONS).length < plain ? candidate : 'none';
}

function candidateFilter(dtype: ArtifactDtype): ChunkFilter {
  if (dtype === 'u8') return 'delta';
  if (dtype === 'u16') return 'delta-planes';
  return dtype === 'f32' ? 'planes' : 'none';
}

/** The filtered copy of `bytes` (`bytes` itself for `none`). */
export function applyFilter(bytes: Uint8Array, shape: ChunkShape, filter: ChunkFilter): Uint8Array {
  if (filter === 'none') return bytes;
  if (filter === 'planes') return splitPlanes(bytes, 4);
  if (filter === 'delta')
    return subtractLeft(bytes, new Uint8Array(bytes.length), shape.rowBytes, shape.step);
  const samples = samplesOf('u16', aligned(bytes)) as Uint16Array;
  const delta = subtractLeft(samples, new Uint16Array(samples.length), shape.rowBytes / 2, shape.step);
  return splitPlanes(new Uint8Array(delta.buffer), 2);
}

/** Reverses {@link applyFilter}; may work inside `bytes`. */
export function removeFilter(bytes: Uint8Array, shape: ChunkShape, filter: ChunkFilter): Uint8Array {
  if (filter === 'none') return bytes;
  if (filter === 'planes') return joinPlanes(bytes, 4);
  if (filter === 'delta') return addLeft(bytes, shape.rowBytes, shape.step);
  const joined = joinPlanes(bytes, 2);
  addLeft(samplesOf('u16', joined) as Uint16Array, shape.rowBytes / 2, shape.step);
  return joined;
}

function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
}

/** Integer wrap-around makes the difference lossless. */
function subtractLeft<S extends Uint8Array | Uint16Array>(from: S, to: S, row: number, step: number): S {
  for (let start = 0; start < from.length; start += row) {
    const end = Math.min(start + row, from.length);
    for (let i = start; i < Math.min(start + step, end); i++) to[i] = from[i]!;
    for (let i = start + step; i < end; i++) to[i] = from[i]! - from[i - step]!;
  }
  return to;
}

function addLeft<S extends Uint8Array | Uint16Array>(samples: S, row: number, step: number): S {
  for (let start = 0; start < samples.length; start += row) {
    const end = Math.min(start + row, samples.length);
    for (let i = start + step; i < end; i++) samples[i] = samples[i]! + samples[i - step]!;
  }
  return samples;
}

function splitPlanes(bytes: Uint8Array, planes: number): Uint8Array {
  const count = bytes.length / planes;
  const out = new Uint8Array(bytes.length);
  for (let plane = 0; plane < planes; plane++) {
    const base = plane * count;
    for (let i = 0, from = plane; i < count; i++, from += planes) out[base + i] = bytes[from]!;
  }
  return out;
}

function joinPlanes(bytes: Uint8Array, planes: number): Uint8Array {
  const count = bytes.length / planes;
  const out = new Uint8Array(bytes.length);
  for (let plane = 0; plane < planes; plane++) {
    const base = plane * count;
    for (let i = 0, to = plane; i < count; i++, to += planes) out[to] = bytes[base + i]!;
  }
  return out;
}
