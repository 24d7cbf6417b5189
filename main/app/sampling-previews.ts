import type { RunEvent } from '../pipeline/outcome.ts';
import type { Pictures } from './pictures.ts';

/** Kept: the one that is shown, and the one before it while the window loads the new one. */
const KEPT = 2;

/** What a node that samples has so far, as small pictures under opaque ids. */
export class SamplingPreviews {
  readonly #pictures: Pictures;
  readonly #paths: string[] = [];
  #node = '';
  #id: string | null = null;

  constructor(pictures: Pictures) {
    this.#pictures = pictures;
  }

  /** The newest preview of the node at hand, as an id for `thumb/`; null where it has made none. */
  follow(event: RunEvent): string | null {
    if (event.kind === 'node-finished') return null;
    if (event.node.key !== this.#node || event.kind === 'node-started') this.#id = null;
    this.#node = event.node.key;
    if (event.kind === 'node-progress' && event.preview) this.#show(event.preview.png);
    return this.#id;
  }

  #show(png: string): void {
    const bytes = Buffer.from(png, 'base64');
    const path = this.#pictures.add(null, async () => ({ bytes, type: 'image/png' }));
    this.#id = path.slice('picture/'.length);
    this.#paths.push(path);
    for (const old of this.#paths.splice(0, Math.max(0, this.#paths.length - KEPT))) this.#pictures.drop(old);
  }
}
