import { adapterOf } from '../inference/adapters/adapter-of.ts';
import { modelOf, type Pack, packIdOf, packOf, STARTER } from '../inference/packs.ts';
import { allNodes, planRecipe } from './plan.ts';
import type { Recipe } from './recipe.ts';
import { cannotPaint, requireControls } from './stages/inpaint/require-controls.ts';

/**
 * Looks whether every pack that a recipe names is installed, serves the stage it is named for and has the controls that
 * are asked of it.
 * @throws RequestError that says which is not, and what there is
 */
export function requirePacks(recipe: Recipe, packs: readonly Pack[]): void {
  for (const { inpaint } of recipe.edits) {
    if (inpaint.engine !== 'diffuse' || inpaint.pack === null) continue;
    const { diffusion } = packOf(packs, inpaint.pack).manifest;
    if (!diffusion) throw cannotPaint(inpaint.pack);
    requireControls(inpaint.pack, diffusion, inpaint.controls);
  }
  for (const { stage, models } of allNodes(planRecipe(recipe))) {
    for (const model of models) {
      const { manifest } = packOf(packs, packIdOf(model));
      const served = stage === 'color' ? 'inpaint' : stage;
      if (manifest.id !== STARTER && !manifest.diffusion) adapterOf(manifest, served);
      modelOf(packs, model);
    }
  }
}
