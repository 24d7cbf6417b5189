import { describe, expect, it } from 'vitest';
import { canonicalJson, fingerprintNodes, type Surroundings } from '../../../main/pipeline/fingerprint.ts';
import { nodesUntil, planRecipe } from '../../../main/pipeline/plan.ts';
import { emptyRecipe, parseRecipe, setParam, withStage, type Recipe } from '../../../main/pipeline/recipe.ts';

const around: Surroundings = {
  source: 'photo',
  modelHash: (m) => `hash of ${m}`,
  filesHash: (p) => `files of ${p}`,
};

function prints(recipe: Recipe, surroundings = around): Map<string, string> {
  return fingerprintNodes(nodesUntil(planRecipe(recipe)), surroundings);
}

/** Node ids whose fingerprint differs between two recipes. */
function changed(a: Map<string, string>, b: Map<string, string>): string[] {
  return [...b].filter(([key, print]) => a.get(key) !== print).map(([key]) => key.replace(/^[^/]*\//, ''));
}

describe('planRecipe', () => {
  it('orders nodes so that each follows what it reads', () => {
    const seen = new Set<string>();
    for (const node of nodesUntil(planRecipe(emptyRecipe()))) {
      for (const ref of Object.values(node.inputs)) expect(seen).toContain(ref.node);
      seen.add(node.key);
    }
    expect(seen.size).toBe(13);
  });

  it('stops after the stage asked for', () => {
    const stages = new Set(nodesUntil(planRecipe(emptyRecipe()), 'depth').map((n) => n.stage));
    expect([...stages]).toEqual(['segment', 'depth']);
  });

  it('stops every edit after the stage asked for, but not before what the next edit starts from', () => {
    const plan = planRecipe(parseRecipe({ edits: [{}, {}] }));
    const keys = nodesUntil(plan, 'depth').map((node) => node.key);
    expect(keys.slice(0, 4)).toContain('0/segment.encode');
    expect(keys).toContain('0/color.composite');
    expect(keys).toContain('1/depth.floor');
    expect(keys.filter((key) => /^1\/(inpaint|color)|upscale/.test(key))).toEqual([]);
  });

  it('lets a second edit start from the first one’s composite and delivers the last', () => {
    const plan = planRecipe(parseRecipe({ edits: [{}, {}] }));
    expect(plan.edits[1]?.[0]?.frame).toEqual({
      kind: 'composite',
      ref: { node: '0/color.composite', artifact: 'composite' },
    });
    expect(plan.delivery[0]?.inputs['composite']?.node).toBe('1/color.composite');
  });

  it('refuses diffusion where no pack is installed', () => {
    expect(() => planRecipe(setParam(emptyRecipe(), 'inpaint.engine', 'diffuse'))).toThrow(/diffusion pack/);
  });
});

describe('fingerprintNodes', () => {
  const base = prints(emptyRecipe());

  it('changes only what depends on a colour setting', () => {
    expect(changed(base, prints(setParam(emptyRecipe(), 'color.strength', '0.4')))).toEqual([
      'color.match',
      'color.composite',
      'color.check',
      'upscale.frame',
    ]);
  });

  it('leaves depth alone when a click changes', () => {
    const clicked = withStage(emptyRecipe(), 0, 'segment', { clicks: [{ x: 1, y: 2, label: 'include' }] });
    const stages = changed(base, prints(clicked));
    expect(stages).not.toContain('depth.estimate');
    expect(stages).not.toContain('depth.floor');
    expect(stages).not.toContain('segment.encode');
    expect(stages).toEqual(
      expect.arrayContaining([
        'segment.mask',
        'segment.grow',
        'inpaint.plate',
        'inpaint.place',
        'color.match',
      ]),
    );
  });

  it('runs the patch again for a new seed, and not the mask', () => {
    const stages = changed(base, prints(setParam(emptyRecipe(), 'inpaint.seed', '7')));
    expect(stages).toEqual(expect.arrayContaining(['inpaint.place', 'inpaint.patch', 'color.composite']));
    expect(stages.some((s) => s.startsWith('segment') || s.startsWith('depth'))).toBe(false);
  });

  it('is the same whether a default is written out or left out', () => {
    expect(prints(setParam(emptyRecipe(), 'color.strength', '1'))).toEqual(base);
  });

  it('changes everything with the photo, and a model’s users with the model', () => {
    expect(changed(base, prints(emptyRecipe(), { ...around, source: 'other' }))).toHaveLength(base.size);
    const model = prints(emptyRecipe(), {
      ...around,
      modelHash: (m) => (m.includes('superres') ? 'new' : `hash of ${m}`),
    });
    expect(changed(base, model)).toEqual(['upscale.frame']);
  });
});

describe('canonicalJson', () => {
  it('sorts keys at every depth and drops undefined', () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined, a: null }], a: 'x' })).toBe(
      '{"a":"x","b":[{"a":null,"d":1}]}',
    );
  });
  it('rejects what JSON would turn into null', () => {
    expect(() => canonicalJson({ a: Number.NaN })).toThrow(/finite/);
  });
});
