import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openTokenizer, type PromptTokenizer } from '../../main/diffusion/tokenizer.ts';
import { openLocalCheckpoint } from '../support/checkpoint.ts';

interface Golden {
  readonly program: string;
  readonly pack: string;
  readonly cases: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly tokens: number;
  }[];
}

const golden = JSON.parse(readFileSync(new URL('goldens/tokenizer.json', import.meta.url), 'utf8')) as Golden;

async function open(pad?: number): Promise<PromptTokenizer> {
  const checkpoint = openLocalCheckpoint(golden.pack);
  const spec = checkpoint.spec.textEncoders[0]!;
  return openTokenizer(checkpoint, pad === undefined ? spec : { ...spec, pad });
}

describe(`CLIP's tokens are those of ${golden.program}`, async () => {
  const tokenizer = await open();
  test.each(golden.cases)('$text', ({ text, ids, tokens }) => {
    expect([...tokenizer.encode(text)].map(Number)).toEqual(ids);
    expect(tokenizer.count(text)).toBe(tokens);
  });
});

test('pads with what the text encoder was trained with', async () => {
  const [eos, zero] = [await open(), await open(0)];
  const ids = eos.encode('a sofa');
  const end = ids.at(-1)!;
  const padded = zero.encode('a sofa');
  expect(padded.length).toBe(77);
  const length = [...ids].indexOf(end) + 1;
  expect(padded.slice(0, length)).toEqual(ids.slice(0, length));
  expect(new Set(padded.slice(length))).toEqual(new Set([0n]));
});
