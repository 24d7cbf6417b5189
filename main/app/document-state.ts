import type {
  Delivery,
  DocumentState,
  ErrorAction,
  ErrorRecord,
  HistoryItem,
  LayerId,
  Running,
  StageState,
  Variation,
} from '../../preload/contract.ts';
import { findGaps } from '../pipeline/completeness.ts';
import { stageIds, type StageId } from '../pipeline/graph.ts';
import type { NodeOutcome } from '../pipeline/outcome.ts';
import type { Recipe } from '../pipeline/recipe.ts';
import { type Described, faceOf } from './intermediates.ts';

/** A failure of the last run, as the document shows it. */
export type DocumentError = NonNullable<DocumentState['error']>;

/** What the state is put together from. */
export interface DocumentParts {
  readonly sequence: number;
  readonly name: string;
  readonly photo: DocumentState['photo'];
  readonly recipe: Recipe;
  readonly isDraft: boolean;
  readonly edit: number;
  /** Of every node of the recipe's plan, in running order. */
  readonly outcomes: readonly NodeOutcome[];
  readonly described: readonly Described[];
  readonly running: Running | null;
  readonly error: DocumentError | null;
  readonly variations: readonly Variation[];
  readonly history: readonly HistoryItem[];
  readonly delivery: Delivery | null;
}

/** Revisions that the window lists. */
const HISTORY_SHOWN = 300;

/** The open project as the window shows it. Pure. */
export function buildDocumentState(parts: DocumentParts): DocumentState {
  const { sequence, name, photo, recipe, edit, running, error, variations, history, delivery } = parts;
  return {
    sequence,
    name,
    photo,
    recipe,
    edit,
    stages: recipe.edits.map((_, index) => stageIds.map((stage) => stageState(parts, index, stage))),
    intermediates: parts.described.map(({ intermediate }) => intermediate),
    running,
    error,
    variations,
    history: history.slice(-HISTORY_SHOWN),
    canUndo: history.some(({ place }) => place === 'undo'),
    canRedo: history.some(({ place }) => place === 'redo'),
    delivery,
    saved: !parts.isDraft,
  };
}

function stageState(parts: DocumentParts, edit: number, stage: StageId): StageState {
  const own = parts.outcomes.filter(
    ({ node }) => node.stage === stage && (stage === 'upscale' || node.key.startsWith(`${edit}/`)),
  );
  const failed = own.find(({ status }) => status === 'failed');
  return {
    stage,
    state: readiness(parts, own, edit, stage),
    ms: sumOfTimes(own),
    error: failed?.error ?? null,
    thumbnail: thumbnailOf(parts, edit, stage),
  };
}

function thumbnailOf({ described, recipe }: DocumentParts, edit: number, stage: StageId): LayerId | null {
  return faceOf(described, stage, stage === 'upscale' ? recipe.edits.length - 1 : edit);
}

function readiness(
  { running, recipe }: DocumentParts,
  own: readonly NodeOutcome[],
  edit: number,
  stage: StageId,
): StageState['state'] {
  if (running?.stage === stage && (stage === 'upscale' || running.edit === edit)) return 'running';
  if (own.some(({ status }) => status === 'failed')) return 'failed';
  if (own.length > 0 && own.every(({ run }) => run !== undefined)) return 'done';
  const before = stage === 'upscale' ? recipe.edits : recipe.edits.slice(0, edit);
  const gaps = recipe.edits.slice(edit, edit + 1).flatMap(findGaps);
  const lacks = before.some((each) => findGaps(each).length > 0) || gaps.some((gap) => concerns(gap, stage));
  return lacks ? 'empty' : 'stale';
}

/** True where a stage cannot run while this is missing. */
function concerns(gap: 'selection' | 'replacement', stage: StageId): boolean {
  if (stage === 'depth') return false;
  return gap === 'selection' || stage !== 'segment';
}

/** What ran just now added up, ms; 0 where all was reused, null where something is missing. */
function sumOfTimes(own: readonly NodeOutcome[]): number | null {
  if (own.length === 0 || own.some(({ run }) => run === undefined)) return null;
  const ran = own.filter(({ status }) => status === 'ran');
  return Math.round(ran.reduce((sum, { run }) => sum + (run?.ms ?? 0), 0));
}

/** What a failure offers to do, by its kind and the stage it came from. */
export function actionFor(error: ErrorRecord, stage: StageId | null): ErrorAction | null {
  if (error.kind === 'cancelled') return null;
  if (error.reason === 'memory') return 'low-memory';
  if (error.kind === 'machine') return stage === null ? null : 'retry';
  if (stage === 'segment') return 'go-to-segment';
  return stage === 'inpaint' ? 'go-to-inpaint' : null;
}
