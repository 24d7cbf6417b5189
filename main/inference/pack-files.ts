import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MachineError } from '../errors.ts';
import { allFiles, type ListedFile, listedUnder, type PackManifest } from './pack-manifest.ts';
import { modelOf, type Pack, packOf, STARTER } from './packs.ts';
import type { ModelId } from './tensor.ts';

/** A file that is not what pack.json says. */
export interface PackProblem {
  /** As pack.json names it. */
  readonly file: string;
  readonly kind: 'missing' | 'truncated' | 'changed';
  /** One line for people. */
  readonly message: string;
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
