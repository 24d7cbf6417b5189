import { readFile } from 'node:fs/promises';
import { randomId } from './layers.ts';

/** A small encoded picture. */
export interface SmallPicture {
  readonly bytes: Uint8Array;
  readonly type: string;
}

/** Makes a picture when it is first asked for. */
type Source = () => Promise<SmallPicture>;

/** Bytes of pictures that are kept; what goes is made again when it is asked for. */
const KEPT_BYTES = 32 << 20;
/** Long side of a thumbnail, pixels. */
export const THUMBNAIL_SIDE = 320;

/** Small pictures that belong to no layer, under opaque ids: recent projects, pieces, photos of a folder, previews. */
export class Pictures {
  readonly #sources = new Map<string, Source>();
  readonly #kept = new Map<string, Promise<SmallPicture>>();
  readonly #names = new Map<string, string>();
  #bytes = 0;

  /**
   * Registers a picture.
   * @param name the same name gives the same id, and the newest source; null is always new
   * @returns its path below Bridge.tiles
   */
  add(name: string | null, source: Source): string {
    const known = name === null ? undefined : this.#names.get(name);
    const id = known ?? randomId();
    if (name !== null) this.#names.set(name, id);
    this.#sources.set(id, source);
    return `picture/${id}`;
  }

  /** Forgets a picture by its path. */
  drop(path: string): void {
    const id = path.slice('picture/'.length);
    this.#sources.delete(id);
    this.#kept.delete(id);
  }

  /** The picture of an id; null where it is unknown or cannot be made. */
  async find(id: string): Promise<SmallPicture | null> {
    const kept = this.#kept.get(id);
    if (kept) return kept;
    const source = this.#sources.get(id);
    if (!source) return null;
    const making = source();
    this.#kept.set(id, making);
    try {
      const picture = await making;
      this.#bytes += picture.bytes.length;
      this.#trim(id);
      return picture;
    } catch {
      this.#kept.delete(id);
      return null;
    }
  }

  #trim(newest: string): void {
    for (const [id, picture] of this.#kept) {
      if (this.#bytes <= KEPT_BYTES || id === newest) return;
      this.#kept.delete(id);
      void picture.then(({ bytes }) => {
        this.#bytes -= bytes.length;
      });
    }
  }
}

/** A picture file as it is. */
export async function readPicture(path: string, type: string): Promise<SmallPicture> {
  return { bytes: await readFile(path), type };
}
