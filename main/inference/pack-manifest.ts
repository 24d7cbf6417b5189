import { z } from 'zod';
import { diffusionSchema } from '../diffusion/pack.ts';
import { adapterSchema } from './adapters/schema.ts';

/** A path inside the pack's folder: forward slashes, never absolute, never upwards. */
const innerPath = z
  .string()
  .min(1)
  .refine((path) => !/^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)/.test(path), 'leaves the pack’s folder');
const listedFile = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().nonnegative(),
});
const megabytes = z.number().int().positive();

const modelSchema = listedFile.extend({
  file: innerPath,
  stage: z.string(),
  /** Files of external data that the graph names; they lie beside it. */
  data: z.array(listedFile.extend({ path: innerPath })).optional(),
});
/** pack.json: what a folder of models and pictures holds. Unknown keys are kept out of the way, not refused. */
export const packSchema = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  version: z.string().min(1),
  title: z.string().min(1),
  licence: z.string().min(1),
  licenceUrl: z.url().optional(),
  source: z.string().min(1),
  /** ONNX files by the name that stands after the slash of a model id. */
  models: z.record(z.string(), modelSchema),
  /** Everything else the pack brings, the catalogue's pictures first. */
  files: z.array(listedFile.extend({ path: innerPath })),
  /** Peak memory of the *models* process under each preset, megabytes. */
  memoryMb: z.object({ low: megabytes, balanced: megabytes, high: megabytes }).optional(),
  /** How the graphs are fed and read; the starter pack and packs with `diffusion` have none. */
  adapter: adapterSchema.optional(),
  /** Files whose hash was taken from what was downloaded or imported, because nobody had published one. */
  unproven: z.array(innerPath).optional(),
  /** The checkpoint of a pack that paints: see [Note: Diffusion packs]. */
  diffusion: diffusionSchema.optional(),
});
export type PackManifest = z.infer<typeof packSchema>;

/** A file of a pack with what it must be. */
export interface ListedFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Every file of a pack, each once, with its path inside the pack. */
export function allFiles(manifest: Pick<PackManifest, 'models' | 'files'>): ListedFile[] {
  const files = [
    ...Object.values(manifest.models).flatMap(({ file, sha256, bytes, data = [] }) => [
      { path: file, sha256, bytes },
      ...data,
    ]),
    ...manifest.files,
  ];
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

/** Bytes of all its files. */
export function packBytes(manifest: Pick<PackManifest, 'models' | 'files'>): number {
  return allFiles(manifest).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The files outside the models whose path starts so, in order. */
export function listedUnder(manifest: PackManifest, prefix: string): ListedFile[] {
  return manifest.files
    .filter((file) => file.path.startsWith(prefix))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
