import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, posix, resolve } from 'node:path';
import { MachineError, RequestError } from '../../errors.ts';
import { type GraphInfo, recogniseKind } from '../adapters/bind.ts';
import { stageOfKind } from '../adapters/graphs.ts';
import type { Adapter, AdapterKind } from '../adapters/schema.ts';
import { hashFile, verifyPack } from '../pack-files.ts';
import { allFiles, type PackManifest, packSchema } from '../pack-manifest.ts';
import { readPack, STARTER } from '../packs.ts';
import { readCatalog } from './catalog.ts';
import { describeDiffusion, findDiffusionGraphs } from './import-diffusion.ts';
import { admit, copyInto, type GraphProbe, inStaging, type Installed, moveIntoPlace } from './install.ts';

export interface ImportOptions {
  readonly folder: string;
  readonly probe: GraphProbe;
  /** The id to give a folder without pack.json; from the folder's name where left out. */
  readonly id?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Copies a folder into the packs: one with a pack.json as it is, one with published graphs (transformers.js' SAM,
 * SAM 2, Depth Anything and Swin2SR; MobileSAM; Real-ESRGAN; MI-GAN; LaMa; TAESD; optimum's and OnnxStack's Stable
 * Diffusion) with a pack.json written for it.
 * @throws RequestError for a folder that is none or holds nothing known, MachineError for one that is damaged
 */
export async function importFolder(given: string, options: ImportOptions): Promise<Installed> {
  const source = resolve(given);
  if (!statSync(source, { throwIfNoEntry: false })?.isDirectory()) {
    const next = /\.(zip|tar|gz|7z)$/i.test(source)
      ? 'Unpack it first and import the folder'
      : 'Give the folder that holds pack.json or the published .onnx files';
    throw new RequestError(`${given} is no folder`, next);
  }
  return existsSync(join(source, 'pack.json'))
    ? importPack(source, options)
    : importPublished(source, options);
}

async function importPack(source: string, options: ImportOptions): Promise<Installed> {
  const pack = readPack(source);
  const { id } = pack.manifest;
  refuseTaken(id, options.folder);
  const [problem] = await verifyPack(pack);
  if (problem) {
    throw new MachineError(problem.message, 'Nothing was imported. Get the folder again from where it came');
  }
  const paths = ['pack.json', ...allFiles(pack.manifest).map(({ path }) => path)];
  return bringIn(id, source, paths, null, options);
}

/** What a folder turned out to hold. */
interface Found {
  /** By the names that models of the kind have. */
  readonly graphs: Readonly<Record<string, string>>;
  readonly stage: string;
  readonly adapter?: Adapter;
  readonly diffusion?: PackManifest['diffusion'];
  /** Files beside the graphs. */
  readonly files: readonly string[];
}

async function importPublished(source: string, options: ImportOptions): Promise<Installed> {
  const id = options.id ?? toId(basename(source));
  refuseTaken(id, options.folder);
  const found = (await findDiffusion(id, source, options)) ?? (await findAdapter(id, source, options));
  const manifest = await describe(id, source, found);
  const paths = allFiles(manifest).map(({ path }) => path);
  return bringIn(id, source, paths, manifest, options);
}

/** A Stable Diffusion folder as optimum and OnnxStack lay it out; null for another. */
async function findDiffusion(id: string, source: string, options: ImportOptions): Promise<Found | null> {
  const graphs = findDiffusionGraphs(source);
  if (!graphs) return null;
  const infos = await lookAt(id, source, graphs, options);
  return { graphs, stage: 'inpaint', ...(await describeDiffusion(source, graphs, infos)) };
}

/** One published model. @throws RequestError where it is none that Davenport knows */
async function findAdapter(id: string, source: string, options: ImportOptions): Promise<Found> {
  const graphs = arrange(listGraphs(source));
  if (!graphs) {
    throw new RequestError(
      `${source} holds no graphs that Davenport knows`,
      'Give the folder of one published model with its .onnx files, or one with a pack.json',
    );
  }
  const found = settleNames(graphs, await lookAt(id, source, graphs, options));
  if (found) return found;
  throw new RequestError(
    `The graphs in ${source} are named like none that Davenport knows`,
    'See docs/packs.md for the names; a pack.json beside them can say which is which',
  );
}

function refuseTaken(id: string, folder: string): void {
  if (id === STARTER)
    throw new RequestError('The starter pack comes with Davenport', 'Give the folder another id with --id');
  if (!existsSync(join(folder, id, 'pack.json'))) return;
  throw new RequestError(
    `The pack “${id}” is installed already, in ${join(folder, id)}`,
    `Remove it first (davenport packs remove ${id}), or give this one another id with --id`,
  );
}

/** Copies, checks and moves a pack into place; `manifest` is written where the folder has none. */
function bringIn(
  id: string,
  source: string,
  paths: readonly string[],
  manifest: PackManifest | null,
  { folder, probe, signal }: ImportOptions,
): Promise<Installed> {
  return inStaging(folder, `${id}-import`, async (staging) => {
    await copyInto(staging, source, paths, signal);
    if (manifest) await writeFile(join(staging, 'pack.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    const pack = await admit(staging, probe, signal);
    const target = join(folder, id);
    await moveIntoPlace(staging, target);
    const hashes = new Map(allFiles(pack.manifest).map(({ path, sha256 }) => [path, sha256]));
    const unproven = (pack.manifest.unproven ?? []).map((path) => ({ path, sha256: hashes.get(path) ?? '' }));
    return { pack: { ...pack, folder: target }, unproven };
  });
}

/** Reduced-precision copies that publishers put beside the plain graph. */
const VARIANT = /[_-](quantized|fp16|int8|uint8|q4|q4f16|q8|bnb4|quant)$/;
const DEPTH = 2;

/** Graphs of a folder and of its subfolders, as paths with forward slashes; of variants the plain one. */
function listGraphs(source: string): string[] {
  const paths: string[] = [];
  const visit = (inner: string, depth: number) => {
    for (const entry of readdirSync(join(source, inner), { withFileTypes: true })) {
      const path = posix.join(inner, entry.name);
      if (entry.isDirectory() && depth < DEPTH) visit(path, depth + 1);
      else if (entry.isFile() && entry.name.endsWith('.onnx')) paths.push(path);
    }
  };
  visit('', 0);
  const plain = paths.filter((path) => !VARIANT.test(stemOf(path)));
  return (plain.length > 0 ? plain : paths).sort();
}

function stemOf(path: string): string {
  return posix.basename(path, '.onnx');
}

/** The files that matter, by their names: an encoder with its decoder, else one graph by itself; null where unclear. */
function arrange(paths: readonly string[]): Record<string, string> | null {
  const encoder = paths.find((path) => /(vision|image)_?encoder|^encoder/i.test(stemOf(path)));
  const decoders = paths.filter((path) => /mask_?decoder|^decoder/i.test(stemOf(path)));
  // A decoder with several proposals is worth more than one with a single answer.
  const decoder = decoders.find((path) => !/single/.test(path)) ?? decoders[0];
  if (encoder && decoder) return { encoder, decoder };
  const single = paths.length === 1 ? paths[0] : paths.find((path) => path.includes('vae_decoder'));
  return single ? { [SINGLE]: single } : null;
}

/** Name of a graph by itself until its kind is known, and the names it may have then. */
const SINGLE = 'graph';
const SINGLES = ['depth', 'upscale', 'fill', 'decoder'] as const;

/** Looks at graphs in a copy with a pack.json of its own, which is taken away again. */
async function lookAt(
  id: string,
  source: string,
  graphs: Readonly<Record<string, string>>,
  { folder, probe, signal }: ImportOptions,
): Promise<Record<string, GraphInfo>> {
  return inStaging(folder, `${id}-look`, async (staging) => {
    try {
      const paths = Object.values(graphs).flatMap((path) => [path, ...dataOf(source, path)]);
      await copyInto(staging, source, paths, signal);
      const look = await describe(id, source, { graphs, stage: 'segment', files: [] });
      await writeFile(join(staging, 'pack.json'), JSON.stringify(look));
      const infos: Record<string, GraphInfo> = {};
      for (const name of Object.keys(graphs)) infos[name] = await probe(staging, `${id}/${name}`);
      return infos;
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  });
}

function settleNames(
  graphs: Readonly<Record<string, string>>,
  infos: Readonly<Record<string, GraphInfo>>,
): Found | null {
  const single = infos[SINGLE];
  const namings = single
    ? SINGLES.map((name) => ({ graphs: { [name]: graphs[SINGLE]! }, infos: { [name]: single } }))
    : [{ graphs, infos }];
  for (const naming of namings) {
    const kind = recogniseKind(naming.infos);
    if (kind)
      return { graphs: naming.graphs, stage: stageOfKind[kind], adapter: adapterFor(kind), files: [] };
  }
  return null;
}

/** External data beside a graph, under any of the usual names. */
function dataOf(source: string, graph: string): string[] {
  const stem = graph.slice(0, -'.onnx'.length);
  return [`${graph}_data`, `${graph}.data`, `${stem}.data`].filter((path) => existsSync(join(source, path)));
}

async function describe(
  id: string,
  source: string,
  { graphs, stage, adapter, diffusion, files }: Found,
): Promise<PackManifest> {
  const measure = async (path: string) => ({
    sha256: await hashFile(join(source, path)),
    bytes: (await stat(join(source, path))).size,
  });
  const models: PackManifest['models'] = {};
  for (const [name, file] of Object.entries(graphs)) {
    const data = await Promise.all(
      dataOf(source, file).map(async (path) => ({ path, ...(await measure(path)) })),
    );
    models[name] = {
      file,
      stage,
      ...(await measure(file)),
      ...(data.length > 0 ? { data } : {}),
    };
  }
  const manifest = {
    id,
    version: '1',
    title: basename(source),
    licence: await licenceOf(source),
    source: `imported from ${basename(source)}`,
    ...(adapter ? { adapter } : {}),
    ...(diffusion ? { diffusion } : {}),
    models,
    files: await Promise.all(files.map(async (path) => ({ path, ...(await measure(path)) }))),
  };
  const unproven = allFiles(manifest).map(({ path }) => path);
  return packSchema.parse({ ...manifest, ...(published(manifest) ?? { unproven }) });
}

/** What the catalog says of a pack whose graphs are, hash by hash, those it lists. */
function published({ models }: Pick<PackManifest, 'models'>): Partial<PackManifest> | null {
  const hashes = allFiles({ models, files: [] }).map(({ sha256 }) => sha256);
  const listed = readCatalog().find(
    ({ files }) =>
      files.length === hashes.length &&
      files.every(({ sha256 }) => sha256 !== null && hashes.includes(sha256)),
  );
  if (!listed) return null;
  const { title, licence, licenceUrl, source, adapter } = listed;
  return { title, licence, licenceUrl, source, adapter };
}

/** A super-resolution graph does not say what its sides must be multiples of: 8 suits all that are known. */
function adapterFor(kind: AdapterKind): Adapter {
  return kind === 'super-resolution' ? { kind, multiple: 8 } : { kind };
}

/** The licence that a model card names in its front matter. */
async function licenceOf(source: string): Promise<string> {
  const card = await readFile(join(source, 'README.md'), 'utf8').catch(() => '');
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1] ?? '';
  return /^license:\s*["']?([\w.-]+)/m.exec(front)?.[1] ?? 'not stated: see the publisher';
}

function toId(name: string): string {
  const id = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return id || 'imported';
}
