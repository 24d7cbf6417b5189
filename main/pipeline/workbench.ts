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
import type { Surroundings } from './fingerprint.ts';
import type { StageId } from './graph.ts';
import { listIntermediates } from './intermediates.ts';
import { nodesUntil, planRecipe } from './plan.ts';
import { emptyRecipe, parseRecipe, type Recipe } from './recipe.ts';
import { buildReport, type RunReport } from './report.ts';
import { inspectPlan, locateArtifact, type NodeOutcome, type RunEvent, runPlan } from './runner.ts';

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
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

/** How a delivered file is written. */
export interface DeliveryOptions {
  readonly format: 'jpeg' | 'png' | 'tiff' | 'webp';
}

/** The setting that keeps {@link PhotoInfo}. */
const PHOTO_SETTING = 'photo';

/**
 * Starts a project from a photo, or continues one that holds the same photo. The photo is decoded before anything
 * is written, so a bad one leaves no trace.
 * @throws RequestError for a bad photo, or a project that holds another one
 */
export async function openPhoto(
  engine: Engine,
  packs: readonly Pack[],
  photo: string,
  projectPath: string,
): Promise<Workbench> {
  const { info } = await engine.importPhoto({ path: photo });
  const isNew = !existsSync(projectPath) || statSync(projectPath).size === 0;
  const project = isNew ? createProject(projectPath) : openProject(projectPath, { write: true });
  try {
    await engine.importPhoto({ path: photo, project: projectPath });
    project.setSetting(PHOTO_SETTING, info);
    if (!project.recipe()) project.commitRecipe(emptyRecipe(), 'New project');
    return { project, engine, packs, photo: info };
  } catch (error) {
    await engine.closeProject();
    project.close();
    if (isNew) await rm(projectPath, { force: true });
    throw error;
  }
}

/** Opens a project for editing. @throws RequestError where it holds no photo yet, and what openProject throws */
export function openExisting(engine: Engine, packs: readonly Pack[], projectPath: string): Workbench {
  const project = openProject(projectPath, { write: true });
  const photo = project.setting(PHOTO_SETTING) as PhotoInfo | undefined;
  if (photo && project.sourceInfo()) return { project, engine, packs, photo };
  project.close();
  throw new RequestError(
    `${basename(projectPath)} holds no photo yet`,
    'Start it with: davenport run <photo> --project <file>',
  );
}

/** Closes the project everywhere, so that it is one file again. The engine stays. */
export async function closeWorkbench({ engine, project }: Workbench): Promise<void> {
  await engine.closeProject();
  project.close();
}

/** The recipe as it stands. */
export function currentRecipe({ project }: Workbench): Recipe {
  const head = project.recipe();
  return head ? parseRecipe(head.recipe) : emptyRecipe();
}

/** Keeps a file (an imported mask, a product picture) in the project; gives its SHA-256. */
export async function keepFile({ project }: Workbench, path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new RequestError(`${path} cannot be read`, 'Check the path and its permissions', { cause: error });
  });
  if (bytes.length === 0) throw new RequestError(`${path} is empty`, 'Choose a picture file');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  project.keepFile(bytes, basename(path), sha256);
  return sha256;
}

/** Hashes of what lies outside the recipe. */
export function surroundingsOf({ project, packs }: Pick<Workbench, 'project' | 'packs'>): Surroundings {
  const source = project.sourceInfo();
  if (!source) throw new MachineError('The project holds no photo', 'Start it again from the photo');
  return {
    source: source.sha256,
    modelHash: (model) => modelHash(packs, model as ModelId),
    filesHash: (prefix) => filesHash(packs, prefix),
  };
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

/** Writes the delivered frame to a file, atomically, in the photo's own profile. */
export async function deliver(
  bench: Workbench,
  outcomes: readonly NodeOutcome[],
  out: string,
  { format }: DeliveryOptions,
): Promise<void> {
  const recipe = currentRecipe(bench);
  await bench.engine.exportArtifact({
    project: bench.project.path,
    source: locateArtifact(byKey(outcomes), { node: 'delivery/upscale.frame', artifact: 'upscaled' }),
    path: out,
    picture: 'frame',
    format,
    dpi: recipe.upscale.print?.dpi ?? null,
    metadata: true,
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
  bench: Pick<Workbench, 'project'>,
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
    edits: plan.edits.map(pick),
    delivery: pick(plan.delivery),
  });
}

/** True where the delivered frame exists. */
export function isDelivered(outcomes: readonly NodeOutcome[]): boolean {
  return outcomes.some((outcome) => outcome.node.id === 'upscale.frame' && outcome.run !== undefined);
}

/** How many nodes a recipe has up to a stage. */
export function countNodes(recipe: Recipe, until?: StageId): number {
  return nodesUntil(planRecipe(recipe), until).length;
}

function byKey(outcomes: readonly NodeOutcome[]): Map<string, NodeOutcome> {
  return new Map(outcomes.map((outcome) => [outcome.node.key, outcome]));
}
