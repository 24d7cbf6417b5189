import { z } from 'zod';
import type { Variation } from '../../preload/contract.ts';
import type { Surroundings } from '../pipeline/fingerprint.ts';
import { planRecipe } from '../pipeline/plan.ts';
import { type Recipe, withStage } from '../pipeline/recipe.ts';
import { inspectPlan } from '../pipeline/runner.ts';
import type { Project } from '../store/project.ts';
import { findSource } from './intermediates.ts';
import type { Layers } from './layers.ts';

/** The project's setting that keeps the seeds in sight, by edit. */
const SETTING = 'variations';
/** Most seeds shown at once. */
const MOST = 16;

const listSchema = z.object({ seeds: z.array(z.int().min(0)), locked: z.array(z.int().min(0)) });
type SeedList = z.infer<typeof listSchema>;
const settingSchema = z.record(z.string(), listSchema);

/** The seeds of every edit that are shown side by side, kept in the project. */
export class VariationLists {
  readonly #project: Project;
  readonly #lists: Record<string, SeedList>;
  /** Pictures found already: they never change. */
  readonly #found = new Map<string, string>();

  constructor(project: Project) {
    this.#project = project;
    const stored = settingSchema.safeParse(project.setting(SETTING));
    this.#lists = stored.success ? stored.data : {};
  }

  /** Puts seeds in place of those that are not locked. */
  roll(edit: number, seeds: readonly number[]): void {
    const { locked } = this.#of(edit);
    this.#keep(edit, { locked, seeds: [...new Set([...locked, ...seeds])].slice(0, MOST) });
  }

  lock(edit: number, seed: number, isLocked: boolean): void {
    const { seeds, locked } = this.#of(edit);
    const others = locked.filter((each) => each !== seed);
    this.#keep(edit, {
      seeds: seeds.includes(seed) ? seeds : [...seeds, seed].slice(-MOST),
      locked: isLocked ? [...others, seed] : others,
    });
  }

  /** The variations of an edit as they stand, the chosen seed among them. */
  describe(recipe: Recipe, edit: number, surroundings: Surroundings, layers: Layers): Variation[] {
    const chosen = recipe.edits[edit]?.inpaint.seed;
    if (chosen === undefined) return [];
    const { seeds, locked } = this.#of(edit);
    const all = seeds.includes(chosen) ? seeds : [chosen, ...seeds];
    return all.map((seed) => {
      const layer = this.#layerOf(withSeed(recipe, edit, seed), edit, surroundings, layers);
      return {
        seed,
        locked: locked.includes(seed),
        chosen: seed === chosen,
        layer,
        status: layer ? 'reused' : 'pending',
      };
    });
  }

  /** The composite of a recipe where it is made already. */
  #layerOf(recipe: Recipe, edit: number, surroundings: Surroundings, layers: Layers): string | null {
    const key = JSON.stringify([recipe.edits, edit]);
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const node = `${edit}/color.composite`;
    const outcomes = inspectPlan(this.#project, planRecipe(recipe), surroundings);
    const byKey = new Map(outcomes.map((outcome) => [outcome.node.key, outcome]));
    const artifact = findSource(byKey, node, 'composite');
    if (!artifact) return null;
    const layer = layers.idOf({ project: this.#project.path, artifact, picture: 'frame' });
    this.#found.set(key, layer);
    return layer;
  }

  #of(edit: number): SeedList {
    return this.#lists[edit] ?? { seeds: [], locked: [] };
  }

  #keep(edit: number, list: SeedList): void {
    this.#lists[edit] = list;
    this.#project.setSetting(SETTING, this.#lists);
  }
}

/** The recipe with another seed for one edit. */
export function withSeed(recipe: Recipe, edit: number, seed: number): Recipe {
  return withStage(recipe, edit, 'inpaint', { seed });
}
