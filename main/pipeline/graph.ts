import type { ModelId } from '../inference/tensor.ts';
import type { JsonObject } from './node.ts';
import type { Recipe } from './recipe.ts';

/** The stages in pipeline order: the order is the product. */
export const stageIds = ['segment', 'depth', 'inpaint', 'color', 'upscale'] as const;
export type StageId = (typeof stageIds)[number];

/** An artifact of a node of the same plan. */
export interface ArtifactRef {
  /** The node's key, see {@link PlannedNode.key}. */
  readonly node: string;
  readonly artifact: string;
}

/** The photo a node works on: the upright source, or what an earlier edit left. */
export type FrameRef =
  | { readonly kind: 'source' }
  | { readonly kind: 'composite'; readonly ref: ArtifactRef };

/** One node of a plan: pure data, decided by the recipe alone. */
export interface PlannedNode {
  /** Unique in the plan: `<edit index>/<node id>`; `delivery/<node id>` for what follows the last edit. */
  readonly key: string;
  /** The node's kind, e.g. `segment.mask`: finds its implementation. */
  readonly id: string;
  readonly stage: StageId;
  /** Raised whenever the implementation's result changes for the same inputs. */
  readonly version: number;
  readonly frame: FrameRef;
  readonly inputs: Readonly<Record<string, ArtifactRef>>;
  /** All parameters the node reads, defaults filled in. */
  readonly params: JsonObject;
  /** The same without those at their default: these enter the fingerprint. */
  readonly identity: JsonObject;
  /** Models it runs: their hashes enter the fingerprint. */
  readonly models: readonly ModelId[];
  /** Pack files it reads, as `<pack>/<path prefix>`: their hashes enter the fingerprint. */
  readonly files: readonly string[];
  /** Blobs kept in the project that it reads (an imported mask, a product picture), by SHA-256. */
  readonly blobs: readonly string[];
  /** Names of the artifacts it writes. */
  readonly outputs: readonly string[];
}

/** A node as its stage describes it; the plan adds key, frame and the resolved references. */
export interface NodeSpec {
  readonly id: string;
  readonly version: number;
  /** Input name → `<node id>/<artifact>` of the same edit. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly params: { readonly params: JsonObject; readonly identity: JsonObject };
  readonly models?: readonly ModelId[];
  readonly files?: readonly string[];
  readonly blobs?: readonly string[];
  readonly outputs: readonly string[];
}

/** What a stage's `plan` sees of an edit. */
export type EditParams = Recipe['edits'][number];

/**
 * Picks the parameters a node reads.
 * @param values the stage's parameters, defaults filled in
 * @param defaults the stage's parameters with nothing set
 */
export function pickParams<T extends object>(
  values: T,
  defaults: T,
  names: readonly (keyof T & string)[],
): NodeSpec['params'] {
  const params: Record<string, unknown> = {};
  const identity: Record<string, unknown> = {};
  for (const name of names) {
    params[name] = values[name];
    if (JSON.stringify(values[name]) !== JSON.stringify(defaults[name])) identity[name] = values[name];
  }
  return { params: params as JsonObject, identity: identity as JsonObject };
}
