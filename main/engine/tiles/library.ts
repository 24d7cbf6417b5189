import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MachineError, RequestError } from '../../errors.ts';
import { decodeFrame } from '../../imaging/decode.ts';
import { countLevels, levelLength, type Picture } from '../../imaging/pyramid.ts';
import type { Dtype, Raster } from '../../imaging/raster.ts';
import { sharp } from '../../imaging/vips.ts';
import { samplesOf, type StoredArtifact } from '../../store/artifact.ts';
import { openProject, type ProjectReader } from '../../store/project.ts';
import { toPicture } from '../export-artifact.ts';
import type { ArtifactSource } from '../protocol.ts';
import { FileLevels, levelRect, type Levels, type Shape, TILE, WindowLevels } from './levels.ts';
import type { LayerInfo, LayerSource } from './protocol.ts';

/** A picture of a project with the profile its samples are in; null is sRGB. */
interface Opened {
  readonly levels: Levels;
  readonly icc: Uint8Array | null;
}

/** The source photo while it is decoded: a coarse level at once, everything a little later. */
interface Photo {
  readonly info: Omit<LayerInfo, 'ready'>;
  readonly coarse: { readonly level: number; readonly picture: Promise<Picture> };
  readonly full: Promise<Opened>;
  isFull: boolean;
}

type Source = Omit<LayerSource, 'project'>;

/** Memory that windows of artifacts may take; scratch files may take {@link FILE_BUDGET} on the disk. */
const WINDOW_BUDGET = 384 << 20;
const FILE_BUDGET = 4 * 2 ** 30;
/** Long side of what is shown before the photo is decoded. */
const COARSE_SIDE = 2048;

/** The pictures of one project, opened once each; read-only, beside whoever writes it. */
export class PictureLibrary {
  readonly #project: ProjectReader;
  readonly #folder = mkdtempSync(join(tmpdir(), 'davenport-tiles-'));
  readonly #opened = new Map<string, Promise<Opened>>();
  #photo: Photo | undefined;
  #files = 0;

  constructor(path: string) {
    this.#project = openProject(path, { write: false });
  }

  /** Size and levels, without waiting for the photo to be decoded. */
  async info(source: Source): Promise<LayerInfo> {
    if (source.artifact === null) {
      const photo = await this.#startPhoto();
      return { ...photo.info, ready: photo.isFull ? 0 : photo.coarse.level };
    }
    const { levels } = await this.open(source);
    const { width, height } = levels.shape;
    return { width, height, tile: TILE, levels: levels.levels, ready: 0 };
  }

  /** The samples of one tile, or of a whole level, with their profile. @throws RequestError outside the picture */
  async read(source: Source, level: number, tile: { column: number; row: number } | null) {
    if (source.artifact === null) {
      const photo = await this.#startPhoto();
      if (!photo.isFull && level >= photo.coarse.level) return this.#readCoarse(photo, level, tile);
    }
    const { levels, icc } = await this.open(source);
    return { picture: levels.read(level, rectOf(levels.shape, levels.levels, level, tile)), icc };
  }

  /** A picture with all its levels. */
  async open(source: Source): Promise<Opened> {
    if (source.artifact === null) return (await this.#startPhoto()).full;
    const meta = this.#artifact(source.artifact.artifact);
    const key = `${meta.id}:${source.picture}:${source.windowOnly ?? false}`;
    const known = this.#opened.get(key);
    if (known) {
      this.#opened.delete(key); // the most recent stands last
      this.#opened.set(key, known);
      return known;
    }
    const opening = this.#openArtifact(meta, source.artifact, source);
    this.#opened.set(key, opening);
    opening.then(
      () => this.#trim(),
      () => this.#opened.delete(key),
    );
    return opening;
  }

  /** The exact samples at a pixel, as stored. */
  async sample(source: Source, x: number, y: number): Promise<number[]> {
    if (source.artifact === null) {
      const { levels } = await this.open(source);
      const rect = { x, y, width: 1, height: 1 };
      if (x >= levels.shape.width || y >= levels.shape.height) throw outside();
      return [...levels.read(0, rect).data];
    }
    const meta = this.#artifact(source.artifact.artifact);
    const [height = 0, width = 0, channels = 0] = meta.shape;
    if (x >= width || y >= height) throw outside();
    const rect = meta.window?.rect ?? { x: 0, y: 0, width, height };
    const inside = x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;
    if (!inside && meta.window?.background === 'frame')
      return this.sample({ artifact: source.artifact.frame, picture: 'frame' }, x, y);
    if (!inside) return Array.from({ length: channels }, () => 0);
    for await (const { bytes } of this.#project.readArtifactBands(meta.id, y - rect.y, y - rect.y + 1)) {
      const at = (x - rect.x) * channels;
      return [...samplesOf(meta.dtype as Dtype, bytes).subarray(at, at + channels)];
    }
    throw outside();
  }

  close(): void {
    for (const opening of this.#opened.values())
      void opening.then(
        ({ levels }) => levels.drop(),
        () => {},
      );
    void this.#photo?.full.then(
      ({ levels }) => levels.drop(),
      () => {},
    );
    this.#project.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #openArtifact(meta: StoredArtifact, { frame }: ArtifactSource, source: Source): Promise<Opened> {
    const [height = 0, width = 0, channels = 0] = meta.shape;
    if (meta.dtype === 'json' || meta.shape.length !== 3)
      throw new TypeError(`Expected a raster but artifact ${meta.id} is ${meta.dtype}`);
    const icc = source.picture === 'frame' ? (await (await this.#startPhoto()).full).icc : null;
    const rect = meta.window?.rect ?? { x: 0, y: 0, width, height };
    const dtype =
      meta.dtype === 'u8' || source.picture === 'logits' || source.picture === 'gains' ? 'u8' : 'u16';
    const shape: Shape = { width, height, channels, dtype };
    if (!meta.window && meta.rawBytes > WINDOW_BUDGET / 8) {
      const rows = this.#rows(meta, { width, channels }, source.picture);
      return { levels: await FileLevels.write(shape, rows, this.#folder, `${++this.#files}`), icc };
    }
    const { bytes } = await this.#project.readArtifact(meta.id);
    const stored: Raster = { ...rect, channels, data: samplesOf(meta.dtype, bytes) };
    const picture = toPicture(stored, source.picture);
    if (source.windowOnly) {
      const own = { ...shape, width: rect.width, height: rect.height };
      return { levels: new WindowLevels(own, { ...rect, x: 0, y: 0 }, picture, null), icc };
    }
    const over = meta.window?.background === 'frame';
    const below = over ? (await this.open({ artifact: frame, picture: 'frame' })).levels : null;
    return { levels: new WindowLevels(shape, rect, picture, below), icc };
  }

  async *#rows(meta: StoredArtifact, size: { width: number; channels: number }, picture: Source['picture']) {
    for await (const { rows, bytes } of this.#project.readArtifactBands(meta.id)) {
      yield toPicture({ ...size, height: rows, data: samplesOf(meta.dtype as Dtype, bytes) }, picture);
    }
  }

  #artifact(id: number): StoredArtifact {
    const meta = this.#project.findArtifact(id);
    if (meta) return meta;
    throw new MachineError(
      'An intermediate result is no longer in the project',
      'Run it again: it will be made anew',
    );
  }

  async #startPhoto(): Promise<Photo> {
    if (this.#photo) return this.#photo;
    const bytes = this.#project.source();
    const name = this.#project.sourceInfo()?.name ?? 'the photo';
    if (!bytes) throw new RequestError('The project has no photo yet', 'Start it from a photo');
    const { width, height } = (await sharp(bytes, { limitInputPixels: false }).metadata()).autoOrient;
    if (this.#photo) return this.#photo; // somebody else was faster
    const levels = countLevels(width, height, TILE);
    let level = 0;
    while (Math.max(levelLength(width, level), levelLength(height, level)) > COARSE_SIDE) level += 1;
    const coarse = shrinkPhoto(bytes, levelLength(width, level), levelLength(height, level));
    const photo: Photo = {
      info: { width, height, tile: TILE, levels },
      coarse: { level, picture: coarse },
      // The coarse picture first: what is seen at once matters most.
      full: coarse.then(() => this.#decodePhoto(bytes, name)),
      isFull: false,
    };
    photo.full.then(
      () => (photo.isFull = true),
      () => {},
    );
    this.#photo = photo;
    return photo;
  }

  async #decodePhoto(bytes: Uint8Array, name: string): Promise<Opened> {
    const { raster, icc } = await decodeFrame(bytes, name);
    const { width, height, channels } = raster;
    const dtype = raster.data instanceof Uint8Array ? 'u8' : 'u16';
    return {
      levels: await FileLevels.write({ width, height, channels, dtype }, [raster], this.#folder, 'photo'),
      icc,
    };
  }

  async #readCoarse(photo: Photo, level: number, tile: { column: number; row: number } | null) {
    const picture = await photo.coarse.picture;
    const shape: Shape = { ...picture, dtype: 'u8' };
    const levels = new WindowLevels(shape, levelRect(shape, 0), picture, null);
    const own = level - photo.coarse.level;
    // sRGB already: libvips converts where it shrinks.
    return { picture: levels.read(own, rectOf(shape, levels.levels, own, tile)), icc: null };
  }

  /** Lets the longest unused pictures go where all together take too much. */
  async #trim(): Promise<void> {
    let memory = 0;
    let disk = 0;
    for (const [key, opening] of [...this.#opened].reverse()) {
      const opened = await opening.catch(() => null);
      if (opened?.levels instanceof WindowLevels) memory += opened.levels.bytes;
      else if (opened) disk += (4 / 3) * sizeOf(opened.levels.shape);
      if (memory <= WINDOW_BUDGET && disk <= FILE_BUDGET) continue;
      this.#opened.delete(key);
      opened?.levels.drop();
    }
  }
}

function sizeOf({ width, height, channels, dtype }: Shape): number {
  return width * height * channels * (dtype === 'u8' ? 1 : 2);
}

function rectOf(shape: Shape, levels: number, level: number, tile: { column: number; row: number } | null) {
  if (level >= levels) throw outside();
  const all = levelRect(shape, level);
  if (!tile) return all;
  const x = tile.column * TILE;
  const y = tile.row * TILE;
  if (x >= all.width || y >= all.height) throw outside();
  return { x, y, width: Math.min(TILE, all.width - x), height: Math.min(TILE, all.height - y) };
}

/** An upright 8-bit sRGB picture of a file, as fast as its coding allows. */
async function shrinkPhoto(bytes: Uint8Array, width: number, height: number): Promise<Picture> {
  const { data, info } = await sharp(bytes, { autoOrient: true, limitInputPixels: false, failOn: 'none' })
    .resize(width, height, { fit: 'fill' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    width,
    height,
    channels: info.channels,
    data: new Uint8Array(data.buffer, data.byteOffset, data.length),
  };
}

function outside(): RequestError {
  return new RequestError('The picture has no such place', 'Load the picture again');
}
