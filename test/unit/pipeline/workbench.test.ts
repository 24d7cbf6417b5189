import { describe, expect, it } from 'vitest';
import { findPacks } from '../../../main/inference/packs.ts';
import { fingerprintNodes } from '../../../main/pipeline/fingerprint.ts';
import { nodesUntil, planRecipe } from '../../../main/pipeline/plan.ts';
import { emptyRecipe, withStage } from '../../../main/pipeline/recipe.ts';
import { surroundingsOf } from '../../../main/pipeline/workbench.ts';
import type { Project } from '../../../main/store/project.ts';

describe('surroundingsOf', () => {
  const project = { sourceInfo: () => ({ sha256: 'photo' }) } as unknown as Project;
  const recipe = withStage(emptyRecipe(), 0, 'inpaint', { engine: 'diffuse', pack: 'gone', prompt: 'x' });
  const prints = (packs: ReturnType<typeof findPacks>) =>
    fingerprintNodes(nodesUntil(planRecipe(recipe)), surroundingsOf({ project, packs }));

  it('lets a project open whose recipe names a pack that is not installed any more', () => {
    const known = prints(findPacks());
    expect(known.get('0/inpaint.sample')).toMatch(/^[0-9a-f]{64}$/);
    expect(known.get('0/segment.encode')).not.toBe(prints([]).get('0/segment.encode'));
  });
});
