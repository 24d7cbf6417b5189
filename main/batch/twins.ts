import { hashFile } from '../inference/pack-files.ts';
import type { FoundPhoto } from './intake.ts';

/** Finds photos that are there twice. Only files of the same length are read: on a network share that matters. */
export class Twins {
  readonly #byLength = new Map<number, { readonly photo: FoundPhoto; hash: Promise<string> | null }[]>();

  /** The first photo with the same bytes, where one was asked about before. */
  async of(photo: FoundPhoto): Promise<string | null> {
    const alike = this.#byLength.get(photo.bytes) ?? [];
    const entry = { photo, hash: null as Promise<string> | null };
    this.#byLength.set(photo.bytes, [...alike, entry]);
    for (const other of alike) {
      other.hash ??= hashFile(other.photo.path);
      entry.hash ??= hashFile(photo.path);
      if ((await other.hash) === (await entry.hash)) return other.photo.name;
    }
    return null;
  }
}

/** Why a photo that is there twice is left out. */
export function sameAs(first: string): string {
  return `it is the same picture as ${first}`;
}
