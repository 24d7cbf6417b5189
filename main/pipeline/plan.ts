import {
  stageIds,
  type ArtifactRef,
  type FrameRef,
  type NodeSpec,
  type PlannedNode,
  type StageId,
} from './graph.ts';
import type { Recipe } from './recipe.ts';
import { planColor } from './stages/color/plan.ts';
import { planDepth } from './stages/depth/plan.ts';
import { planInpaint } from './stages/inpaint/plan.ts';
import { planSegment } from './stages/segment/plan.ts';
import { planUpscale } from './stages/upscale/plan.ts';

/** The plan of a recipe: its nodes in an order in which every node follows what it reads. */
export interface Plan {
  readonly edits: readonly (readonly PlannedNode[])[];
  readonly delivery: readonly PlannedNode[];
}

/** Lays a recipe out as nodes. Pure: reads nothing but the recipe. */
export function planRecipe(recipe: Recipe): Plan {
  const edits: PlannedNode[][] = [];
  let frame: FrameRef = { kind: 'source' };
  for (const [index, edit] of recipe.edits.entries()) {
    const specs = [...planSegment(edit), ...planDepth(edit), ...planInpaint(edit), ...planColor(edit)];
    const nodes = resolve(specs, `${index}`, frame, {});
    edits.push(nodes);
    frame = { kind: 'composite', ref: { node: `${index}/color.composite`, artifact: 'composite' } };
  }
  const last = `${recipe.edits.length - 1}`;
  return {
    edits,
    delivery: resolve(planUpscale(recipe.upscale), 'delivery', frame, {
      'color.composite': `${last}/color.composite`,
    }),
  };
}

/** All nodes of a plan, in running order. */
export function allNodes(plan: Plan): PlannedNode[] {
  return [...plan.edits.flat(), ...plan.delivery];
}

/**
 * The nodes of every edit up to and including a stage, in running order, and whatever these read: an edit starts from
 * the composite of the one before, so that all edits but the last are in it whole.
 */
export function nodesUntil(plan: Plan, until: StageId = 'upscale'): PlannedNode[] {
  const last = stageIds.indexOf(until);
  const nodes = allNodes(plan);
  const keys = withInputs(
    plan,
    nodes.filter((node) => stageIds.indexOf(node.stage) <= last),
  );
  return nodes.filter((node) => keys.has(node.key));
}

/**
 * Keys of the nodes that one stage of one edit needs: those of its stage and of the stages before it, and whatever
 * these read. `upscale` is the delivery, whichever the edit.
 */
export function nodesFor(plan: Plan, edit: number, until: StageId): Set<string> {
  const last = stageIds.indexOf(until);
  const own = (plan.edits[edit] ?? []).filter((node) => stageIds.indexOf(node.stage) <= last);
  return withInputs(plan, [...own, ...(until === 'upscale' ? plan.delivery : [])]);
}

/** Keys of some nodes and of all that they read, directly or not. */
export function withInputs(plan: Plan, nodes: readonly PlannedNode[]): Set<string> {
  const byKey = new Map(allNodes(plan).map((node) => [node.key, node]));
  const keys = new Set<string>();
  const add = (node: PlannedNode | undefined): void => {
    if (!node || keys.has(node.key)) return;
    keys.add(node.key);
    for (const ref of Object.values(node.inputs)) add(byKey.get(ref.node));
    if (node.frame.kind === 'composite') add(byKey.get(node.frame.ref.node));
  };
  for (const node of nodes) add(node);
  return keys;
}

/** Gives specs their keys and resolves `<node>/<artifact>` to nodes of the same edit, or of `outside`. */
function resolve(
  specs: readonly NodeSpec[],
  prefix: string,
  frame: FrameRef,
  outside: Record<string, string>,
): PlannedNode[] {
  const known = new Map(specs.map((spec) => [spec.id, spec]));
  return specs.map((spec) => ({
    key: `${prefix}/${spec.id}`,
    id: spec.id,
    stage: stageOf(spec.id),
    version: spec.version,
    frame,
    inputs: Object.fromEntries(Object.entries(spec.inputs).map(([name, path]) => [name, refer(path)])),
    params: spec.params.params,
    identity: spec.params.identity,
    models: spec.models ?? [],
    files: spec.files ?? [],
    blobs: spec.blobs ?? [],
    outputs: spec.outputs,
  }));

  function refer(path: string): ArtifactRef {
    const slash = path.indexOf('/');
    const node = path.slice(0, slash);
    const artifact = path.slice(slash + 1);
    const elsewhere = outside[node];
    if (elsewhere !== undefined) return { node: elsewhere, artifact };
    if (!known.get(node)?.outputs.includes(artifact))
      throw new TypeError(`Expected a node that writes ${path} but the plan has none`);
    return { node: `${prefix}/${node}`, artifact };
  }
}

function stageOf(id: string): StageId {
  const stage = stageIds.find((s) => id.startsWith(`${s}.`));
  if (!stage) throw new TypeError(`Expected a node id that starts with a stage but received ${id}`);
  return stage;
}
