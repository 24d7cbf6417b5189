import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { writeFileAtomic } from '../imaging/write-file.ts';

/** A small JSON file of the program's own. What is in it is believed only as far as its schema goes. */
export class JsonStore<Schema extends z.ZodType> {
  readonly #path: string;
  readonly #value: z.output<Schema>;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, value: z.output<Schema>) {
    this.#path = path;
    this.#value = value;
  }

  /** Opens it; a file that is missing, damaged or from another version counts as empty. */
  static async open<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    empty: z.output<Schema>,
  ): Promise<JsonStore<Schema>> {
    const text = await readFile(path, 'utf8').catch(() => '');
    const parsed = schema.safeParse(parseJson(text));
    return new JsonStore(path, parsed.success ? parsed.data : empty);
  }

  /** Changes in place are written by {@link save}. */
  get value(): z.output<Schema> {
    return this.#value;
  }

  /** Writes the file, whole or not at all, after what is being written; a failure is no reason to stop working. */
  save(): Promise<void> {
    const text = JSON.stringify(this.#value, null, 2);
    const write = async () => {
      await mkdir(dirname(this.#path), { recursive: true });
      await writeFileAtomic(this.#path, [Buffer.from(text)]);
    };
    const written = this.#writing.then(write).catch(() => undefined);
    this.#writing = written;
    return written;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
