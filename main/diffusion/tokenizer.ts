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
export function openTokenizer(checkpoint: Checkpoint, spec: TextEncoderSpec): Promise<PromptTokenizer> {
  const known = opened.get(checkpoint) ?? new Map<string, Promise<PromptTokenizer>>();
  opened.set(checkpoint, known);
  const tokenizer = known.get(spec.model) ?? readTokenizer(checkpoint, spec);
  known.set(spec.model, tokenizer);
  return tokenizer;
}

/** CLIP's vocabulary takes a fifth of a second to read: once for each checkpoint in use. */
const opened = new WeakMap<Checkpoint, Map<string, Promise<PromptTokenizer>>>();

async function readTokenizer(
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
  // JavaScript alone knows the final form of sigma: the reference lowers each letter by itself.
  const ids = (text: string) => tokenizer.encode(text.replaceAll('Σ', 'σ')).ids;
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
