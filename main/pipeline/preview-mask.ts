import type { MaskPreview } from '../engine/protocol.ts';
import { RequestError } from '../errors.ts';
import { planRecipe } from './plan.ts';
import type { Recipe } from './recipe.ts';
import { locateArtifact, locateFrame, runPlan } from './runner.ts';
import { surroundingsOf, type Workbench } from './workbench.ts';

/**
 * The coarse masks that an edit's clicks may mean, while they are still being made: nothing of it is kept. What the
 * encoding of the photo lacks is run first and kept (for a second edit, all of the first).
 * @param recipe as it would be with the clicks; need not be committed
 * @param withOthers whether the other masks that they may mean are wanted beside the likely one
 * @throws the failure of the node that failed; RequestError where nothing is found or there is no such edit
 */
export async function previewMask(
  bench: Workbench,
  recipe: Recipe,
  edit: number,
  withOthers: boolean,
  options: { readonly signal?: AbortSignal } = {},
): Promise<MaskPreview> {
  const plan = planRecipe(recipe);
  const key = `${edit}/segment.encode`;
  const encode = plan.edits[edit]?.find((node) => node.key === key);
  const segment = recipe.edits[edit]?.segment;
  if (!encode || !segment)
    throw new RequestError(`There is no edit ${edit + 1}`, `Use 1 to ${recipe.edits.length}`);
  const { project, engine } = bench;
  const { outcomes, failure } = await runPlan({
    project,
    engine,
    plan: { edits: [...plan.edits.slice(0, edit), [encode]], delivery: [] },
    surroundings: surroundingsOf(bench),
    ...options,
  });
  if (failure) throw failure;
  const finished = new Map(outcomes.map((outcome) => [outcome.node.key, outcome]));
  const encoded = (artifact: string) => locateArtifact(finished, { node: key, artifact });
  const { clicks, box, proposal } = segment;
  return engine.previewMask(
    {
      project: project.path,
      frame: locateFrame(finished, encode.frame),
      encoded: {
        features: encoded('features'),
        featuresLow: encoded('features_low'),
        layout: encoded('layout'),
      },
      clicks: clicks.map((click) => ({ ...click })),
      box,
      proposal,
      withOthers,
    },
    options,
  );
}
