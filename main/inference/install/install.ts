import { existsSync, statfsSync } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isNoSpace, MachineError, RequestError } from '../../errors.ts';
import { bindGraph, type GraphInfo } from '../adapters/bind.ts';
import { hashFile, verifyPack } from '../pack-files.ts';
import { type PackManifest } from '../pack-manifest.ts';
import { type Pack, readPack, STARTER } from '../packs.ts';
import type { ModelId } from '../tensor.ts';
import { checkDiffusion } from './check-diffusion.ts';
import { type CatalogPack, listedBytes } from './catalog.ts';
import { type Downloaded, downloadFile } from './download.ts';

/** Opens a graph of a pack in a folder and says what it declares; the caller decides in which process. */
export type GraphProbe = (folder: string, model: ModelId) => Promise<GraphInfo>;

export interface InstallOptions {
  /** Where packs are installed: `installFolder()`. */
  readonly folder: string;
  readonly probe: GraphProbe;
  /** Shows the licence; false where it is not accepted. */
  readonly acceptLicence: (pack: CatalogPack) => Promise<boolean>;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the whole pack. */
  readonly onProgress?: (done: number, all: number, file: string) => void;
  /** As in `downloadFile`. */
  readonly tries?: number;
  readonly pauseMs?: number;
}

/** What was put in place, and the files whose hash nobody but the download itself vouches for. */
export interface Installed {
  readonly pack: Pack;
  readonly unproven: readonly { readonly path: string; readonly sha256: string }[];
}

/** Kept free on the disk beside what is downloaded, bytes. */
const MARGIN = 1 << 20;

/**
 * Installs a listed pack: licence, free space, download with resume, hashes, a look at every graph, then one rename.
 * Until that rename nothing of it counts as installed; what came stays for the next try.
 * @throws RequestError (installed already, licence not accepted, folder not writable), MachineError, CancelledError
 */
export async function installPack(listed: CatalogPack, options: InstallOptions): Promise<Installed> {
  const { folder, signal } = options;
  const target = join(folder, listed.id);
  refuseInstalled(target, listed);
  if (!(await options.acceptLicence(listed))) {
    throw new RequestError(
      `The licence of “${listed.id}” (${listed.licence}, ${listed.licenceUrl}) was not accepted`,
      `Read it and add --accept-licence ${listed.id}`,
    );
  }
  return inStaging(folder, `${listed.id}-${listed.version}`, async (staging) => {
    await requireSpace(staging, listed);
    const came = await downloadAll(listed, staging, options);
    const manifest = describeListed(listed, came);
    await writeFile(join(staging, 'pack.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    const pack = await admit(staging, options.probe, signal);
    await moveIntoPlace(staging, target);
    const unproven = listed.files
      .filter(({ sha256 }) => sha256 === null)
      .map(({ path }) => ({ path, sha256: came.get(path)!.sha256 }));
    return { pack: { ...pack, folder: target }, unproven };
  });
}

function refuseInstalled(target: string, { id, version }: CatalogPack): void {
  if (!existsSync(join(target, 'pack.json'))) return;
  const { manifest } = readPack(target);
  if (manifest.version !== version) return; // another version is replaced
  throw new RequestError(
    `The pack “${id}” is installed already, in ${target}`,
    `Remove it first to install it anew: davenport packs remove ${id}`,
  );
}

async function downloadAll(
  { id, files }: CatalogPack,
  staging: string,
  { signal, onProgress, tries, pauseMs }: InstallOptions,
): Promise<Map<string, Downloaded>> {
  const all = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const came = new Map<string, Downloaded>();
  let done = 0;
  for (const { path, url, bytes, approximate, sha256 } of files) {
    const target = join(staging, path);
    const earlier = sha256 !== null && existsSync(target) && (await hashFile(target)) === sha256;
    if (earlier) {
      done += bytes;
      came.set(path, { bytes, sha256 });
      continue;
    }
    const file = await downloadFile({
      url,
      target,
      name: `${path} of the pack ${id}`,
      bytes: approximate ? null : bytes,
      sha256,
      signal,
      onProgress: (part) => onProgress?.(done + Math.min(part, bytes), all, path),
      ...(tries === undefined ? {} : { tries }),
      ...(pauseMs === undefined ? {} : { pauseMs }),
    });
    done += bytes;
    came.set(path, file);
  }
  return came;
}

function describeListed(listed: CatalogPack, came: ReadonlyMap<string, Downloaded>): PackManifest {
  const { id, version, title, licence, licenceUrl, source, adapter, stage, files } = listed;
  const entry = (path: string) => came.get(path)!;
  const models = files.flatMap(({ path, model }) => {
    if (model === undefined) return [];
    const data = files
      .filter(({ dataOf }) => dataOf === model)
      .map((file) => ({ path: file.path, ...entry(file.path) }));
    return [[model, { file: path, stage, ...entry(path), ...(data.length > 0 ? { data } : {}) }] as const];
  });
  const unproven = files.filter(({ sha256 }) => sha256 === null).map(({ path }) => path);
  return {
    id,
    version,
    title,
    licence,
    licenceUrl,
    source,
    adapter,
    models: Object.fromEntries(models),
    files: [],
    ...(unproven.length > 0 ? { unproven } : {}),
  };
}

async function requireSpace(staging: string, listed: CatalogPack): Promise<void> {
  let missing = MARGIN;
  for (const { path, bytes } of listed.files) {
    const have = await Promise.all([sizeOf(join(staging, path)), sizeOf(join(staging, `${path}.part`))]);
    missing += Math.max(0, bytes - Math.max(...have));
  }
  const { bavail, bsize } = statfsSync(staging);
  const free = bavail * bsize;
  if (free >= missing) return;
  const { bytes } = listedBytes(listed);
  throw new MachineError(
    `There is no space for the pack “${listed.id}” (${megabytes(bytes)} MB): ${megabytes(missing)} MB are still needed in ${dirname(staging)}, ${megabytes(free)} MB are free`,
    'Free some space, or set DAVENPORT_PACKS to a folder on another disk',
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}

function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Runs some work in a pack's own staging folder, which no other process uses meanwhile. */
export async function inStaging<T>(
  folder: string,
  name: string,
  work: (staging: string) => Promise<T>,
): Promise<T> {
  const staging = join(folder, '.incoming', name);
  const lock = `${staging}.lock`;
  try {
    await mkdir(staging, { recursive: true });
    await takeLock(lock, name);
  } catch (error) {
    throw explainFolder(error, folder);
  }
  try {
    return await work(staging);
  } finally {
    await rm(lock, { force: true });
  }
}

/** One process at a time; the lock of one that ended counts for nothing. */
async function takeLock(lock: string, name: string): Promise<void> {
  const file = await open(lock, 'wx').catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    const pid = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (pid > 0 && pid !== process.pid && isRunning(pid)) {
      throw new RequestError(`${name} is being installed by another process`, 'Wait until that is done');
    }
    return open(lock, 'w');
  });
  await file.writeFile(`${process.pid}`);
  await file.close();
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Accepts what lies in a staging folder as a pack, or throws it away: its pack.json, every file's hash, every graph.
 * @throws MachineError that says what is wrong with it
 */
export async function admit(staging: string, probe: GraphProbe, signal?: AbortSignal): Promise<Pack> {
  try {
    const pack = readPack(staging);
    const [problem] = await verifyPack(pack);
    if (problem) throw new MachineError(problem.message, '');
    const { id, adapter, models } = pack.manifest;
    for (const name of adapter ? Object.keys(models) : []) {
      signal?.throwIfAborted();
      const model: ModelId = `${id}/${name}`;
      bindGraph(adapter!.kind, model, await probe(staging, model));
    }
    await checkDiffusion(pack.manifest, (name) => {
      signal?.throwIfAborted();
      return probe(staging, `${id}/${name}`);
    });
    return pack;
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    if (!(error instanceof MachineError)) throw error;
    throw new MachineError(
      error.message,
      'Nothing was installed. Get the files again, or another variant of the pack',
      { cause: error },
    );
  }
}

/** The one step that makes a pack count; an older version of it goes away afterwards. */
export async function moveIntoPlace(staging: string, target: string): Promise<void> {
  const old = `${staging}.old`;
  await rm(old, { recursive: true, force: true });
  if (existsSync(target)) await rename(target, old);
  await rename(staging, target);
  await rm(old, { recursive: true, force: true });
}

/** Copies files into a staging folder, subfolders and all. @throws MachineError where the disk is full */
export async function copyInto(
  staging: string,
  source: string,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  try {
    for (const path of paths) {
      signal?.throwIfAborted();
      await mkdir(dirname(join(staging, path)), { recursive: true });
      await copyFile(join(source, path), join(staging, path));
    }
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw isNoSpace(error)
      ? new MachineError(
          'The disk is full: the pack was not imported',
          'Free some space and import it again; nothing is half-installed',
          { cause: error },
        )
      : error;
  }
}

/** Takes an installed pack away. @throws RequestError for the bundled one and those outside the folder */
export async function removePack({ manifest, folder }: Pack, installedIn: string): Promise<void> {
  if (manifest.id === STARTER)
    throw new RequestError('The starter pack comes with Davenport and stays', 'Remove another one');
  if (dirname(folder) !== installedIn) {
    throw new RequestError(
      `The pack “${manifest.id}” lies in ${folder}, where Davenport installs nothing`,
      'Remove that folder by hand',
    );
  }
  const doomed = join(installedIn, '.incoming', `${manifest.id}.removed`);
  await mkdir(dirname(doomed), { recursive: true });
  await rm(doomed, { recursive: true, force: true });
  await rename(folder, doomed); // from here on it is gone, whatever happens
  await rm(doomed, { recursive: true, force: true });
}

function explainFolder(error: unknown, folder: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS' && code !== 'ENOTDIR') return error;
  return new RequestError(
    `Packs cannot be installed in ${folder}: ${code === 'ENOTDIR' ? 'it is no folder' : 'permission denied'}`,
    'Change its permissions, or set DAVENPORT_PACKS to a folder that you may write to',
    { cause: error },
  );
}
