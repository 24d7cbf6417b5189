import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { RecentProject } from '../../preload/contract.ts';
import { RequestError } from '../errors.ts';
import { writeFileAtomic } from '../imaging/write-file.ts';
import { JsonStore } from './json-store.ts';
import { randomId } from './layers.ts';
import { type Pictures, readPicture, type SmallPicture } from './pictures.ts';

const entrySchema = z.object({
  id: z.string().regex(/^[\w-]{1,64}$/),
  path: z.string().min(1),
  at: z.number(),
  /** Type of the thumbnail kept for it; null where there is none. */
  thumbnail: z.string().nullable(),
});
const fileSchema = z.object({ recent: z.array(entrySchema) });
type Entry = z.infer<typeof entrySchema>;

/** Projects kept in sight. */
const MOST = 24;

/** The projects that were open lately, newest first, with a small picture of each; kept in the program's own folder. */
export class Recents {
  readonly #folder: string;
  readonly #store: JsonStore<typeof fileSchema>;
  readonly #pictures: Pictures;

  private constructor(folder: string, store: JsonStore<typeof fileSchema>, pictures: Pictures) {
    this.#folder = folder;
    this.#store = store;
    this.#pictures = pictures;
  }

  /** @param folder of the program's own data */
  static async open(folder: string, pictures: Pictures): Promise<Recents> {
    const store = await JsonStore.open(join(folder, 'recent.json'), fileSchema, { recent: [] });
    return new Recents(folder, store, pictures);
  }

  /** As the start screen shows them. Asks the file system which are still there. */
  async list(): Promise<RecentProject[]> {
    return Promise.all(
      this.#store.value.recent.map(async ({ id, path, at, thumbnail }) => ({
        id,
        name: basename(path, '.davenport'),
        folder: dirname(path),
        at,
        thumbnail:
          thumbnail === null
            ? null
            : this.#pictures.add(`recent:${id}:${at}`, () => readPicture(this.#thumbnailPath(id), thumbnail)),
        missing: !(await stat(path).catch(() => null))?.isFile(),
      })),
    );
  }

  /** @throws RequestError for an unknown id */
  pathOf(id: string): string {
    const entry = this.#store.value.recent.find((each) => each.id === id);
    if (entry) return entry.path;
    throw new RequestError('This project is no longer in the list', 'Open it from its folder');
  }

  /** Puts a project on top. */
  async note(path: string): Promise<void> {
    const { recent } = this.#store.value;
    const known = recent.find((each) => each.path === path);
    const entry: Entry = {
      id: known?.id ?? randomId(),
      path,
      at: Date.now(),
      thumbnail: known?.thumbnail ?? null,
    };
    this.#replace([entry, ...recent.filter((each) => each.path !== path)]);
    await this.#store.save();
  }

  /** Keeps a small picture of a project that is in the list. */
  async picture(path: string, { bytes, type }: SmallPicture): Promise<void> {
    const entry = this.#store.value.recent.find((each) => each.path === path);
    if (!entry) return;
    await mkdir(join(this.#folder, 'thumbnails'), { recursive: true });
    await writeFileAtomic(this.#thumbnailPath(entry.id), [bytes]);
    entry.thumbnail = type;
    entry.at = Date.now(); // another picture needs another address
    await this.#store.save();
  }

  async forget(id: string): Promise<void> {
    this.#replace(this.#store.value.recent.filter((each) => each.id !== id));
    await rm(this.#thumbnailPath(id), { force: true });
    await this.#store.save();
  }

  #replace(recent: Entry[]): void {
    const dropped = recent.slice(MOST);
    this.#store.value.recent = recent.slice(0, MOST);
    for (const { id } of dropped) void rm(this.#thumbnailPath(id), { force: true });
  }

  #thumbnailPath(id: string): string {
    return join(this.#folder, 'thumbnails', id);
  }
}
