import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { TorchGenerator } from '../../main/diffusion/torch-random.ts';
import { readGoldens } from './read-goldens.ts';

// Reference: PyTorch 2.13.0 on x86-64 with AVX2/AVX-512. Tolerance: none, equal bit for bit.
const goldens = readGoldens<{ program: string; hashes: Record<string, string> }>('random');

describe(`PyTorch's CPU generator (${goldens.index.program})`, () => {
  const tensors = goldens.names.map((name) => {
    const [call, seed, length] = name.split(' ') as [string, string, string];
    return { name, call, seed: BigInt(seed), length: Number(length) };
  });
  test.each(tensors)('$name', ({ name, call, seed, length }) => {
    const generator = new TorchGenerator(seed);
    const out = new Float32Array(length);
    if (call === 'randn') generator.fillNormal(out);
    else generator.fillUniform(out);
    expect(out).toEqual(goldens.tensor(name));
  });

  test.each(Object.entries(goldens.index.hashes))('%s', (name, hash) => {
    const [, seed, lengths] = name.split(' ') as [string, string, string];
    const generator = new TorchGenerator(BigInt(seed));
    const bytes = createHash('sha256');
    for (const length of lengths.split(',')) bytes.update(generator.randn(Number(length)));
    expect(bytes.digest('hex')).toBe(hash);
  });
});
