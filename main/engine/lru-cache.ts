import { createHash } from 'node:crypto';

/** Keeps the most recently used values whose samples together fit a budget. */
export class LruCache {
  readonly #budget: number;
  readonly #entries = new Map<string, { readonly value: unknown; readonly samples: ArrayBufferView }>();
  #bytes = 0;

  /** @param budget bytes */
  constructor(budget: number) {
    this.#budget = budget;
  }

  get<T>(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value as T;
  }

  /** Keeps a value that consists of `samples`; one larger than the whole budget is not kept. */
  put(key: string, value: unknown, samples: ArrayBufferView): void {
    this.drop(key);
    if (samples.byteLength > this.#budget) return;
    this.#entries.set(key, { value, samples });
    this.#bytes += samples.byteLength;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#budget) return;
      this.drop(oldest);
    }
  }

  drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.samples.byteLength ?? 0;
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  /** Of what is kept, the longest unused first; dropping them meanwhile is safe. */
  keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** What is kept, by key. */
  *entries(): Generator<[string, ArrayBufferView]> {
    for (const [key, { samples }] of this.#entries) yield [key, samples];
  }

  /** Bytes kept now. */
  get bytes(): number {
    return this.#bytes;
  }
}

/** For tests: an LruCache that notices when somebody changes samples that it shares. Costs a hash of everything. */
export class GuardedCache extends LruCache {
  readonly #hashes = new Map<string, string>();

  override put(key: string, value: unknown, samples: ArrayBufferView): void {
    super.put(key, value, samples);
    this.#hashes.set(key, hashSamples(samples));
  }

  /** @throws TypeError that names what `culprit` changed */
  verify(culprit: string): void {
    for (const [key, samples] of this.entries()) {
      if (hashSamples(samples) !== this.#hashes.get(key)) {
        throw new TypeError(`Expected ${culprit} to leave the shared samples of ${key} as they are`);
      }
    }
  }
}

function hashSamples({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');
}
