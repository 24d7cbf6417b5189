import { Tokenizer } from '@huggingface/tokenizers';
import { MachineError } from '../errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { TextEncoderSpec } from './pack.ts';

/** Turns a prompt into the token ids of one text encoder. */
export interface PromptTokenizer {
  /** Exactly `length` ids: start, text (cut where it is too long), end, padding. */
  encode(text: string): BigInt64Array;
  /** Tokens of the text without start and end: more than `length − 2` are cut. */
  count(text: string): number;
}

/**
 * Opens the tokenizer of a text encoder, CLIP's byte-pair encoding as transformers computes it.
 * @throws MachineError where its files are missing or cannot be read
 */
export async function openTokenizer(
  checkpoint: Checkpoint,
  { tokenizer: folder, length, pad }: TextEncoderSpec,
): Promise<PromptTokenizer> {
  const [json, config] = await Promise.all(
    ['tokenizer.json', 'tokenizer_config.json'].map((name) => readJson(checkpoint, `${folder}/${name}`)),
  );
  return createTokenizer(json!, config!, length, pad);
}

/** A tokenizer from the contents of its two files. */
export function createTokenizer(json: object, config: object, length: number, pad: number): PromptTokenizer {
  const tokenizer = new Tokenizer(json, config);
  const ids = (text: string) => tokenizer.encode(text).ids;
  const end = ids('').at(-1)!;
  return {
    encode(text) {
      const found = ids(text);
      const kept = found.length > length ? [...found.slice(0, length - 1), end] : found;
      const out = new BigInt64Array(length).fill(BigInt(pad));
      for (const [i, id] of kept.entries()) out[i] = BigInt(id);
      return out;
    },
    count: (text) => ids(text).length - 2,
  };
}

async function readJson({ id, readFile }: Checkpoint, path: string): Promise<object> {
  const bytes = await readFile(path);
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as object;
  } catch (error) {
    throw new MachineError(
      `${path} of the ${id} pack is no JSON`,
      'Convert the checkpoint again, or remove the pack and install it anew',
      { cause: error },
    );
  }
}
