import { createHash } from 'node:crypto';
import { MachineError, RequestError } from '../errors.ts';
import { decodeFrame } from '../imaging/decode.ts';
import type { Frame } from '../imaging/frame.ts';
import type { Dtype, Raster, Samples } from '../imaging/raster.ts';
import type { WindowedRaster } from '../pipeline/node.ts';
import { bytesOf, type StoredArtifact, samplesOf } from '../store/artifact.ts';
import { openProject, type ProjectWriter } from '../store/project.ts';
import type { LruCache } from './lru-cache.ts';
import type { ArtifactSource, FrameSource } from './protocol.ts';
import { expandWindow } from './windows.ts';

/**
 * One open project as the pixels process sees it: artifacts and frames decoded once and kept as long as the cache
 * has room. What comes out of it is shared and must not be changed.
 */
export class ProjectSession {
  readonly project: ProjectWriter;
  readonly #cache: LruCache;
  /** Everything of the source frame but its samples, once it has been decoded. */
  #sourceInfo: Omit<Frame, 'raster'> | undefined;

  constructor(path: string, cache: LruCache) {
    this.project = openProject(path, { write: true });
    this.#cache = cache;
  }

  /** Lets go of the file, and of what was decoded of it; a photo that was decoded to be opened next stays. */
  close(): void {
    const own = this.project.sourceInfo()?.sha256;
    for (const key of this.#cache.keys()) {
      if (!key.startsWith(SOURCE_KEY) || key === `${SOURCE_KEY}${own}`) this.#cache.drop(key);
    }
    this.project.close();
  }

  /** The upright source photo, or the composite an earlier edit left, in the source's depth and profile. */
  async frame(source: FrameSource): Promise<Frame> {
    if (source === null) return this.#sourceFrame();
    const raster = (await this.raster(source)) as Frame['raster'];
    this.#sourceInfo ??= await this.#sourceFrame();
    const { info, icc } = this.#sourceInfo;
    return { info, icc, raster };
  }

  /** The whole raster of an artifact, what its window leaves out filled in. */
  async raster(source: ArtifactSource): Promise<Raster> {
    const { digest } = this.artifact(source.artifact);
    const cached = this.#cache.get<Raster>(`whole:${digest}`);
    if (cached) return cached;
    const windowed = await this.window(source);
    const over = windowed.window.background === 'frame' ? (await this.frame(source.frame)).raster : null;
    const whole = expandWindow(windowed, over);
    if (whole !== windowed.raster) this.#cache.put(`whole:${digest}`, whole, whole.data);
    return whole;
  }

  /** Only what is stored of a raster artifact. */
  async window({ artifact }: ArtifactSource): Promise<WindowedRaster> {
    const meta = this.artifact(artifact);
    const key = windowKey(meta);
    const cached = this.#cache.get<WindowedRaster>(key);
    if (cached) return cached;
    const { bytes } = await this.project.readArtifact(artifact);
    const windowed = toWindowed(meta, bytes);
    this.#cache.put(key, windowed, windowed.raster.data);
    return windowed;
  }

  /** The samples of a raster artifact as stored, in bands of whole rows. */
  async *rows(artifact: number): AsyncGenerator<Raster> {
    const meta = this.artifact(artifact);
    const { raster, window } = toWindowed(meta, new Uint8Array(0));
    for await (const { rows, bytes } of this.project.readArtifactBands(artifact)) {
      const data = samplesOf(meta.dtype as Dtype, bytes);
      yield { width: window.rect.width, height: rows, channels: raster.channels, data };
    }
  }

  /** The value of a json artifact. */
  async json(artifact: number): Promise<unknown> {
    const { bytes } = await this.project.readArtifact(artifact);
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  }

  /** Bytes of a file kept in the project, by SHA-256. */
  async blob(sha256: string): Promise<Uint8Array> {
    const file = this.project.keptFile(sha256);
    if (file) return file.bytes;
    throw new RequestError(
      'A file that the recipe names is not in the project',
      'Choose the mask or the product picture again',
    );
  }

  /** Keeps a raster that was just written, so that the next node need not read it back. */
  remember(artifact: number, windowed: WindowedRaster): void {
    this.#cache.put(windowKey(this.artifact(artifact)), windowed, windowed.raster.data);
  }

  /** Something made from what the project holds, kept beside it as long as there is room. */
  derive<T>(key: string, make: () => { readonly value: T; readonly samples: ArrayBufferView }): T {
    const own = `${this.project.path}:${key}`;
    const known = this.#cache.get<T>(own);
    if (known !== undefined) return known;
    const { value, samples } = make();
    this.#cache.put(own, value, samples);
    return value;
  }

  /** A stored artifact's description. @throws MachineError where the project no longer has it */
  artifact(id: number): StoredArtifact {
    const meta = this.project.findArtifact(id);
    if (meta) return meta;
    throw new MachineError(
      'An intermediate result is no longer in the project',
      'Run it again: it will be made anew',
    );
  }

  async #sourceFrame(): Promise<Frame> {
    const info = this.project.sourceInfo();
    if (!info) throw new RequestError('The project has no photo yet', 'Start it from a photo');
    let frame = keptFrame(this.#cache, info.sha256);
    if (!frame) {
      const bytes = this.project.source();
      if (!bytes) throw new RequestError('The project has no photo yet', 'Start it from a photo');
      frame = await decodeFrame(bytes, info.name);
      keepFrame(this.#cache, info.sha256, frame);
    }
    this.#sourceInfo = { info: frame.info, icc: frame.icc };
    return frame;
  }
}

const SOURCE_KEY = 'source:';

/** Puts a decoded source photo where {@link ProjectSession} looks for it. @param sha256 of the file's bytes */
export function keepFrame(cache: LruCache, sha256: string, frame: Frame): void {
  cache.put(`${SOURCE_KEY}${sha256}`, frame, frame.raster.data);
}

/** A decoded source photo that is still there. */
export function keptFrame(cache: LruCache, sha256: string): Frame | undefined {
  return cache.get<Frame>(`${SOURCE_KEY}${sha256}`);
}

/** SHA-256 of bytes in memory, lowercase hex. */
export function hashBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function windowKey({ digest, window }: StoredArtifact): string {
  return window ? `window:${digest}:${JSON.stringify(window)}` : `whole:${digest}:stored`;
}

function toWindowed({ dtype, shape, window }: StoredArtifact, bytes: Uint8Array): WindowedRaster {
  const [height, width, channels] = shape;
  if (dtype === 'json' || height === undefined || width === undefined || channels === undefined) {
    throw new TypeError(`Expected a raster but the artifact is ${dtype} [${shape}]`);
  }
  const rect = window?.rect ?? { x: 0, y: 0, width, height };
  return {
    raster: { width: rect.width, height: rect.height, channels, data: samplesOf(dtype, bytes) },
    window: { width, height, rect, background: window?.background ?? 'zero' },
  };
}

/** A raster stored in full, seen as the window it fills. */
export function wholeOf(raster: Raster): WindowedRaster {
  const { width, height } = raster;
  return { raster, window: { width, height, rect: { x: 0, y: 0, width, height }, background: 'zero' } };
}

/** The raw little-endian samples of a raster, in place. */
export function rasterBytes(raster: Raster<Samples>): Uint8Array {
  return bytesOf(raster.data);
}
