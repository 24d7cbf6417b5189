import { describe, expect, it, vi } from 'vitest';

vi.stubGlobal('window', { davenport: {} });
const { mergeInto } = await import('../../../renderer/state/params.ts');

const change = (stage: 'color' | 'segment', values: object, commit: boolean, edit = 0) => ({
  edit,
  stage,
  values: { ...values },
  label: 'Strength',
  commit,
});

describe('changes that wait for the main process', () => {
  it('lets a newer draft take the place of one nobody has seen', () => {
    const queue = mergeInto(
      [change('color', { strength: 0.4 }, false)],
      change('color', { strength: 0.5 }, false),
    );
    expect(queue).toEqual([change('color', { strength: 0.5 }, false)]);
  });

  it('turns a waiting draft into the commit that follows it, keeping its other values', () => {
    const queue = mergeInto(
      [change('color', { feather: 8 }, false)],
      change('color', { strength: 0.5 }, true),
    );
    expect(queue).toEqual([change('color', { feather: 8, strength: 0.5 }, true)]);
  });

  it('never merges into a commit, another stage or another edit', () => {
    for (const waiting of [
      change('color', {}, true),
      change('segment', {}, false),
      change('color', {}, false, 1),
    ]) {
      expect(mergeInto([waiting], change('color', { strength: 1 }, false))).toHaveLength(2);
    }
  });
});

describe('a coarse answer to a click', async () => {
  const { isRefined } = await import('../../../renderer/steps/segment/coarse.ts');
  const click = { x: 700, y: 400, label: 'include' } as const;
  const other = { ...click, x: 720 };
  const document = (clicks: object[], state: string) =>
    ({
      edit: 0,
      recipe: { edits: [{ segment: { clicks } }] },
      stages: [[{ stage: 'segment', state }]],
    }) as never;

  it('is not wanted any more once the mask of the same clicks is refined', () => {
    expect(isRefined(document([click, other], 'done'), [click, other])).toBe(true);
  });

  it('is wanted while the run has not ended, or not even begun', () => {
    expect(isRefined(document([click, other], 'running'), [click, other])).toBe(false);
    expect(isRefined(document([click, other], 'stale'), [click, other])).toBe(false);
  });

  it('is wanted while the mask in the project is that of earlier clicks', () => {
    expect(isRefined(document([click], 'done'), [click, other])).toBe(false);
    expect(isRefined(document([click, click], 'done'), [click, other])).toBe(false);
    expect(isRefined(document([click, { ...click, label: 'exclude' }], 'done'), [click, click])).toBe(false);
  });
});

describe('going round the proposals', async () => {
  const { followingProposal } = await import('../../../renderer/steps/segment/found.ts');
  const one = (index: number) => ({ index, kind: 'object' as const, quality: 0.9, area: 0.1, url: '' });
  const found = { proposals: [one(0), one(2)], chosen: 0 };

  it('takes each that was found by its number, then automatic again', () => {
    expect(followingProposal(found, 'auto')).toBe(0);
    expect(followingProposal(found, 0)).toBe(2);
    expect(followingProposal(found, 2)).toBe('auto');
  });
});
