import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { diffusionSchema } from '../diffusion/pack.ts';
import { MachineError, RequestError } from '../errors.ts';
import { adapterSchema } from './adapters/schema.ts';
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

/** A pack found on this machine; nothing of it but pack.json has been read. */
export interface Pack {
  readonly folder: string;
  readonly manifest: PackManifest;
}

/** The pack that comes with the program and cannot be removed. */
export const STARTER = 'starter';

/** A file that is not what pack.json says. */
export interface PackProblem {
  /** As pack.json names it. */
  readonly file: string;
  readonly kind: 'missing' | 'truncated' | 'changed';
  /** One line for people. */
  readonly message: string;
}

/** A file of a pack with what it must be. */
export interface ListedFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** The bundled pack's folder. */
export const starterFolder = fileURLToPath(new URL('../../models/starter', import.meta.url));

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Folders that packs are looked for in: those of `DAVENPORT_PACKS` (separated as in PATH), the user's own, the bundled
 * one. A folder is a pack itself or holds packs.
 */
export function packFolders(env: Environment = process.env): string[] {
  return [...extraFolders(env), userPacksFolder(env), starterFolder];
}

function extraFolders(env: Environment): string[] {
  const extra = (env['DAVENPORT_PACKS'] ?? '').split(delimiter).filter((dir) => dir !== '');
  return extra.map((dir) => resolve(dir));
}

/** The folder that packs are installed into: the first of `DAVENPORT_PACKS` that is no pack itself, else the user's. */
export function installFolder(env: Environment = process.env): string {
  return extraFolders(env).find((dir) => !existsSync(join(dir, 'pack.json'))) ?? userPacksFolder(env);
}

/** Where this system keeps a program's data for one user: gigabytes that need not roam with a profile. */
function userPacksFolder(env: Environment, platform = process.platform): string {
  const home = env['HOME'] ?? env['USERPROFILE'] ?? homedir();
  switch (platform) {
    case 'win32':
      return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Davenport', 'packs');
    case 'darwin':
      return join(home, 'Library', 'Application Support', 'Davenport', 'packs');
    default:
      return join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'davenport', 'packs');
  }
}

/**
 * Reads the pack.json of every pack in the given folders; of two with one id the first counts.
 * @throws MachineError where a pack.json cannot be read or is not one
 */
export function findPacks(folders: readonly string[] = packFolders()): Pack[] {
  const { packs, problems } = findUsablePacks(folders);
  if (problems[0]) throw problems[0];
  return packs;
}

/** {@link findPacks} for a program that goes on without a pack that cannot be read: what is wrong comes besides. */
export function findUsablePacks(folders: readonly string[] = packFolders()): {
  readonly packs: Pack[];
  readonly problems: Error[];
} {
  const packs = new Map<string, Pack>();
  const problems: Error[] = [];
  for (const folder of folders.flatMap(packsIn)) {
    try {
      const pack = readPack(folder);
      if (!packs.has(pack.manifest.id)) packs.set(pack.manifest.id, pack);
    } catch (error) {
      problems.push(error as Error);
    }
  }
  return { packs: [...packs.values()], problems };
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

/** The pack a model id names. */
export function packIdOf(id: ModelId): string {
  return id.slice(0, id.indexOf('/'));
}

/** A model's entry and absolute path. @throws RequestError where the pack or the model is unknown */
export function modelOf(
  packs: readonly Pack[],
  id: ModelId,
): { pack: Pack; file: ListedFile; data: readonly ListedFile[]; path: string } {
  const pack = packOf(packs, packIdOf(id));
  const name = id.slice(id.indexOf('/') + 1);
  const model = pack.manifest.models[name];
  if (!model) {
    const has = Object.keys(pack.manifest.models).join(', ') || 'none';
    throw new RequestError(`The pack “${pack.manifest.id}” has no model “${name}”`, `It has: ${has}`);
  }
  const { data = [], file } = model;
  return { pack, file: { ...model, path: file }, data, path: join(pack.folder, file) };
}

/**
 * Identity of a model for fingerprints: the SHA-256 of its file as pack.json states it, together with its external
 * data and the way its pack says it is to be fed, where there are such.
 */
export function modelHash(packs: readonly Pack[], id: ModelId): string {
  const { pack, file, data } = modelOf(packs, id);
  const { adapter } = pack.manifest;
  if (data.length === 0 && !adapter) return file.sha256;
  const hash = createHash('sha256').update(file.sha256);
  for (const { path, sha256 } of data) hash.update(`\0${path}\0${sha256}`);
  return hash.update(adapter ? JSON.stringify(adapter) : '').digest('hex');
}

/** Bytes of a model with its external data. */
export function modelBytes(packs: readonly Pack[], id: ModelId): number {
  const { file, data } = modelOf(packs, id);
  return data.reduce((sum, { bytes }) => sum + bytes, file.bytes);
}

/**
 * One hash over the listed files under `<pack>/<path prefix>`, for fingerprints; `<pack>/` stands for the whole pack:
 * its models and what its pack.json says of the checkpoint too.
 */
export function filesHash(packs: readonly Pack[], prefix: string): string {
  const slash = prefix.indexOf('/');
  const { manifest } = packOf(packs, slash < 0 ? prefix : prefix.slice(0, slash));
  const inner = slash < 0 ? '' : prefix.slice(slash + 1);
  const hash = createHash('sha256');
  for (const file of listedUnder(manifest, inner)) hash.update(`${file.path}\0${file.sha256}\n`);
  if (inner === '') hash.update(JSON.stringify([manifest.models, manifest.diffusion ?? null]));
  return hash.digest('hex');
}

function listedUnder(manifest: PackManifest, prefix: string): ListedFile[] {
  return manifest.files
    .filter((file) => file.path.startsWith(prefix))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
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
  const { pack, file, data, path } = modelOf(packs, id);
  for (const part of [file, ...data]) {
    const at = join(pack.folder, part.path);
    if (knownGood.get(at) === stampOf(at, part)) continue;
    const problem = await checkFile(pack, part);
    if (problem) throw brokenFile(pack, problem.message);
    knownGood.set(at, stampOf(at, part));
  }
  return path;
}

/** Files whose hash was right, with their size and time then: sessions come and go, and gigabytes take seconds. */
const knownGood = new Map<string, string>();

function stampOf(path: string, { sha256 }: ListedFile): string {
  const { size, mtimeMs, ino } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return [sha256, size, mtimeMs, ino].join(' ');
}

function brokenFile(pack: Pack, message: string): MachineError {
  const next =
    pack.manifest.id === STARTER
      ? 'Reinstall Davenport: the starter pack comes with it'
      : `Remove the pack “${pack.manifest.id}” and install it again`;
  return new MachineError(message, next);
}

/** Reads verified files of packs; satisfies `PackFiles` of main/pipeline/node.ts. */
export interface VerifiedFiles {
  read(pack: string, file: string): Promise<Uint8Array>;
  list(pack: string, prefix: string): readonly string[];
  manifest(pack: string): PackManifest;
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
    manifest: (id) => packOf(packs, id).manifest,
  };
}
