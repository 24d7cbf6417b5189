import { randomBytes } from 'node:crypto';
import type { LayerSource } from '../engine/tiles/protocol.ts';

/**
 * Opaque ids of what the viewer may show. One content has one id for as long as the document is open, and another
 * content never gets it: pictures may be cached for ever. Ids are random, so that the window can name nothing that it
 * was not told of.
 */
export class Layers {
  readonly #bySource = new Map<string, string>();
  readonly #byId = new Map<string, LayerSource>();

  idOf(source: LayerSource): string {
    const key = JSON.stringify([source.project, source.artifact, source.picture, source.windowOnly ?? false]);
    const known = this.#bySource.get(key);
    if (known !== undefined) return known;
    const id = randomId();
    this.#bySource.set(key, id);
    this.#byId.set(id, source);
    return id;
  }

  find(id: string): LayerSource | undefined {
    return this.#byId.get(id);
  }

  clear(): void {
    this.#bySource.clear();
    this.#byId.clear();
  }
}

/** 128 random bits that fit into an address. */
export function randomId(): string {
  return randomBytes(16).toString('base64url');
}
