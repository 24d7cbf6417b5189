import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Engine } from '../engine/supervisor.ts';
import { RequestError } from '../errors.ts';
import { writtenFormat } from '../imaging/image-format.ts';
import type { Pack } from '../inference/packs.ts';
import { recipeFromFile } from '../interop/apply-recipe.ts';
import type { LoadedRecipe } from '../interop/recipe-file.ts';
import { hasSelection } from '../pipeline/completeness.ts';
import { nodesUntil, planRecipe } from '../pipeline/plan.ts';
import type { NodeOutcome, RunEvent } from '../pipeline/outcome.ts';
import { detachRecipe } from '../pipeline/recipe-locks.ts';
import { type Recipe, setParamValue, withStage } from '../pipeline/recipe.ts';
import {
  closeWorkbench,
  currentRecipe,
  deliver,
  openPhoto,
  type PhotoInfo,
  reportOutcomes,
  runRecipe,
  type Workbench,
} from '../pipeline/workbench.ts';
import type { ClickedObject } from './clicks-file.ts';
import { deliverOnce } from './deliver-once.ts';
import { type GateVerdict, judge, seedMayHelp } from './gates.ts';
import type { ItemResult } from './queue.ts';

/** One photo to be edited and delivered. Paths are absolute. */
export interface ItemJob {
  readonly photo: string;
  readonly project: string;
  /** Where the result goes; its ending decides the format. */
  readonly out: string;
  readonly objects: readonly ClickedObject[];
  /** True where a person wants it delivered, whatever the gates say. */
  readonly accepted: boolean;
  /** SHA-256 of an earlier delivery of this item. */
  readonly delivered: string | null;
}

export interface ItemOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

/** How an item ended: delivered, or waiting for somebody to look at it. */
export type ItemEnd =
  | { readonly state: 'done'; readonly result: ItemResult; readonly verdict: GateVerdict }
  | {
      readonly state: 'person';
      readonly stage: string;
      readonly reason: string;
      readonly verdict: GateVerdict | null;
    };

/** What the history calls changes that a batch made; a project whose last change was a person's is left as it is. */
const BATCH_LABEL = 'Batch';

/**
 * Edits one photo by a recipe and delivers it: one project per photo, which is continued where it was begun. A result
 * that the gates doubt is tried with further seeds; the best is kept, and a person is asked where none is accepted.
 * @throws DavenportErrors: a RequestError where the photo or its clicks are to blame
 */
export async function processItem(
  engine: Engine,
  packs: readonly Pack[],
  recipe: LoadedRecipe,
  job: ItemJob,
  options: ItemOptions = {},
): Promise<ItemEnd> {
  const started = performance.now();
  await mkdir(dirname(job.project), { recursive: true });
  const bench = await openPhoto(engine, packs, job.photo, job.project, (current, photo) =>
    decide(current, photo, recipe, job),
  );
  try {
    const counted = countRuns(options);
    const best = await runToGates(bench, recipe, counted.options);
    if (!job.accepted && best.verdict.doubt) {
      const { stage, reason } = best.verdict.doubt;
      return { state: 'person', stage, reason, verdict: best.verdict };
    }
    const outcomes = await runRecipe(bench, best.recipe, counted.options);
    const { quality, metadata } = recipe.file.delivery;
    const delivered = await deliverOnce(job.out, job.delivered, (path) =>
      deliver(bench, outcomes, path, { format: writtenFormat(job.out) ?? 'png', quality, metadata }),
    );
    const frame = outcomes.find(({ node }) => node.id === 'upscale.frame')?.run?.artifacts[0];
    const result: ItemResult = {
      seed: best.recipe.edits.at(-1)?.inpaint.seed ?? 0,
      sha256: delivered.sha256,
      bytes: delivered.bytes,
      width: frame?.width ?? 0,
      height: frame?.height ?? 0,
      ms: Math.round(performance.now() - started),
      ran: counted.ran(),
    };
    return { state: 'done', result, verdict: best.verdict };
  } finally {
    await closeWorkbench(bench);
  }
}

async function decide(current: Recipe, photo: PhotoInfo, loaded: LoadedRecipe, job: ItemJob) {
  const files = loaded.product ? [loaded.product] : [];
  const isEdited = existsSync(job.project) && isPersons(current, loaded, job, photo);
  const recipe = isEdited ? current : recipeFor(loaded, job.objects, photo);
  if (!recipe.edits.every(hasSelection))
    throw new RequestError(
      'Nothing says which object to replace',
      'Click it: what was painted in a project that is gone has to be painted again',
    );
  return { recipe, files, label: `${BATCH_LABEL}: ${loaded.file.name}` };
}

/**
 * True where a person went on with the project in the window: it has a selection that is not this batch's own. Another
 * seed alone is the batch's own doing.
 */
function isPersons(current: Recipe, loaded: LoadedRecipe, job: ItemJob, photo: PhotoInfo): boolean {
  if (!current.edits.some(hasSelection)) return false;
  const own = recipeFor(loaded, job.objects, photo);
  return seedless(current) !== seedless(own);
}

/** A recipe as text, whatever its seeds and whether it is detached from the team's. */
function seedless(recipe: Recipe): string {
  const edits = detachRecipe(recipe).edits.map((edit) => ({
    ...edit,
    inpaint: { ...edit.inpaint, seed: 0 },
  }));
  return JSON.stringify({ ...recipe, edits });
}

/**
 * The whole recipe of one photo: the team's, the clicks, and what is set for this photo alone.
 * @throws RequestError for a click outside the photo or a parameter that the recipe locks
 */
export function recipeFor(loaded: LoadedRecipe, objects: readonly ClickedObject[], photo: PhotoInfo): Recipe {
  let recipe = recipeFromFile(loaded, Math.max(1, objects.length));
  for (const [edit, object] of objects.entries()) {
    const inside = ([x, y]: readonly [number, number]) => x < photo.width && y < photo.height;
    const outside = [...object.clicks, ...object.exclude].find((click) => !inside(click));
    if (outside) {
      throw new RequestError(
        `The click at ${outside.join(',')} lies outside the photo (${photo.width}×${photo.height})`,
        'Correct it in the file of clicks',
      );
    }
    const { box } = object;
    recipe = withStage(recipe, edit, 'segment', {
      clicks: [
        ...object.clicks.map(([x, y]) => ({ x, y, label: 'include' })),
        ...object.exclude.map(([x, y]) => ({ x, y, label: 'exclude' })),
      ],
      box: box ? { x0: box[0], y0: box[1], x1: box[2], y1: box[3] } : null,
    });
    for (const [name, value] of Object.entries(object.set)) {
      if (loaded.file.locked.includes(name))
        throw new RequestError(
          `The recipe locks ${name}`,
          'Leave it out of the file of clicks, or ask the lead',
        );
      recipe = setParamValue(recipe, name, value, edit);
    }
  }
  return recipe;
}

interface Judged {
  readonly recipe: Recipe;
  readonly verdict: GateVerdict;
}

/** Runs to the composite, with further seeds while the gates doubt it and a seed may help; leaves the best chosen. */
async function runToGates(bench: Workbench, { file }: LoadedRecipe, options: ItemOptions): Promise<Judged> {
  const first = currentRecipe(bench);
  let best = await judgeRecipe(bench, first, file, options);
  const seed = first.edits[0]?.inpaint.seed ?? 0;
  const seeds = file.locked.includes('inpaint.seed') ? 1 : file.gates.seeds;
  for (let n = 1; n < seeds && !best.verdict.accepted && seedMayHelp(best.verdict); n++) {
    const tried = await judgeRecipe(bench, withSeed(first, seed + n), file, options);
    if (tried.verdict.score > best.verdict.score || tried.verdict.accepted) best = tried;
  }
  bench.project.commitRecipe(best.recipe, `${BATCH_LABEL}: seed ${best.recipe.edits[0]?.inpaint.seed}`);
  return best;
}

async function judgeRecipe(
  bench: Workbench,
  recipe: Recipe,
  { gates }: LoadedRecipe['file'],
  options: ItemOptions,
): Promise<Judged> {
  const outcomes = await runRecipe(bench, recipe, { ...options, until: 'color' });
  const known = new Map(outcomes.map((outcome) => [outcome.node.key, outcome]));
  const all = nodesUntil(planRecipe(recipe)).flatMap((node): NodeOutcome[] => {
    const outcome = known.get(node.key);
    return outcome ? [outcome] : [];
  });
  return { recipe, verdict: judge(reportOutcomes(bench, recipe, all, null), gates) };
}

function withSeed(recipe: Recipe, seed: number): Recipe {
  return recipe.edits.reduce((changed, _, edit) => withStage(changed, edit, 'inpaint', { seed }), recipe);
}

function countRuns(options: ItemOptions): { options: ItemOptions; ran: () => number } {
  let ran = 0;
  const onEvent = (event: RunEvent) => {
    if (event.kind === 'node-finished' && event.outcome.status === 'ran') ran += 1;
    options.onEvent?.(event);
  };
  return { options: { ...options, onEvent }, ran: () => ran };
}
