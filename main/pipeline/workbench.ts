import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Engine } from '../engine/supervisor.ts';
import type { ImportResult } from '../engine/protocol.ts';
import { MachineError, RequestError } from '../errors.ts';
import { filesHash, modelHash, type Pack } from '../inference/packs.ts';
import type { ModelId } from '../inference/tensor.ts';
import { createProject, openProject, type Project } from '../store/project.ts';
import { planEviction } from './artifact-budget.ts';
import type { Surroundings } from './fingerprint.ts';
import type { StageId } from './graph.ts';
import { listIntermediates } from './intermediates.ts';
import { planRecipe } from './plan.ts';
import { emptyRecipe, parseRecipe, type Recipe } from './recipe.ts';
import { buildReport, type RunReport } from './report.ts';
import type { NodeOutcome, RunEvent } from './outcome.ts';
import { inspectPlan, locateArtifact, runPlan } from './runner.ts';

/** The photo's size and nature, as decoded at import. */
export type PhotoInfo = ImportResult['info'];

/** One project open for editing, with the engine that computes for it. */
export interface Workbench {
  readonly project: Project;
  readonly engine: Engine;
  readonly packs: readonly Pack[];
  readonly photo: PhotoInfo;
}

export interface RunOptions {
  readonly until?: StageId;
  readonly nodes?: ReadonlySet<string>;
  readonly pause?: AbortSignal;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

/** How a delivered file is written. */
export interface DeliveryOptions {
  readonly format: 'jpeg' | 'png' | 'tiff' | 'webp';
  /** JPEG and WebP, 1–100. */
  readonly quality?: number;
  /** The photo's own profile, or converted to sRGB; the photo's where it is not given. */
  readonly profile?: 'photo' | 'srgb';
  /** Carries the photo's EXIF and XMP over; it does where it is not given. */
  readonly metadata?: boolean;
}

/** The setting that keeps {@link PhotoInfo}. */
const PHOTO_SETTING = 'photo';

/** A change to a recipe, with the files it names. */
export interface Change {
  readonly recipe: Recipe;
  /** Files to keep in the project: an imported mask, a product picture. */
  readonly files: readonly NamedFile[];
  /** What the history calls it. */
  readonly label: string;
}

/** A file read from disk, with its SHA-256. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** Decides on a change from the recipe as it stands; throws a RequestError for a wrong one. */
export type Decide = (current: Recipe, photo: PhotoInfo, packs: readonly Pack[]) => Promise<Change>;

/**
 * Starts a project from a photo, or continues one that holds the same photo, and applies a change. The photo is
 * decoded and the change decided before anything is written, so a wrong request leaves no trace.
 * @throws RequestError for a bad photo, a wrong change, or a project that holds another photo
 */
export async function openPhoto(
  engine: Engine,
  packs: readonly Pack[],
  photo: string,
  projectPath: string,
  decide: Decide,
): Promise<Workbench> {
  const { info } = await engine.importPhoto({ path: photo });
  const isNew = !existsSync(projectPath) || statSync(projectPath).size === 0;
  const change = isNew ? await decide(emptyRecipe(), info, packs) : null;
  const project = isNew ? createProject(projectPath) : openProject(projectPath, { write: true });
  const bench: Workbench = { project, engine, packs, photo: info };
  try {
    await engine.importPhoto({ path: photo, project: projectPath });
    project.setSetting(PHOTO_SETTING, info);
    applyChange(bench, change ?? (await decide(currentRecipe(bench), info, packs)));
    return bench;
  } catch (error) {
    await closeWorkbench(bench);
    if (isNew) await rm(projectPath, { force: true });
    throw error;
  }
}

/**
 * Opens a project for editing and applies a change where one is given.
 * @throws RequestError where it holds no photo yet or the change is wrong, and what openProject throws
 */
export async function openExisting(
  engine: Engine,
  packs: readonly Pack[],
  projectPath: string,
  decide?: Decide,
): Promise<Workbench> {
  const project = openProject(projectPath, { write: true });
  try {
    const photo = project.setting(PHOTO_SETTING) as PhotoInfo | undefined;
    if (!photo || !project.sourceInfo()) {
      throw new RequestError(
        `${basename(projectPath)} holds no photo yet`,
        'Start it with: davenport run <photo> --project <file>',
      );
    }
    const bench: Workbench = { project, engine, packs, photo };
    if (decide) applyChange(bench, await decide(currentRecipe(bench), photo, packs));
    return bench;
  } catch (error) {
    project.close();
    throw error;
  }
}

function applyChange(bench: Workbench, { recipe, files, label }: Change): void {
  for (const { bytes, name, sha256 } of files) bench.project.keepFile(bytes, name, sha256);
  bench.project.commitRecipe(recipe, label);
}

/** Closes the project everywhere, so that it is one file again and within its budget. The engine stays. */
export async function closeWorkbench(bench: Workbench): Promise<void> {
  const { engine, project } = bench;
  const eviction = project.sourceInfo() ? planEviction(project, surroundingsOf(bench)) : null;
  // Whoever closes last writes the log back into the file: pixels may take its time, this process may not.
  project.close();
  await engine.closeProject(eviction ?? undefined);
}

/** The recipe as it stands. */
export function currentRecipe({ project }: Workbench): Recipe {
  const head = project.recipe();
  return head ? parseRecipe(head.recipe) : emptyRecipe();
}

/** Reads a file that a recipe is to name. @throws RequestError where it cannot be read or is empty */
export async function readNamedFile(path: string): Promise<NamedFile> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new RequestError(`${path} cannot be read`, 'Check the path and its permissions', { cause: error });
  });
  if (bytes.length === 0) throw new RequestError(`${path} is empty`, 'Choose a picture file');
  return { name: basename(path), bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/**
 * Hashes of what lies outside the recipe. What a pack made that is not installed any more still counts as made: its
 * hash is taken from the project's own record. Where there is none the nodes count as stale, and say what is missing
 * when they are to run, but the project opens.
 */
export function surroundingsOf({ project, packs }: Pick<Workbench, 'project' | 'packs'>): Surroundings {
  const source = project.sourceInfo();
  if (!source) throw new MachineError('The project holds no photo', 'Start it again from the photo');
  let recorded: ReadonlyMap<string, string> | undefined;
  const instead = (name: string) => {
    recorded ??= recordedHashes(project);
    return recorded.get(name) ?? `missing:${name}`;
  };
  return {
    source: source.sha256,
    modelHash: rememberFound((model) => modelHash(packs, model as ModelId), instead),
    filesHash: rememberFound((prefix) => filesHash(packs, prefix), instead),
  };
}

/** Hashes that were found stay; what is missing may be installed while a project is open. */
function rememberFound(find: (name: string) => string, instead: (name: string) => string) {
  const known = new Map<string, string>();
  return (name: string): string => {
    try {
      const hash = known.get(name) ?? find(name);
      known.set(name, hash);
      return hash;
    } catch (error) {
      if (error instanceof RequestError) return instead(name);
      throw error;
    }
  };
}

/** Hashes of models and files by name, as the newest run that used them says. */
function recordedHashes(project: Pick<Project, 'listRuns'>): Map<string, string> {
  return new Map(project.listRuns().flatMap(({ packs }) => Object.entries(packs as Record<string, string>)));
}

/** What a recipe's nodes say of themselves, nothing run. */
export function inspect(bench: Pick<Workbench, 'project' | 'packs'>, recipe: Recipe): NodeOutcome[] {
  return inspectPlan(bench.project, planRecipe(recipe), surroundingsOf(bench));
}

/**
 * Brings the project up to date with its recipe.
 * @throws the failure of the first node that failed; every node before it is kept
 */
export async function runRecipe(
  bench: Workbench,
  recipe: Recipe,
  options: RunOptions = {},
): Promise<NodeOutcome[]> {
  const { project, engine } = bench;
  const { outcomes, failure } = await runPlan({
    project,
    engine,
    plan: planRecipe(recipe),
    surroundings: surroundingsOf(bench),
    ...options,
  });
  if (failure) throw failure;
  project.touchRuns(outcomes.map((outcome) => outcome.fingerprint));
  return [...outcomes];
}

/** Writes the delivered frame to a file, atomically. */
export async function deliver(
  bench: Workbench,
  outcomes: readonly NodeOutcome[],
  out: string,
  { format, quality, profile = 'photo', metadata = true }: DeliveryOptions,
): Promise<void> {
  const recipe = currentRecipe(bench);
  await bench.engine.exportArtifact({
    project: bench.project.path,
    source: locateArtifact(byKey(outcomes), { node: 'delivery/upscale.frame', artifact: 'upscaled' }),
    path: out,
    picture: 'frame',
    format,
    ...(quality === undefined ? {} : { quality }),
    profile,
    dpi: recipe.upscale.print?.dpi ?? null,
    metadata,
  });
}

/** Writes every saved hand-off that exists as a numbered picture; gives the files' paths. */
export async function saveIntermediates(
  bench: Workbench,
  outcomes: readonly NodeOutcome[],
  folder: string,
  signal?: AbortSignal,
): Promise<string[]> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new RequestError(`The folder ${folder} cannot be made`, 'Choose a folder that you may write to', {
      cause: error,
    });
  });
  const finished = byKey(outcomes);
  const written: string[] = [];
  for (const { file, node, artifact, picture, windowOnly } of listIntermediates(
    outcomes.map((o) => o.node),
  )) {
    if (!finished.get(node)?.run) continue;
    signal?.throwIfAborted();
    const path = join(folder, file);
    const source = locateArtifact(finished, { node, artifact });
    await bench.engine.exportArtifact({ project: bench.project.path, source, path, picture, windowOnly });
    written.push(path);
  }
  return written;
}

/** The report of outcomes that cover the recipe's whole plan. */
export function reportOutcomes(
  bench: Pick<Workbench, 'project' | 'photo'>,
  recipe: Recipe,
  outcomes: readonly NodeOutcome[],
  out: string | null,
): RunReport {
  const finished = byKey(outcomes);
  const plan = planRecipe(recipe);
  const pick = (keys: readonly { readonly key: string }[]) =>
    keys.flatMap(({ key }) => finished.get(key) ?? []);
  return buildReport({
    project: bench.project.path,
    out,
    photo: bench.photo,
    edits: plan.edits.map(pick),
    delivery: pick(plan.delivery),
  });
}

/** True where the delivered frame exists. */
export function isDelivered(outcomes: readonly NodeOutcome[]): boolean {
  return outcomes.some((outcome) => outcome.node.id === 'upscale.frame' && outcome.run !== undefined);
}

function byKey(outcomes: readonly NodeOutcome[]): Map<string, NodeOutcome> {
  return new Map(outcomes.map((outcome) => [outcome.node.key, outcome]));
}
