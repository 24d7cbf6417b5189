import type { Intermediate, LayerId, StageState } from '../../preload/contract.ts';
import { listIntermediates, type Picture } from '../pipeline/intermediates.ts';
import type { NodeOutcome } from '../pipeline/outcome.ts';
import type { ArtifactSource } from '../engine/protocol.ts';
import type { Layers } from './layers.ts';

/** Something a node made, as the window names it. */
export interface Hold {
  readonly picture: Picture;
  readonly source: ArtifactSource;
  readonly width: number | null;
  readonly height: number | null;
}

/** What every intermediate last showed, by its key: a stale one still has its old picture. */
export type Holds = Map<string, Hold>;

/** Where an intermediate comes from, by its id: for revealing and reading values. */
export interface Described {
  readonly intermediate: Intermediate;
  readonly hold: Hold | null;
  readonly file: string;
}

const kinds: Readonly<Record<Picture, Intermediate['kind']>> = {
  frame: 'photo',
  srgb: 'photo',
  mask: 'mask',
  unit16: 'depth',
  logits: 'logits',
  gains: 'gains',
  json: 'json',
};

/**
 * Every intermediate of a plan in pipeline order.
 * @param outcomes of all nodes, in running order
 * @param lastEdit index of the edit whose composite is delivered
 */
export function describeIntermediates(
  project: string,
  outcomes: readonly NodeOutcome[],
  lastEdit: number,
  layers: Layers,
  holds: Holds,
): Described[] {
  const byKey = new Map(outcomes.map((outcome) => [outcome.node.key, outcome]));
  return listIntermediates(outcomes.map((outcome) => outcome.node)).flatMap((entry) => {
    const outcome = byKey.get(entry.node);
    if (!outcome) return [];
    const edit = outcome.node.stage === 'upscale' ? lastEdit : Number.parseInt(entry.node, 10);
    const key = `${edit}/${outcome.node.id}/${entry.artifact}`;
    const report = outcome.run?.artifacts.find((artifact) => artifact.name === entry.artifact);
    const source = report ? findSource(byKey, entry.node, entry.artifact) : null;
    if (report && source) {
      holds.set(key, { picture: entry.picture, source, width: report.width, height: report.height });
    }
    const hold = holds.get(key) ?? null;
    const intermediate: Intermediate = {
      id: layerOf(project, key, hold, layers),
      key,
      name: entry.file.replace(/\.\w+$/, ''),
      stage: outcome.node.stage,
      edit,
      kind: entry.artifact === 'object' ? 'object' : kinds[entry.picture],
      width: hold?.width ?? null,
      height: hold?.height ?? null,
      status: outcome.status,
      ms: outcome.run?.ms ?? null,
      modelMs: outcome.run?.modelMs ?? null,
      provider: outcome.run?.provider ?? null,
      peakRssMb: outcome.run?.peakRssMb ?? null,
      metrics: outcome.run?.metrics ?? {},
      sha256: report?.sha256 ?? null,
      verdict: null,
    };
    return [{ intermediate, hold, file: entry.file }];
  });
}

/**
 * Where an artifact's samples are; null where the photo around them is gone (an earlier composite may have been evicted
 * while what was made from it stayed). What is delivered needs no photo around it.
 */
export function findSource(
  byKey: ReadonlyMap<string, NodeOutcome>,
  node: string,
  artifact: string,
): ArtifactSource | null {
  const outcome = byKey.get(node);
  const id = outcome?.run?.ids[artifact];
  if (!outcome || id === undefined) return null;
  const { frame } = outcome.node;
  if (frame.kind === 'source' || outcome.node.stage === 'upscale') return { artifact: id, frame: null };
  const around = findSource(byKey, frame.ref.node, frame.ref.artifact);
  return around && { artifact: id, frame: around };
}

/** An id that shows the artifact; for json and for what was never made, one that shows nothing. */
function layerOf(project: string, key: string, hold: Hold | null, layers: Layers): LayerId {
  if (!hold || hold.picture === 'json') return `none-${Buffer.from(key).toString('base64url')}`.slice(0, 64);
  return layers.idOf({ project, artifact: hold.source, picture: hold.picture });
}

/** What stands for a stage in the rail: `<node>/<artifact>`. */
const faces: Readonly<Record<StageState['stage'], string>> = {
  segment: 'segment.grow/mask',
  depth: 'depth.estimate/depth',
  inpaint: 'inpaint.patch/patch',
  color: 'color.composite/composite',
  upscale: 'upscale.frame/upscaled',
};

/** The picture that stands for a stage; null where there is none yet. */
export function faceOf(
  described: readonly Described[],
  stage: StageState['stage'],
  edit: number,
): LayerId | null {
  const key = `${edit}/${faces[stage]}`;
  const found = described.find(({ intermediate }) => intermediate.key === key);
  return found?.hold ? found.intermediate.id : null;
}
