import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { diffusionSchema } from '../diffusion/pack.ts';
import { MachineError, RequestError } from '../errors.ts';
import type { ModelId } from './tensor.ts';

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

/** pack.json: what a folder of models and pictures holds. Unknown keys are kept out of the way, not refused. */
export const packSchema = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  version: z.string().min(1),
  title: z.string().min(1),
  licence: z.string().min(1),
  source: z.string().min(1),
  /** ONNX files by the name that stands after the slash of a model id. */
  models: z.record(z.string(), listedFile.extend({ file: innerPath, stage: z.string() })),
  /** Everything else the pack brings, the catalogue's pictures first. */
  files: z.array(listedFile.extend({ path: innerPath })),
  /** Peak memory of the *models* process under each preset, megabytes. */
  memoryMb: z.object({ low: megabytes, balanced: megabytes, high: megabytes }).optional(),
  /** The checkpoint of a pack that paints: see [Note: Diffusion packs]. */
  diffusion: diffusionSchema.optional(),
});
export type PackManifest = z.infer<typeof packSchema>;

/** A pack found on this machine; nothing of it but pack.json has been read. */
export interface Pack {
  readonly folder: string;
  readonly manifest: PackManifest;
}

/** A file that is not what pack.json says. */
export interface PackProblem {
  /** As pack.json names it. */
  readonly file: string;
  readonly kind: 'missing' | 'truncated' | 'changed';
  /** One line for people. */
  readonly message: string;
}

interface ListedFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** The bundled pack's folder. */
export const starterFolder = fileURLToPath(new URL('../../models/starter', import.meta.url));

/**
 * Folders that packs are looked for in: those of `DAVENPORT_PACKS` (separated as in PATH), then the bundled one.
 * A folder is a pack itself or holds packs.
 */
export function packFolders(env: Readonly<Record<string, string | undefined>> = process.env): string[] {
  const extra = (env['DAVENPORT_PACKS'] ?? '').split(delimiter).filter((dir) => dir !== '');
  return [...extra.map((dir) => resolve(dir)), starterFolder];
}

/**
 * Reads the pack.json of every pack in the given folders; of two with one id the first counts.
 * @throws MachineError where a pack.json cannot be read or is not one
 */
export function findPacks(folders: readonly string[] = packFolders()): Pack[] {
  const packs = new Map<string, Pack>();
  for (const folder of folders.flatMap(packsIn)) {
    const pack = readPack(folder);
    if (!packs.has(pack.manifest.id)) packs.set(pack.manifest.id, pack);
  }
  return [...packs.values()];
}

function packsIn(folder: string): string[] {
  if (existsSync(join(folder, 'pack.json'))) return [folder];
  if (!existsSync(folder)) return [];
  const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return inner
    .map((entry) => join(folder, entry.name))
    .filter((dir) => existsSync(join(dir, 'pack.json')))
    .sort();
}

/**
 * Reads one pack's pack.json.
 * @throws MachineError where it is missing, is no JSON or breaks the schema
 */
export function readPack(folder: string): Pack {
  const path = join(folder, 'pack.json');
  try {
    return { folder, manifest: packSchema.parse(JSON.parse(readFileSync(path, 'utf8'))) };
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    const why = issue
      ? `${issue.path.join('.') || 'the document'}: ${issue.message}`
      : (error as Error).message;
    throw new MachineError(`${path} cannot be read as a pack (${why})`, 'Reinstall the pack', {
      cause: error,
    });
  }
}

/** The pack of an id. @throws RequestError that lists the installed ones */
export function packOf(packs: readonly Pack[], id: string): Pack {
  const pack = packs.find((p) => p.manifest.id === id);
  if (pack) return pack;
  const installed = packs.map((p) => p.manifest.id).join(', ');
  const next = installed
    ? `Install it, or choose one of: ${installed}`
    : 'Reinstall Davenport: its starter pack is missing too';
  throw new RequestError(`There is no pack “${id}” on this machine`, next);
}

/** A model's entry and absolute path. @throws RequestError where the pack or the model is unknown */
export function modelOf(packs: readonly Pack[], id: ModelId): { pack: Pack; file: ListedFile; path: string } {
  const slash = id.indexOf('/');
  const pack = packOf(packs, id.slice(0, slash));
  const model = pack.manifest.models[id.slice(slash + 1)];
  if (!model) {
    const has = Object.keys(pack.manifest.models).join(', ') || 'none';
    throw new RequestError(
      `The pack “${pack.manifest.id}” has no model “${id.slice(slash + 1)}”`,
      `It has: ${has}`,
    );
  }
  return { pack, file: { ...model, path: model.file }, path: join(pack.folder, model.file) };
}

/** SHA-256 of a model's file as pack.json states it, for fingerprints. */
export function modelHash(packs: readonly Pack[], id: ModelId): string {
  return modelOf(packs, id).file.sha256;
}

/** One hash over the listed files under `<pack>/<path prefix>`, for fingerprints. */
export function filesHash(packs: readonly Pack[], prefix: string): string {
  const slash = prefix.indexOf('/');
  const { manifest } = packOf(packs, slash < 0 ? prefix : prefix.slice(0, slash));
  const inner = slash < 0 ? '' : prefix.slice(slash + 1);
  const hash = createHash('sha256');
  for (const file of listedUnder(manifest, inner)) hash.update(`${file.path}\0${file.sha256}\n`);
  return hash.digest('hex');
}

function listedUnder(manifest: PackManifest, prefix: string): ListedFile[] {
  return manifest.files
    .filter((file) => file.path.startsWith(prefix))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Every file of a pack. */
function allFiles(manifest: PackManifest): ListedFile[] {
  return [
    ...Object.values(manifest.models).map((model) => ({ ...model, path: model.file })),
    ...manifest.files,
  ];
}

/** Compares every file of a pack with pack.json; an empty list means that all is well. */
export async function verifyPack(
  pack: Pack,
  progress: (doneBytes: number, allBytes: number) => void = () => {},
): Promise<PackProblem[]> {
  const files = allFiles(pack.manifest);
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const problems: PackProblem[] = [];
  let done = 0;
  for (const file of files) {
    const problem = await checkFile(pack, file);
    if (problem) problems.push(problem);
    done += file.bytes;
    progress(done, total);
  }
  return problems;
}

/** What is wrong with one listed file, or null. Reads the file once, in pieces. */
async function checkFile(pack: Pack, file: ListedFile): Promise<PackProblem | null> {
  const path = join(pack.folder, file.path);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  const name = `${file.path} of the ${pack.manifest.id} pack`;
  if (size === undefined) return { file: file.path, kind: 'missing', message: `${name} is missing` };
  if (size < file.bytes) {
    return {
      file: file.path,
      kind: 'truncated',
      message: `${name} is cut short: ${size} of ${file.bytes} bytes`,
    };
  }
  const matches = size === file.bytes && (await hashFile(path)) === file.sha256;
  return matches ? null : { file: file.path, kind: 'changed', message: `${name} does not match its hash` };
}

/** SHA-256 of a file's bytes, lowercase hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 }))
    hash.update(piece as Uint8Array);
  return hash.digest('hex');
}

/**
 * Absolute path of a model whose file has been verified.
 * @throws MachineError where the file is missing, cut short or does not match its hash
 */
export async function verifiedModelPath(packs: readonly Pack[], id: ModelId): Promise<string> {
  const { pack, file, path } = modelOf(packs, id);
  const problem = await checkFile(pack, file);
  if (problem) throw brokenFile(pack, problem.message);
  return path;
}

function brokenFile(pack: Pack, message: string): MachineError {
  const next =
    pack.manifest.id === 'starter'
      ? 'Reinstall Davenport: the starter pack comes with it'
      : `Remove the pack “${pack.manifest.id}” and install it again`;
  return new MachineError(message, next);
}

/** Reads verified files of packs; satisfies `PackFiles` of main/pipeline/node.ts. */
export interface VerifiedFiles {
  read(pack: string, file: string): Promise<Uint8Array>;
  list(pack: string, prefix: string): readonly string[];
}

/** Gives access to the listed files of packs; every read is checked against pack.json (small files, no cache to go stale). */
export function openPackFiles(packs: readonly Pack[]): VerifiedFiles {
  return {
    async read(id, path) {
      const pack = packOf(packs, id);
      const file = pack.manifest.files.find((entry) => entry.path === path);
      if (!file) throw brokenFile(pack, `${path} is not a file of the ${id} pack`);
      const bytes = await readFile(join(pack.folder, path)).catch(() => null);
      if (!bytes) throw brokenFile(pack, `${path} of the ${id} pack is missing`);
      const whole =
        bytes.length === file.bytes && createHash('sha256').update(bytes).digest('hex') === file.sha256;
      if (!whole)
        throw brokenFile(
          pack,
          (await checkFile(pack, file))?.message ?? `${path} of the ${id} pack changed while it was read`,
        );
      return bytes;
    },
    list(id, prefix) {
      return listedUnder(packOf(packs, id).manifest, prefix).map((file) => file.path);
    },
  };
}
