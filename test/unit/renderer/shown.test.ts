import { describe, expect, it } from 'vitest';
import type { DocumentState, Intermediate } from '../../../preload/contract.ts';
import { recipeSchema } from '../../../main/pipeline/recipe.ts';
import { decideShown, type ShownView } from '../../../renderer/viewer/shown.ts';

const artifact = (key: string, values: Partial<Intermediate> = {}): Intermediate => ({
  id: `id-${key.replaceAll(/\W/g, '-')}`,
  key,
  name: key,
  stage: 'segment',
  edit: 0,
  kind: 'photo',
  width: 100,
  height: 80,
  status: 'ran',
  ms: 1,
  modelMs: 0,
  provider: null,
  peakRssMb: null,
  metrics: {},
  sha256: null,
  verdict: null,
  ...values,
});

const click = { x: 5, y: 5, label: 'include' as const };

function document(intermediates: readonly Intermediate[], edit = 0, clicks = [click]): DocumentState {
  return {
    name: 'room.davenport',
    photo: { layer: 'photo', name: 'room.jpg', width: 100, height: 80, depth: 8, profile: null, notes: [] },
    recipe: recipeSchema.parse({ edits: [{ segment: { clicks } }, {}] }),
    edit,
    stages: [],
    intermediates,
    running: null,
    error: null,
    variations: [],
    history: [],
    canUndo: false,
    canRedo: false,
    delivery: null,
    sequence: 1,
    saved: true,
  };
}

const view: ShownView = {
  step: 'segment',
  compare: 'none',
  before: false,
  overlay: true,
  depthShown: 'photo',
  picked: [],
};
const layers = (shown: ReturnType<typeof decideShown>) => shown.main.map((spec) => spec.layer);

describe('what the viewer shows', () => {
  const mask = artifact('0/segment.grow/mask', { kind: 'mask' });
  const patch = artifact('0/inpaint.patch/patch');
  const composite = artifact('0/color.composite/composite');

  it('is the photo under the mask’s tint while the object is chosen', () => {
    const shown = decideShown(document([mask]), view);
    expect(layers(shown)).toEqual(['photo']);
    expect(shown.mask).toBe(mask.id);
    expect(decideShown(document([mask]), { ...view, overlay: false }).mask).toBeNull();
  });

  it('is the photo alone once nothing is marked any more', () => {
    const shown = decideShown(document([mask, composite], 0, []), view);
    expect(shown.mask).toBeNull();
    expect(layers(decideShown(document([mask, composite], 0, []), { ...view, step: 'color' }))).toEqual([
      'photo',
    ]);
  });

  it('is what the edit before left, in a second edit', () => {
    expect(layers(decideShown(document([composite], 1), view))).toEqual([composite.id]);
  });

  it('compares the matched frame with the patch as it came', () => {
    const shown = decideShown(document([patch, composite]), { ...view, step: 'color', compare: 'wipe' });
    expect(layers(shown)).toEqual([composite.id]);
    expect(shown.before.map((spec) => spec.layer)).toEqual([patch.id]);
    const held = decideShown(document([patch, composite]), {
      ...view,
      step: 'color',
      compare: 'wipe',
      before: true,
    });
    expect(held.before.map((spec) => spec.layer)).toEqual(['photo']);
  });

  it('keeps a stale picture until the new one is there, and never shows one that was not made', () => {
    const stale = { ...composite, status: 'pending' as const };
    expect(layers(decideShown(document([stale]), { ...view, step: 'color' }))).toEqual([composite.id]);
    const never = { ...stale, width: null, height: null };
    expect(layers(decideShown(document([never]), { ...view, step: 'color' }))).toEqual(['photo']);
  });

  it('puts two picked intermediates side by side, the first at the left', () => {
    const shown = decideShown(document([mask, composite]), { ...view, picked: [mask.key, composite.key] });
    expect(shown.before.map((spec) => spec.layer)).toEqual([mask.id]);
    expect(layers(shown)).toEqual([composite.id]);
    expect(shown.mask).toBeNull();
  });

  it('ignores a picked intermediate that has gone', () => {
    expect(layers(decideShown(document([mask]), { ...view, picked: ['0/no/such'] }))).toEqual(['photo']);
  });
});
