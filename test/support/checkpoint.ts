import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Checkpoint } from '../../main/diffusion/checkpoint.ts';
import { type DiffusionPack, diffusionSchema } from '../../main/diffusion/pack.ts';
import type { ModelRunner, Tensor, TensorInfo } from '../../main/inference/tensor.ts';

/** The tiny packs that models/convert made from seeded checkpoints. */
export const packsFolder = fileURLToPath(new URL('../fixtures/packs', import.meta.url));

/** A pack's graphs in this process, on the CPU, one thread; counts its runs by model name. */
export interface LocalCheckpoint extends Checkpoint {
  readonly runs: Map<string, number>;
}

export interface LocalOptions {
  /** Takes the place of files of the pack, by path. */
  readonly files?: Readonly<Record<string, unknown>>;
  readonly spec?: Partial<DiffusionPack>;
}

/** True where the tiny pack is there. */
export function hasPack(id: string): boolean {
  return existsSync(join(packsFolder, id, 'pack.json'));
}

/** Opens a tiny pack as diffusion code sees it. */
export function openLocalCheckpoint(id: string, options: LocalOptions = {}): LocalCheckpoint {
  const folder = join(packsFolder, id);
  const manifest = JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8')) as {
    models: Record<string, { file: string }>;
    diffusion: unknown;
  };
  const runs = new Map<string, number>();
  const models = openGraphs((model) => {
    const name = model.slice(id.length + 1);
    return join(folder, manifest.models[name]?.file ?? `no ${name}`);
  });
  return {
    id,
    spec: { ...diffusionSchema.parse(manifest.diffusion), ...options.spec },
    runs,
    readFile: async (path) => {
      const instead = options.files?.[path];
      if (instead !== undefined) return new TextEncoder().encode(JSON.stringify(instead));
      return new Uint8Array(await readFile(join(folder, path)));
    },
    models: {
      describe: models.describe,
      run: (model, feeds) => {
        const name = model.slice(id.length + 1);
        runs.set(name, (runs.get(name) ?? 0) + 1);
        return models.run(model, feeds);
      },
    },
  };
}

interface Session {
  readonly shape: { readonly inputs: readonly TensorInfo[]; readonly outputs: readonly TensorInfo[] };
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
}

const sessions = new Map<string, Promise<Session>>();

function openGraphs(pathOf: (model: string) => string): ModelRunner {
  const open = (model: string) => {
    const path = pathOf(model);
    const session = sessions.get(path) ?? createSession(path);
    sessions.set(path, session);
    return session;
  };
  return {
    run: async (model, feeds) => (await open(model)).run(feeds),
    describe: async (model) => (await open(model)).shape,
  };
}

async function createSession(path: string): Promise<Session> {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
  const ort = await import('onnxruntime-node');
  const session = await ort.InferenceSession.create(path, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  const toInfo = (value: (typeof session.inputMetadata)[number]): TensorInfo => {
    if (!value.isTensor) throw new TypeError(`Expected a tensor for ${value.name}`);
    const dims = value.shape.map((d) => (typeof d === 'number' ? d : -1));
    return { name: value.name, type: value.type, dims };
  };
  return {
    shape: { inputs: session.inputMetadata.map(toInfo), outputs: session.outputMetadata.map(toInfo) },
    run: async (feeds) => {
      const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [
        name,
        new ort.Tensor(type, data as never, [...dims]),
      ]);
      const results = await session.run(Object.fromEntries(tensors));
      return Object.fromEntries(
        Object.entries(results).map(([name, { type, dims, data }]) => [
          name,
          { type: type as Tensor['type'], dims, data: data as Tensor['data'] },
        ]),
      );
    },
  };
}
