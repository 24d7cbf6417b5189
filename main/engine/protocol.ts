import { z } from 'zod';
import { memoryPresets } from '../inference/memory.ts';
import { providers } from '../inference/providers.ts';
import { job } from './jobs.ts';

export * from './jobs.ts';

/** What the engine is started with, as both children see it. */
const common = {
  /** Folders that packs are looked for in. */
  packs: z.array(z.string()),
  preset: z.enum(memoryPresets),
};

/** Parent → models. */
export const toModels = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('init'),
    ...common,
    provider: z.enum([...providers, 'auto']),
    threads: z.number().int().nonnegative().optional(),
    /** Where to listen: a socket's path in a private folder, or a named pipe on Windows. */
    endpoint: z.string(),
  }),
  z.strictObject({ type: z.literal('ping'), id: z.number().int() }),
]);

/** Models → parent. A pong that stays away says that a run is going on. */
export const fromModels = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('pong'), id: z.number().int() }),
]);

/** Parent → tiles; everything else goes over its socket. */
export const toTiles = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('init'), endpoint: z.string() }),
  z.strictObject({ type: z.literal('close') }),
]);

/** True for a named pipe, which no folder holds. */
export function isPipe(endpoint: string): boolean {
  return endpoint.startsWith('\\\\.\\pipe\\');
}

const errorRecord = z.strictObject({
  kind: z.enum(['request', 'machine', 'cancelled']),
  message: z.string(),
  next: z.string(),
  reason: z.enum(['memory', 'space']).optional(),
});

/** Pixels → models, over the socket; the feeds travel as tensors. See [Note: The models wire]. */
export const modelRequest = z.strictObject({
  id: z.number().int(),
  op: z.enum(['run', 'describe', 'release', 'providers']),
  model: z.string().optional(),
  /** What `run` runs, in turn: each input's name with the tensor it takes, sent now or kept before. */
  links: z.array(z.strictObject({ model: z.string(), feeds: z.record(z.string(), z.string()) })).optional(),
  /** Tensors of this message that later ones of the same job refer to. */
  keep: z.array(z.string()).optional(),
  /** Starts a new job: a new measurement of peak memory, and nothing kept. */
  fresh: z.boolean().optional(),
});
export type ModelRequest = z.infer<typeof modelRequest>;

/** Models → pixels; the outputs travel as tensors. */
export const modelReply = z.union([
  z.strictObject({
    id: z.number().int(),
    ok: z.literal(true),
    peakRssMb: z.number(),
    modelMs: z.number().optional(),
    provider: z.string().optional(),
    /** Why it was not the provider that was asked for. */
    fellBack: z.string().optional(),
    value: z.unknown().optional(),
  }),
  z.strictObject({ id: z.number().int(), ok: z.literal(false), peakRssMb: z.number(), error: errorRecord }),
]);
export type ModelReply = z.infer<typeof modelReply>;

const tensorInfo = z.strictObject({ name: z.string(), type: z.string(), dims: z.array(z.number().int()) });

/** What `describe` answers: see ModelDescription of main/inference/sessions.ts. */
export const modelDescription = z.strictObject({
  inputs: z.array(tensorInfo),
  outputs: z.array(tensorInfo),
  provider: z.enum(providers),
  failed: z.array(z.strictObject({ provider: z.enum(providers), reason: z.string() })),
});

/** What `providers` answers. */
export const providerList = z.array(z.enum(providers));

/** Parent → pixels. */
export const toPixels = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('init'),
    ...common,
    /** URLs of modules whose `nodes` are added to the stages' own. */
    modules: z.array(z.string()),
    /** Somebody looks at how a picture comes about. */
    previews: z.boolean().default(false),
  }),
  z.strictObject({ type: z.literal('job'), id: z.number().int(), job }),
  z.strictObject({ type: z.literal('cancel'), id: z.number().int() }),
  /** Answers `need-models`. */
  z.strictObject({ type: z.literal('models'), endpoint: z.string(), pid: z.number().int().optional() }),
  z.strictObject({ type: z.literal('models-failed'), error: errorRecord }),
  /** Finish nothing, close the project, leave. */
  z.strictObject({ type: z.literal('close') }),
]);

/** How far a picture has come: some thousand pixels, which may cross between processes. */
const smallPicture = z.strictObject({
  width: z.number().int(),
  height: z.number().int(),
  /** PNG, base64. */
  png: z.string(),
});
export type SmallPicture = z.infer<typeof smallPicture>;

/** Pixels → parent. */
export const fromPixels = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({
    type: z.literal('progress'),
    id: z.number().int(),
    done: z.number(),
    label: z.string().optional(),
    preview: smallPicture.optional(),
  }),
  z.strictObject({ type: z.literal('done'), id: z.number().int(), value: z.unknown() }),
  z.strictObject({
    type: z.literal('failed'),
    id: z.number().int(),
    error: errorRecord,
    /** The models process went away under it. */
    modelsLost: z.boolean(),
  }),
  z.strictObject({ type: z.literal('need-models') }),
]);
