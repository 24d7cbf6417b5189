import type { EngineOptions } from '../engine/supervisor.ts';
import { RequestError } from '../errors.ts';
import { memoryPresets } from '../inference/memory.ts';
import { providers } from '../inference/providers.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the environment asks of the engine: `DAVENPORT_MEMORY` (low, balanced, high) and `DAVENPORT_PROVIDER` (auto,
 * cuda, dml, coreml, webgpu, cpu). @throws RequestError for another word
 */
export function engineOptions(env: Environment = process.env): EngineOptions {
  const preset = oneOf('DAVENPORT_MEMORY', env, memoryPresets);
  const provider = oneOf('DAVENPORT_PROVIDER', env, ['auto', ...providers] as const);
  return { ...(preset ? { preset } : {}), ...(provider ? { provider } : {}) };
}

function oneOf<T extends string>(name: string, env: Environment, words: readonly T[]): T | undefined {
  const word = env[name];
  if (!word) return undefined;
  const known = words.find((candidate) => candidate === word);
  if (known) return known;
  throw new RequestError(`${name} is “${word}”`, `Set it to one of ${words.join(', ')}, or leave it out`);
}
