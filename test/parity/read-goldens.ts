import { readFileSync } from 'node:fs';

/** Goldens made by make-goldens.py: float32 tensors by name, and what the index says of them. */
export interface Goldens<Index> {
  readonly index: Index;
  /** The samples of one tensor; throws where there is none of that name. */
  tensor(name: string): Float32Array;
  readonly names: readonly string[];
}

interface Entry {
  readonly dtype: string;
  readonly data_offsets: readonly [number, number];
}

/** Reads `goldens/<name>.safetensors`: a length (u64), that much JSON, then the tensors' bytes. */
export function readGoldens<Index>(name: string): Goldens<Index> {
  const file = readFileSync(new URL(`goldens/${name}.safetensors`, import.meta.url));
  const dataStart = 8 + Number(file.readBigUInt64LE(0));
  const { __metadata__, ...entries } = JSON.parse(file.toString('utf8', 8, dataStart)) as Record<
    string,
    Entry
  > & { __metadata__: { index: string } };
  return {
    // Python writes bounds of some schedulers as -Infinity, which is no JSON.
    index: JSON.parse(__metadata__.index.replaceAll('-Infinity', 'null')) as Index,
    names: Object.keys(entries),
    tensor(tensorName) {
      const entry = (entries as Record<string, Entry>)[tensorName];
      if (entry?.dtype !== 'F32') throw new Error(`No float32 golden named ${tensorName}`);
      const [from, to] = entry.data_offsets;
      return new Float32Array(Uint8Array.from(file.subarray(dataStart + from, dataStart + to)).buffer);
    },
  };
}
