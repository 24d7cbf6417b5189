import type { DraftPicture, DraftRequest } from '../engine/protocol.ts';
import { RequestError } from '../errors.ts';
import type { NodeOutcome } from './outcome.ts';
import { planRecipe } from './plan.ts';
import type { Recipe } from './recipe.ts';
import { inspectPlan, locateArtifact, locateFrame } from './runner.ts';
import { surroundingsOf, type Workbench } from './workbench.ts';

const STEPS = ['color.match', 'color.alpha', 'color.composite'];

/**
 * How an edit's composite would look under other color settings, while they are still being chosen: the color nodes
 * run over halved copies (see [Note: Drafts]) and nothing of it is kept. Nodes that are finished are not run.
 * @param recipe as it would be; need not be committed
 * @param level how often to halve: 0 is the photo's own size
 * @returns null where the stages before color are not finished
 * @throws RequestError where there is no such edit
 */
export async function draftColor(
  bench: Workbench,
  recipe: Recipe,
  edit: number,
  level: number,
  options: { readonly signal?: AbortSignal } = {},
): Promise<DraftPicture | null> {
  const plan = planRecipe(recipe);
  const nodes = (plan.edits[edit] ?? []).filter((node) => STEPS.includes(node.id));
  if (nodes.length < STEPS.length)
    throw new RequestError(`There is no edit ${edit + 1}`, `Use 1 to ${recipe.edits.length}`);
  const { project, engine } = bench;
  const known = new Map<string, NodeOutcome>();
  for (const outcome of inspectPlan(project, plan, surroundingsOf(bench)))
    known.set(outcome.node.key, outcome);
  const own = new Map(nodes.map((node) => [node.key, node.id]));
  const isFinished = (key: string) => known.get(key)?.run !== undefined;
  const isRun = (key: string) => own.get(key) === 'color.composite' || !isFinished(key);
  const steps: DraftRequest['steps'] = [];
  for (const node of nodes) {
    if (!isRun(node.key)) continue;
    const inputs: DraftRequest['steps'][number]['inputs'] = {};
    for (const [name, ref] of Object.entries(node.inputs)) {
      const id = own.get(ref.node);
      if (id !== undefined && isRun(ref.node)) inputs[name] = `${id}/${ref.artifact}`;
      else if (isFinished(ref.node)) inputs[name] = locateArtifact(known, ref);
      else return null;
    }
    steps.push({ node: node.id, params: node.params, inputs });
  }
  const frame = nodes[0]!.frame;
  if (frame.kind !== 'source' && !isFinished(frame.ref.node)) return null;
  const show = 'color.composite/composite';
  return engine.draft(
    { project: project.path, frame: locateFrame(known, frame), steps, show, level },
    options,
  );
}
