import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FolderState, FoundPhoto } from '../../preload/contract.ts';
import { findPhotos, type FoundPhoto as Found, type Inspect } from '../batch/intake.ts';
import { QUEUE_FILE, RESULTS } from '../batch/queue-file.ts';
import { sameAs, Twins } from '../batch/twins.ts';
import type { Tiles } from '../engine/tiles.ts';
import { RequestError } from '../errors.ts';
import { randomId } from './layers.ts';
import { type Pictures, THUMBNAIL_SIDE } from './pictures.ts';

/** Reads photo files in another process. */
export type PhotoFiles = Pick<Tiles, 'file' | 'inspect'>;

/** How often the window hears of a folder that is being read, ms. */
const TELL_MS = 150;

/** A photo of the list. */
interface Listed {
  readonly id: string;
  readonly photo: Found;
  readonly thumbnail: string | null;
  /** The first photo with the same bytes. */
  readonly twin: string | null;
}

/** A dropped folder, or several dropped photos, while it is read and afterwards: ready for the batch. */
export class OpenFolder {
  readonly #name: string;
  /** The folder itself, or the one that the dropped photos lie in. */
  readonly root: string;
  readonly #pictures: Pictures;
  readonly #files: PhotoFiles;
  readonly #found: Listed[] = [];
  readonly #twins = new Twins();
  readonly #abort = new AbortController();
  #isReading = true;

  /** @param paths of folders and files */
  constructor(paths: readonly string[], pictures: Pictures, files: PhotoFiles) {
    const [first = ''] = paths;
    this.root = paths.length === 1 ? first : dirname(first);
    this.#name = basename(this.root);
    this.#pictures = pictures;
    this.#files = files;
  }

  get state(): FolderState {
    return { name: this.#name, photos: this.#found.map(describe), reading: this.#isReading };
  }

  /** What a batch starts from: every photo, also those that cannot be used. */
  get found(): readonly Found[] {
    return this.#found.map(({ photo }) => photo);
  }

  /** @throws RequestError for an unknown id or a photo with a problem */
  pathOf(id: string): string {
    const entry = this.#found.find((each) => each.id === id);
    if (!entry) throw new RequestError('This photo is no longer in the list', 'Open the folder again');
    if (entry.photo.problem !== null)
      throw new RequestError(`${basename(entry.photo.path)}: ${entry.photo.problem}`, 'Choose another photo');
    return entry.photo.path;
  }

  /** Reads it to its end; `tell` hears of what was found so far, now and then. */
  async read(paths: readonly string[], tell: () => void): Promise<void> {
    let told = performance.now();
    try {
      for (const path of paths) {
        for await (const photo of this.#photosAt(path)) {
          await this.#add(photo);
          if (performance.now() - told < TELL_MS) continue;
          told = performance.now();
          tell();
        }
      }
    } finally {
      this.#isReading = false;
      if (!this.#abort.signal.aborted) tell();
    }
  }

  close(): void {
    this.#abort.abort();
    for (const { thumbnail } of this.#found) if (thumbnail) this.#pictures.drop(thumbnail);
  }

  async *#photosAt(path: string): AsyncGenerator<Found> {
    const inspect = (file: string, name: string) => this.#files.inspect(file, name);
    const info = await stat(path).catch(() => null);
    if (info?.isDirectory()) yield* this.#photosIn(path, inspect);
    else yield await inspect(path, basename(path));
  }

  /** What a batch delivered into the folder is none of its photos. */
  async *#photosIn(path: string, inspect: Inspect): AsyncGenerator<Found> {
    const hasResults = existsSync(join(path, RESULTS, QUEUE_FILE));
    for await (const photo of findPhotos(path, this.#abort.signal, inspect))
      if (!hasResults || !photo.name.startsWith(`${RESULTS}/`)) yield photo;
  }

  async #add(photo: Found): Promise<void> {
    const twin = photo.problem === null ? await this.#twins.of(photo).catch(() => null) : null;
    const thumbnail =
      photo.problem === null
        ? this.#pictures.add(null, () => this.#files.file(photo.path, THUMBNAIL_SIDE))
        : null;
    this.#found.push({ id: randomId(), photo, thumbnail, twin });
  }
}

function describe({ id, photo, thumbnail, twin }: Listed): FoundPhoto {
  const { name, bytes, width, height } = photo;
  const problem = twin === null ? photo.problem : sameAs(twin);
  return { id, path: name, bytes, width, height, thumbnail, problem };
}
