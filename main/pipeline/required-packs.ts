import { adapterOf } from '../inference/adapters/adapter-of.ts';
import { modelOf, type Pack, packIdOf, packOf, STARTER } from '../inference/packs.ts';
import { allNodes, planRecipe } from './plan.ts';
import type { Recipe } from './recipe.ts';

/**
 * Looks whether every pack that a recipe names is installed and serves the stage it is named for.
 * @throws RequestError that says which is not, and what there is
 */
export function requirePacks(recipe: Recipe, packs: readonly Pack[]): void {
  for (const { stage, models } of allNodes(planRecipe(recipe))) {
    for (const model of models) {
      const { manifest } = packOf(packs, packIdOf(model));
      const served = stage === 'color' ? 'inpaint' : stage;
      if (manifest.id !== STARTER && !manifest.diffusion) adapterOf(manifest, served);
      modelOf(packs, model);
    }
  }
}
