import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { MachineError, RequestError } from '../errors.ts';
import { type ListedFile, listedUnder, type PackManifest, packSchema } from './pack-manifest.ts';
import type { ModelId } from './tensor.ts';

/** A pack found on this machine; nothing of it but pack.json has been read. */
export interface Pack {
  readonly folder: string;
  readonly manifest: PackManifest;
}

/** The pack that comes with the program and cannot be removed. */
export const STARTER = 'starter';

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
