import { describe, expect, it } from 'vitest';
import { actionFor, buildDocumentState, type DocumentParts } from '../../../main/app/document-state.ts';
import { describeIntermediates, type Holds } from '../../../main/app/intermediates.ts';
import { Layers } from '../../../main/app/layers.ts';
import { nodesUntil, planRecipe } from '../../../main/pipeline/plan.ts';
import type { NodeOutcome } from '../../../main/pipeline/outcome.ts';
import { parseRecipe, type Recipe } from '../../../main/pipeline/recipe.ts';

const click = { x: 1, y: 1, label: 'include' };
const complete = { segment: { clicks: [click] }, inpaint: { prompt: 'a sofa' } };

/** Outcomes of a plan in which the nodes that `isMade` names are finished. */
function outcomesOf(recipe: Recipe, isMade: (key: string) => boolean): NodeOutcome[] {
  return nodesUntil(planRecipe(recipe)).map((node, index): NodeOutcome => {
    if (!isMade(node.key)) return { node, fingerprint: node.key, status: 'pending' };
    const artifacts = node.outputs.map((name) => ({ name, width: 10, height: 8, sha256: name }));
    const ids = Object.fromEntries(node.outputs.map((name, i) => [name, index * 10 + i]));
    const run = { ms: 5, modelMs: 1, provider: 'cpu', peakRssMb: 1, metrics: {}, artifacts, ids };
    return { node, fingerprint: node.key, status: 'ran', run };
  });
}

function stateOf(recipe: Recipe, outcomes: NodeOutcome[], more: Partial<DocumentParts> = {}) {
  const described = describeIntermediates('/p', outcomes, recipe.edits.length - 1, new Layers(), new Map());
  return buildDocumentState({
    sequence: 1,
    name: 'p.davenport',
    photo: { layer: 'l', name: 'p.jpg', width: 10, height: 8, depth: 8, profile: null, notes: [] },
    recipe,
    isDraft: false,
    edit: 0,
    outcomes,
    described,
    running: null,
    error: null,
    variations: [],
    history: [],
    delivery: null,
    ...more,
  });
}
const states = (recipe: Recipe, outcomes: NodeOutcome[], edit = 0, more = {}) =>
  stateOf(recipe, outcomes, more).stages[edit]!.map(({ state }) => state);

describe('the rail', () => {
  it('says what a new photo lacks, and that depth can be had', () => {
    const recipe = parseRecipe({});
    expect(
      states(
        recipe,
        outcomesOf(recipe, () => false),
      ),
    ).toEqual(['empty', 'stale', 'empty', 'empty', 'empty']);
  });

  it('waits for a replacement after the click', () => {
    const recipe = parseRecipe({ edits: [{ segment: { clicks: [click] } }] });
    expect(
      states(
        recipe,
        outcomesOf(recipe, (key) => key.includes('segment')),
      ),
    ).toEqual(['done', 'stale', 'empty', 'empty', 'empty']);
  });

  it('shows what failed, and what runs in its place when it is tried again', () => {
    const recipe = parseRecipe({ edits: [complete] });
    const outcomes = outcomesOf(recipe, (key) => /segment|depth/.test(key)).map((outcome) =>
      outcome.node.id === 'inpaint.plate' ? { ...outcome, status: 'failed' as const } : outcome,
    );
    expect(states(recipe, outcomes)).toEqual(['done', 'done', 'failed', 'stale', 'stale']);
    const running = {
      stage: 'inpaint',
      edit: 0,
      node: 'inpaint.plate',
      label: null,
      done: 0,
      total: 0,
      preview: null,
    } as const;
    expect(states(recipe, outcomes, 0, { running })[2]).toBe('running');
  });

  it('keeps a later edit waiting for what an earlier one lacks', () => {
    const recipe = parseRecipe({ edits: [{}, complete] });
    const outcomes = outcomesOf(recipe, () => false);
    expect(states(recipe, outcomes, 1)).toEqual(['empty', 'empty', 'empty', 'empty', 'empty']);
    const ready = parseRecipe({ edits: [complete, complete] });
    expect(
      states(
        ready,
        outcomesOf(ready, () => false),
        1,
      ),
    ).toEqual(['stale', 'stale', 'stale', 'stale', 'stale']);
  });

  it('counts only what ran as time', () => {
    const recipe = parseRecipe({ edits: [complete] });
    const outcomes = outcomesOf(recipe, () => true);
    expect(stateOf(recipe, outcomes).stages[0]![1]!.ms).toBe(10);
    const reused = outcomes.map((outcome) => ({ ...outcome, status: 'reused' as const }));
    expect(stateOf(recipe, reused).stages[0]![1]!.ms).toBe(0);
    expect(
      stateOf(
        recipe,
        outcomesOf(recipe, () => false),
      ).stages[0]![1]!.ms,
    ).toBeNull();
  });
});

describe('intermediates', () => {
  it('keep the picture of what is stale, under its old id', () => {
    const recipe = parseRecipe({ edits: [complete] });
    const layers = new Layers();
    const holds: Holds = new Map();
    const describeNow = (isMade: (key: string) => boolean) =>
      describeIntermediates('/p', outcomesOf(recipe, isMade), 0, layers, holds).find(
        ({ intermediate }) => intermediate.key === '0/color.composite/composite',
      )!.intermediate;
    const made = describeNow(() => true);
    const stale = describeNow((key) => !key.includes('color'));
    expect(made).toMatchObject({
      name: '4-composite',
      kind: 'photo',
      status: 'ran',
      width: 10,
      sha256: 'composite',
    });
    expect(stale).toMatchObject({ id: made.id, status: 'pending', width: 10, sha256: null });
  });

  it('show nothing where nothing was ever made, and count the delivery to the last edit', () => {
    const recipe = parseRecipe({ edits: [complete, complete] });
    const described = describeIntermediates(
      '/p',
      outcomesOf(recipe, () => false),
      1,
      new Layers(),
      new Map(),
    );
    const delivered = described.find(({ intermediate }) => intermediate.stage === 'upscale')!.intermediate;
    expect(delivered).toMatchObject({ key: '1/upscale.frame/upscaled', edit: 1, width: null });
    expect(delivered.id).toMatch(/^[\w-]{1,64}$/);
  });
});

describe('actionFor', () => {
  it.each([
    [{ kind: 'machine', message: '', next: '' }, 'inpaint', 'retry'],
    [{ kind: 'machine', message: '', next: '', reason: 'memory' }, 'inpaint', 'low-memory'],
    [{ kind: 'request', message: '', next: '' }, 'segment', 'go-to-segment'],
    [{ kind: 'request', message: '', next: '' }, 'inpaint', 'go-to-inpaint'],
    [{ kind: 'cancelled', message: '', next: '' }, 'inpaint', null],
  ] as const)('%o in %s offers %s', (error, stage, action) => {
    expect(actionFor(error, stage)).toBe(action);
  });
});
