import { RequestError } from '../errors.ts';
import { detachRecipe, requireUnlocked } from '../pipeline/recipe-locks.ts';
import { type Edit, parseRecipe, type Recipe, recipeSchema, stageParams } from '../pipeline/recipe.ts';
import { type LoadedRecipe, RECIPE_FILE_VERSION, type RecipeFile, recipeFileSchema } from './recipe-file.ts';

/** The recipe for a photo without clicks: one edit per object that will be clicked. @param edits how many */
export function recipeFromFile({ file, product }: LoadedRecipe, edits: number): Recipe {
  const edit = {
    ...file.edit,
    inpaint: { ...file.edit.inpaint, ...(product ? { product: product.sha256 } : {}) },
    team: { name: file.name, locked: file.locked },
  };
  return recipeSchema.parse({ edits: Array.from({ length: edits }, () => edit), upscale: file.upscale });
}

/**
 * Puts a team's recipe in place of one edit's settings, and of the delivery's. What belongs to the photo stays: the
 * selection, a floor that was set by hand, where the piece was moved.
 * @throws RequestError where there is no such edit, or another edit's recipe locks the delivery otherwise
 */
export function applyRecipeFile(recipe: Recipe, edit: number, loaded: LoadedRecipe): Recipe {
  const own = requireEdit(recipe, edit);
  const base = recipeFromFile(loaded, 1);
  const incoming = requireEdit(base, 0);
  const { clicks, box, mask, strokes } = own.segment;
  const next: Edit = {
    ...incoming,
    segment: { ...incoming.segment, clicks, box, mask, strokes },
    depth: { ...incoming.depth, floor: own.depth.floor },
    inpaint: { ...incoming.inpaint, move: own.inpaint.move },
  };
  const edits = recipe.edits.map((each, index) => (index === edit ? next : each));
  const applied = parseRecipe({ ...recipe, edits, upscale: base.upscale });
  requireUnlocked(detachRecipe(recipe, edit), applied);
  return applied;
}

/** What a recipe file says besides the parameters; the gates and the delivery's names are at their default. */
export type RecipeNotes = Partial<Pick<RecipeFile, 'note' | 'author' | 'locked' | 'product'>>;

/** What a project's edit looks like as a team's recipe: parameters at their default are left out. */
export function recipeFileFrom(
  recipe: Recipe,
  edit: number,
  name: string,
  notes: RecipeNotes = {},
): RecipeFile {
  const from = requireEdit(recipe, edit);
  // A control picture lies over one photo, as a mask does; what is drawn from the photo suits any.
  const controls = from.inpaint.controls.filter(({ picture }) => picture === null);
  return recipeFileSchema.parse({
    format: 'davenport-recipe',
    version: RECIPE_FILE_VERSION,
    name,
    edit: {
      segment: changed('segment', from.segment, ['clicks', 'box', 'mask', 'strokes']),
      depth: changed('depth', from.depth, ['floor']),
      inpaint: changed('inpaint', { ...from.inpaint, controls }, ['product', 'move']),
      color: changed('color', from.color, []),
    },
    upscale: changed('upscale', recipe.upscale, []),
    ...notes,
  });
}

function requireEdit(recipe: Recipe, edit: number): Edit {
  const found = recipe.edits[edit];
  if (found) return found;
  throw new RequestError(`The project has no edit ${edit + 1}`, `It has ${recipe.edits.length}`);
}

/** Parameters of a stage that are not at their default. */
function changed(stage: keyof typeof stageParams, values: object, leaveOut: readonly string[]): object {
  const defaults = stageParams[stage].parse({}) as Record<string, unknown>;
  const differs = ([key, value]: [string, unknown]) =>
    !leaveOut.includes(key) && JSON.stringify(value) !== JSON.stringify(defaults[key]);
  return Object.fromEntries(Object.entries(values).filter(differs));
}
