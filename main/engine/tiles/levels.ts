import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Rect } from '../../imaging/geometry.ts';
import { countLevels, halve, levelLength, type Picture } from '../../imaging/pyramid.ts';
import { createRaster, dtypeOf } from '../../imaging/raster.ts';
import { cropRaster } from '../../imaging/window.ts';
import { bytesOf } from '../../store/artifact.ts';

/** Side of a tile, pixels of its level. */
export const TILE = 512;

export interface Shape {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly dtype: 'u8' | 'u16';
}

/** A picture that can be read at any level, level 0 being full size. Rectangles lie inside their level. */
export interface Levels {
  readonly shape: Shape;
  readonly levels: number;
  read(level: number, rect: Rect): Picture;
  /** Lets go of its memory and files. */
  drop(): void;
}

/** The whole rectangle of a level. */
export function levelRect({ width, height }: Shape, level: number): Rect {
  return { x: 0, y: 0, width: levelLength(width, level), height: levelLength(height, level) };
}

/** Every level of a picture of any size in a scratch file of its own: no more than a few rows are in memory. */
export class FileLevels implements Levels {
  readonly shape: Shape;
  readonly levels: number;
  readonly #files: readonly LevelFile[];

  private constructor(shape: Shape, files: readonly LevelFile[]) {
    this.shape = shape;
    this.levels = files.length;
    this.#files = files;
  }

  /** Writes all levels from bands of whole rows, top to bottom. @param stem of the files' names in `folder` */
  static async write(
    shape: Shape,
    rows: AsyncIterable<Picture> | Iterable<Picture>,
    folder: string,
    stem: string,
  ): Promise<FileLevels> {
    const count = countLevels(shape.width, shape.height, TILE);
    const files = Array.from(
      { length: count },
      (_, level) => new LevelFile(shape, level, join(folder, stem)),
    );
    const writer = new LevelWriter(files, 0);
    try {
      for await (const band of rows) {
        // Small pieces, so that requests are answered between them.
        for (const piece of cutRows(band, shape)) {
          writer.push(piece);
          await new Promise(setImmediate);
        }
      }
      writer.end();
    } catch (error) {
      for (const file of files) file.drop();
      throw error;
    }
    return new FileLevels(shape, files);
  }

  read(level: number, rect: Rect): Picture {
    return this.#files[level]!.read(rect);
  }

  drop(): void {
    for (const file of this.#files) file.drop();
  }
}

const PIECE_ROWS_BYTES = 8 << 20;

function* cutRows(band: Picture, { width, channels }: Shape): Generator<Picture> {
  const row = width * channels;
  const step = Math.max(2, 2 * Math.floor(PIECE_ROWS_BYTES / bytesOf(band.data.subarray(0, row)).length / 2));
  for (let y = 0; y < band.height; y += step) {
    const height = Math.min(step, band.height - y);
    yield { width, height, channels, data: band.data.subarray(y * row, (y + height) * row) } as Picture;
  }
}

/** One level's samples, row by row. */
class LevelFile {
  readonly #path: string;
  readonly #fd: number;
  readonly #width: number;
  readonly #shape: Shape;

  constructor(shape: Shape, level: number, stem: string) {
    this.#path = `${stem}-${level}`;
    this.#fd = openSync(this.#path, 'w+', 0o600);
    // Without a name nothing of it outlives this process; Windows removes no open file.
    if (process.platform !== 'win32') rmSync(this.#path);
    this.#width = levelLength(shape.width, level);
    this.#shape = shape;
  }

  append({ data }: Picture): void {
    const bytes = bytesOf(data);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at, bytes.length - at);
  }

  read(rect: Rect): Picture {
    const { channels, dtype } = this.#shape;
    const picture = createRaster(dtype as 'u8', rect.width, rect.height, channels);
    const bytes = bytesOf(picture.data);
    const row = bytes.length / rect.height;
    const pixel = row / rect.width;
    for (let y = 0; y < rect.height; y++)
      readSync(this.#fd, bytes, y * row, row, ((rect.y + y) * this.#width + rect.x) * pixel);
    return picture;
  }

  drop(): void {
    closeSync(this.#fd);
    rmSync(this.#path, { force: true });
  }
}

/** Passes rows on to the next level as soon as there are two of them. */
class LevelWriter {
  readonly #file: LevelFile;
  readonly #next: LevelWriter | null;
  #odd: Picture | null = null;

  constructor(files: readonly LevelFile[], level: number) {
    this.#file = files[level]!;
    this.#next = level + 1 < files.length ? new LevelWriter(files, level + 1) : null;
  }

  push(band: Picture): void {
    this.#file.append(band);
    if (!this.#next) return;
    const rows = this.#odd ? stack(this.#odd, band) : band;
    const even = rows.height & ~1;
    if (even > 0) this.#next.push(halve(takeRows(rows, 0, even)));
    this.#odd = even < rows.height ? takeRows(rows, even, rows.height, true) : null;
  }

  end(): void {
    if (this.#odd) this.#next?.push(halve(this.#odd));
    this.#next?.end();
  }
}

function stack(top: Picture, bottom: Picture): Picture {
  const whole = createRaster(
    dtypeOf(top.data),
    top.width,
    top.height + bottom.height,
    top.channels,
  ) as Picture;
  whole.data.set(top.data);
  whole.data.set(bottom.data, top.data.length);
  return whole;
}

function takeRows({ width, channels, data }: Picture, from: number, to: number, copy = false): Picture {
  const row = width * channels;
  const part = data.subarray(from * row, to * row);
  return { width, height: to - from, channels, data: copy ? part.slice() : part } as Picture;
}

/** Some levels of a picture that is in memory. */
export class MemoryLevels implements Levels {
  readonly shape: Shape;
  readonly levels: number;
  readonly #pictures: Picture[];

  /** @param levels how many are made, the picture itself among them */
  constructor(picture: Picture, levels: number) {
    const { width, height, channels, data } = picture;
    this.shape = { width, height, channels, dtype: data instanceof Uint8Array ? 'u8' : 'u16' };
    this.levels = levels;
    this.#pictures = [picture];
    for (let level = 1; level < levels; level++) this.#pictures.push(halve(this.#pictures[level - 1]!));
  }

  /** A whole level; shared. */
  whole(level: number): Picture {
    return this.#pictures[level]!;
  }

  read(level: number, rect: Rect): Picture {
    return cropRaster<Uint8Array | Uint16Array>(this.#pictures[level]!, rect) as Picture;
  }

  drop(): void {}
}

/** A window over another picture or over nothing: its own part of every level in memory, the rest read from below. */
export class WindowLevels implements Levels {
  readonly shape: Shape;
  readonly levels: number;
  readonly bytes: number;
  readonly #below: Levels | null;
  readonly #parts: readonly { readonly rect: Rect; readonly picture: Picture }[];

  /**
   * @param below has the same shape; null stands for zero samples
   * @param levels how many are made; all of them where it is left out
   */
  constructor(
    shape: Shape,
    rect: Rect,
    picture: Picture,
    below: Levels | null,
    levels = countLevels(shape.width, shape.height, TILE),
  ) {
    this.shape = shape;
    this.levels = levels;
    this.#below = below;
    const parts = [{ rect, picture }];
    for (let level = 1; level < this.levels; level++) {
      const { rect: fine } = parts[level - 1]!;
      const coarse = halveRect(fine, levelRect(shape, level));
      if (coarse.width <= 0 || coarse.height <= 0) {
        parts.push({ rect: { x: 0, y: 0, width: 0, height: 0 }, picture });
        continue;
      }
      const around = doubleRect(coarse, levelRect(shape, level - 1));
      parts.push({
        rect: coarse,
        picture: halve(readOver(shape, level - 1, around, parts[level - 1]!, below)),
      });
    }
    this.#parts = parts;
    this.bytes = parts.reduce((sum, part) => sum + part.picture.data.byteLength, 0);
  }

  read(level: number, rect: Rect): Picture {
    return readOver(this.shape, level, rect, this.#parts[level]!, this.#below);
  }

  /** The window's own samples of a level, with those below mixed in at its border; its rectangle may be empty. */
  part(level: number): { readonly rect: Rect; readonly picture: Picture } {
    const { rect, picture } = this.#parts[level]!;
    if (rect.width > 0 && rect.height > 0) return { rect, picture };
    const none = createRaster(this.shape.dtype as 'u8', 0, 0, this.shape.channels) as Picture;
    return { rect: { x: 0, y: 0, width: 0, height: 0 }, picture: none };
  }

  drop(): void {}
}

/** What is under `rect`, with a part of the level laid over it. */
function readOver(
  shape: Shape,
  level: number,
  rect: Rect,
  part: { readonly rect: Rect; readonly picture: Picture },
  below: Levels | null,
): Picture {
  const picture = below
    ? below.read(level, rect)
    : (createRaster(shape.dtype as 'u8', rect.width, rect.height, shape.channels) as Picture);
  const x0 = Math.max(rect.x, part.rect.x);
  const x1 = Math.min(rect.x + rect.width, part.rect.x + part.rect.width);
  if (x1 <= x0) return picture;
  const { channels } = shape;
  const end = Math.min(rect.y + rect.height, part.rect.y + part.rect.height);
  for (let y = Math.max(rect.y, part.rect.y); y < end; y++) {
    const from = ((y - part.rect.y) * part.rect.width + x0 - part.rect.x) * channels;
    const to = ((y - rect.y) * rect.width + x0 - rect.x) * channels;
    picture.data.set(part.picture.data.subarray(from, from + (x1 - x0) * channels), to);
  }
  return picture;
}

/** The samples of the next level that any sample of `rect` enters. */
function halveRect(rect: Rect, level: Rect): Rect {
  if (rect.width <= 0 || rect.height <= 0) return { x: 0, y: 0, width: 0, height: 0 };
  const x = rect.x >> 1;
  const y = rect.y >> 1;
  return {
    x,
    y,
    width: Math.min(level.width, (rect.x + rect.width + 1) >> 1) - x,
    height: Math.min(level.height, (rect.y + rect.height + 1) >> 1) - y,
  };
}

/** The samples of the finer level that `rect` is made of. */
function doubleRect(rect: Rect, level: Rect): Rect {
  const x = rect.x * 2;
  const y = rect.y * 2;
  return {
    x,
    y,
    width: Math.min(level.width, (rect.x + rect.width) * 2) - x,
    height: Math.min(level.height, (rect.y + rect.height) * 2) - y,
  };
}
