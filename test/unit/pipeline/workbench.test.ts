import { describe, expect, it } from 'vitest';
import { findPacks } from '../../../main/inference/packs.ts';
import { fingerprintNodes } from '../../../main/pipeline/fingerprint.ts';
import { nodesUntil, planRecipe } from '../../../main/pipeline/plan.ts';
import { emptyRecipe, withStage } from '../../../main/pipeline/recipe.ts';
import { surroundingsOf } from '../../../main/pipeline/workbench.ts';
import type { Project } from '../../../main/store/project.ts';

describe('surroundingsOf', () => {
  const projectWith = (...packs: Record<string, string>[]) =>
    ({
      sourceInfo: () => ({ sha256: 'photo' }),
      listRuns: () => packs.map((used) => ({ packs: used })),
    }) as unknown as Project;
  const recipe = withStage(emptyRecipe(), 0, 'inpaint', { engine: 'diffuse', pack: 'gone', prompt: 'x' });
  const prints = (packs: ReturnType<typeof findPacks>, project = projectWith()) =>
    fingerprintNodes(nodesUntil(planRecipe(recipe)), surroundingsOf({ project, packs }));

  it('lets a project open whose recipe names a pack that is not installed any more', () => {
    const known = prints(findPacks());
    expect(known.get('0/inpaint.sample')).toMatch(/^[0-9a-f]{64}$/);
    expect(known.get('0/segment.encode')).not.toBe(prints([]).get('0/segment.encode'));
  });

  it('goes on counting what that pack made, by the record of the project', () => {
    const installed = surroundingsOf({ project: projectWith(), packs: findPacks() });
    const model = 'starter/scene-encoder';
    const record = { [model]: installed.modelHash(model) };
    const without = surroundingsOf({ project: projectWith({ [model]: 'older' }, record), packs: [] });
    expect(without.modelHash(model)).toBe(installed.modelHash(model));
    expect(without.modelHash('gone/unet')).toBe('missing:gone/unet');
  });

  it('sees a pack that is installed while the project is open', () => {
    const packs: ReturnType<typeof findPacks> = [];
    const { modelHash } = surroundingsOf({ project: projectWith(), packs });
    expect(modelHash('starter/scene-encoder')).toMatch(/^missing:/);
    packs.push(...findPacks());
    expect(modelHash('starter/scene-encoder')).toMatch(/^[0-9a-f]{64}$/);
  });
});
