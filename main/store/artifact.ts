import { createHash } from 'node:crypto';
import type { Rect } from '../imaging/geometry.ts';
import type { Dtype, Samples } from '../imaging/raster.ts';

/** Row id of an artifact; what processes hand to each other in place of pixels. */
export type ArtifactId = number;

export type ArtifactDtype = Dtype | 'json';

/** The part of a raster that is stored; the rest is zero, or equals the node's frame. */
export interface StoredWindow {
  /** In pixels of the whole raster; it may be empty. */
  readonly rect: Rect;
  readonly background: 'zero' | 'frame';
}

/** What an artifact is. */
export interface ArtifactMeta {
  readonly dtype: ArtifactDtype;
  /**
   * Dimensions of the whole: `[height, width, channels]` for a raster, any other list for a tensor; for json its
   * length in bytes.
   */
  readonly shape: readonly number[];
  /** Null where the whole is stored. */
  readonly window: StoredWindow | null;
  /** Lower-case hex SHA-256 over dtype, shape and the raw little-endian samples of the whole raster. */
  readonly digest: string;
}

/** An artifact that is stored, with its sizes. */
export interface StoredArtifact extends ArtifactMeta {
  readonly id: ArtifactId;
  /** Bytes of its samples, and what they take in the file. */
  readonly rawBytes: number;
  readonly storedBytes: number;
}

/** Bytes of one sample. */
export function sampleBytes(dtype: ArtifactDtype): number {
  if (dtype === 'f32') return 4;
  return dtype === 'u16' ? 2 : 1;
}

/** How an artifact's bytes lie in rows; `rows · rowBytes` is their number. */
export interface RowLayout {
  readonly rows: number;
  readonly rowBytes: number;
  /** Samples between horizontal neighbours: the channels of a raster, else 1. */
  readonly step: number;
}

/**
 * The rows that are stored of an artifact: those of the window, or of the whole. A list of dimensions other than
 * three is one row.
 */
export function layoutOf(meta: Omit<ArtifactMeta, 'digest'>): RowLayout {
  const bytes = sampleBytes(meta.dtype);
  if (meta.dtype === 'json' || meta.shape.length !== 3) {
    const samples = meta.shape.reduce((product, n) => product * n, 1);
    return { rows: 1, rowBytes: samples * bytes, step: 1 };
  }
  const [height, width, channels] = meta.shape as [number, number, number];
  const rect = meta.window?.rect ?? { x: 0, y: 0, width, height };
  return { rows: rect.height, rowBytes: rect.width * channels * bytes, step: channels };
}

/** Throws TypeError where the window does not lie inside the shape: a programmer's error. */
export function requireConsistent(meta: Omit<ArtifactMeta, 'digest'>): void {
  if (!meta.shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new TypeError(`Expected whole dimensions for shape but received [${meta.shape}]`);
  }
  if (!meta.window) return;
  const { x, y, width, height } = meta.window.rect;
  const [fullHeight, fullWidth] = meta.shape as [number, number];
  const inside =
    x >= 0 && y >= 0 && width >= 0 && height >= 0 && x + width <= fullWidth && y + height <= fullHeight;
  if (meta.shape.length !== 3 || meta.dtype === 'json' || !inside) {
    throw new TypeError(
      `Expected a window inside [${meta.shape}] but received ${width}×${height} at ${x},${y}`,
    );
  }
}

/** Running SHA-256 over dtype, shape and samples; see {@link ArtifactMeta.digest}. */
export interface ArtifactDigest {
  /** Adds the next samples, in row order. */
  update(samples: Samples): void;
  /** The digest, once. */
  hex(): string;
}

/** Starts the digest of a whole raster or tensor; its samples follow in any number of pieces. */
export function createDigest(dtype: ArtifactDtype, shape: readonly number[]): ArtifactDigest {
  const hash = createHash('sha256').update(`${dtype}[${shape.join(',')}]\n`);
  return {
    update: (samples) => void hash.update(bytesOf(samples)),
    hex: () => hash.digest('hex'),
  };
}

/** The digest of samples that are all in memory. */
export function digestOf(dtype: ArtifactDtype, shape: readonly number[], samples: Samples): string {
  const digest = createDigest(dtype, shape);
  digest.update(samples);
  return digest.hex();
}

/** The same memory as bytes. All platforms the program runs on are little-endian. */
export function bytesOf(samples: Samples): Uint8Array {
  return samples instanceof Uint8Array
    ? samples
    : new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

/** The same memory as samples; `bytes` must start at a multiple of the sample's size, as what the store returns does. */
export function samplesOf(dtype: Dtype, bytes: Uint8Array): Samples {
  const length = bytes.byteLength / sampleBytes(dtype);
  if (dtype === 'u8') return bytes;
  return dtype === 'u16'
    ? new Uint16Array(bytes.buffer, bytes.byteOffset, length)
    : new Float32Array(bytes.buffer, bytes.byteOffset, length);
}
