import { z } from 'zod';
import { RequestError } from '../errors.ts';
import { colorParams } from './stages/color/params.ts';
import { depthParams } from './stages/depth/params.ts';
import { inpaintParams } from './stages/inpaint/params.ts';
import { segmentParams } from './stages/segment/params.ts';
import { upscaleParams } from './stages/upscale/params.ts';

/** The parameters of each stage; the key is the stage's id. */
export const stageParams = {
  segment: segmentParams,
  depth: depthParams,
  inpaint: inpaintParams,
  color: colorParams,
  upscale: upscaleParams,
} as const;

/** The team's recipe that an edit follows: what it locks may not be changed before it is detached. */
const teamSchema = z.strictObject({
  name: z.string().min(1).max(120),
  /** As `stage.param`. */
  locked: z.array(z.string().regex(/^[a-z]+\.[A-Za-z]+$/)),
});
export type TeamRecipe = z.infer<typeof teamSchema>;

const editSchema = z.strictObject({
  segment: segmentParams.prefault({}),
  depth: depthParams.prefault({}),
  inpaint: inpaintParams.prefault({}),
  color: colorParams.prefault({}),
  team: teamSchema.exactOptional(),
});

/** Everything that decides a result besides the photo: one entry per edit, in order, and the delivery. */
export const recipeSchema = z.strictObject({
  version: z.literal(1).default(1),
  edits: z.array(editSchema).min(1).prefault([{}]),
  upscale: upscaleParams.prefault({}),
});
export type Recipe = z.infer<typeof recipeSchema>;
export type Edit = Recipe['edits'][number];

/** A recipe with every parameter at its default and one edit. */
export function emptyRecipe(): Recipe {
  return recipeSchema.parse({});
}

/**
 * Reads a stored or imported recipe.
 * @throws RequestError naming the first parameter that is unknown or of the wrong type.
 */
export function parseRecipe(value: unknown): Recipe {
  const parsed = recipeSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RequestError(
    `The recipe is not valid: ${describeIssue(parsed.error)}`,
    'Correct the parameter that is named and try again',
  );
}

/**
 * Sets one parameter from text, as `--set color.strength=0.4` does. The text is read as JSON where the parameter
 * is no string (`inpaint.move={"x":4,"y":0}`), a bare word otherwise.
 * @param edit index of the edit it belongs to (ignored for `upscale`)
 * @throws RequestError for an unknown stage or parameter or a value of the wrong type.
 */
export function setParam(recipe: Recipe, name: string, text: string, edit = 0): Recipe {
  return setChecked(recipe, name, edit, `"${text}"`, (schema) => parseText(schema, text));
}

/** {@link setParam} with a value in place of text. */
export function setParamValue(recipe: Recipe, name: string, value: unknown, edit = 0): Recipe {
  return setChecked(recipe, name, edit, JSON.stringify(value), (schema) => schema.safeParse(value));
}

function setChecked(
  recipe: Recipe,
  name: string,
  edit: number,
  shown: string,
  parse: (schema: z.ZodType) => z.ZodSafeParseResult<unknown>,
): Recipe {
  const [stage, param, ...rest] = name.split('.');
  if (!stage || !isStage(stage)) {
    throw new RequestError(
      `Unknown stage "${stage}" in "${name}"`,
      `The stages are ${Object.keys(stageParams).join(', ')}`,
    );
  }
  const shape: Record<string, z.ZodType> = stageParams[stage].shape;
  const schema = param === undefined ? undefined : shape[param];
  if (!param || !schema || rest.length > 0) {
    throw new RequestError(
      `Unknown parameter "${name}"`,
      `The parameters of ${stage} are ${Object.keys(shape).join(', ')}`,
    );
  }
  const parsed = parse(schema);
  if (!parsed.success) {
    throw new RequestError(
      `${name} cannot be ${shown}: ${describeIssue(parsed.error)}`,
      `Give ${name} a value of the right kind`,
    );
  }
  return withStage(recipe, edit, stage, { [param]: parsed.data });
}

/** A recipe with some parameters of one stage replaced. */
export function withStage(
  recipe: Recipe,
  edit: number,
  stage: keyof typeof stageParams,
  values: Record<string, unknown>,
): Recipe {
  if (stage === 'upscale') return parseRecipe({ ...recipe, upscale: { ...recipe.upscale, ...values } });
  return parseRecipe({
    ...recipe,
    edits: recipe.edits.map((e, i) => (i === edit ? { ...e, [stage]: { ...e[stage], ...values } } : e)),
  });
}

function isStage(name: string): name is keyof typeof stageParams {
  return Object.hasOwn(stageParams, name);
}

/** A bare word first, so that a prompt of digits stays a string; then JSON. */
function parseText(schema: z.ZodType, text: string): z.ZodSafeParseResult<unknown> {
  const asText = schema.safeParse(text);
  if (asText.success) return asText;
  try {
    return schema.safeParse(JSON.parse(text));
  } catch {
    return asText;
  }
}

function describeIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'it does not fit';
  const where = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  return `${where}${issue.message.replace(/^Invalid input: /, '')}`;
}
