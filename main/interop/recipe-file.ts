import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { RequestError } from '../errors.ts';
import { stageParams } from '../pipeline/recipe.ts';
import { type NamedFile, readNamedFile } from '../pipeline/workbench.ts';

/** The newest version of the format that this program reads and writes. */
export const RECIPE_FILE_VERSION = 1;

const share = z.number().min(0).max(1);

/** When a result is good enough to be delivered unseen. */
export const gatesSchema = z.strictObject({
  /** Least predicted IoU and stability of the mask; below, a person looks at it. */
  minConfidence: share.default(0.35),
  minStability: share.default(0.3),
  /** Largest drift left on the known rim, ΔE. */
  maxDrift: z.number().min(0).default(3),
  /** Largest step across the edit's border, as a multiple of what is beside it. */
  maxSeam: z.number().min(0).default(2.5),
  /** Seeds tried before a person is asked; the best is kept. */
  seeds: z.int().min(1).max(16).default(3),
});
export type Gates = z.infer<typeof gatesSchema>;

/** How delivered files are named and written. */
export const deliverySchema = z.strictObject({
  /** `{stem}` and `{name}` (with its ending) are filled in; folders are kept. */
  name: z
    .string()
    .min(1)
    .max(200)
    .refine((name) => !/[/\\:*?"<>|]/.test(name), 'a file name holds none of / \\ : * ? " < > |')
    .default('{stem}-edited'),
  format: z.enum(['source', 'jpeg', 'png', 'tiff', 'webp']).default('source'),
  quality: z.int().min(1).max(100).default(95),
  /** Carries EXIF and XMP over. */
  metadata: z.boolean().default(true),
});
export type DeliveryRules = z.infer<typeof deliverySchema>;

const { segment, depth, inpaint, color, upscale } = stageParams;

type Optional<T extends z.ZodType> = z.ZodOptional<
  T extends z.ZodDefault<infer Inner extends z.ZodType> ? Inner : T
>;

/** The same parameters, none of them required and none filled in: a recipe holds what was chosen. */
function chosen<S extends Record<string, z.ZodType>>(schema: z.ZodObject<S>) {
  const entries = Object.entries(schema.shape).map(([name, type]) => [
    name,
    (type instanceof z.ZodDefault ? (type.unwrap() as z.ZodType) : type).optional(),
  ]);
  return z.strictObject(Object.fromEntries(entries) as { [K in keyof S]: Optional<S[K]> });
}

/** A team's recipe: everything of an edit but what belongs to one photo alone (clicks, strokes, a mask). */
export const recipeFileSchema = z.strictObject({
  format: z.literal('davenport-recipe'),
  version: z.literal(RECIPE_FILE_VERSION),
  name: z.string().min(1).max(120),
  note: z.string().max(2000).default(''),
  author: z.string().max(120).default(''),
  edit: z
    .strictObject({
      segment: chosen(segment.omit({ clicks: true, box: true, mask: true, strokes: true })).prefault({}),
      depth: chosen(depth.omit({ floor: true })).prefault({}),
      inpaint: chosen(inpaint.omit({ product: true, move: true })).prefault({}),
      color: chosen(color).prefault({}),
    })
    .prefault({}),
  upscale: chosen(upscale).prefault({}),
  /** A product picture beside the recipe's file. */
  product: z.string().min(1).nullable().default(null),
  /** Parameters that may not be changed for one photo, as `stage.param`; all others are open. */
  locked: z.array(z.string().regex(/^[a-z]+\.[A-Za-z]+$/)).default([]),
  gates: gatesSchema.prefault({}),
  delivery: deliverySchema.prefault({}),
});
export type RecipeFile = z.infer<typeof recipeFileSchema>;

/** A recipe file that was read, with the product picture it names. */
export interface LoadedRecipe {
  readonly file: RecipeFile;
  readonly product: NamedFile | null;
}

/**
 * Reads a recipe file.
 * @throws RequestError for a file that cannot be read, is of a newer version, or names an unknown parameter
 */
export async function loadRecipeFile(path: string): Promise<LoadedRecipe> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new RequestError(`The recipe ${path} cannot be read`, 'Check the path and its permissions', {
      cause,
    });
  });
  const file = parseRecipeFile(text, basename(path));
  const product = file.product === null ? null : await readNamedFile(resolve(dirname(path), file.product));
  return { file, product };
}

/** Parses a recipe file's text. @param name for the messages @throws RequestError, see {@link loadRecipeFile} */
export function parseRecipeFile(text: string, name: string): RecipeFile {
  const value = parseJson(text, name);
  const { format, version } = value as { format?: unknown; version?: unknown };
  if (format !== 'davenport-recipe')
    throw new RequestError(
      `${name} is no recipe of Davenport`,
      'Export one from a project: davenport recipe export',
    );
  if (typeof version === 'number' && version > RECIPE_FILE_VERSION) {
    throw new RequestError(
      `The recipe ${name} has version ${version}; this program reads up to ${RECIPE_FILE_VERSION}`,
      'Update Davenport',
    );
  }
  const parsed = recipeFileSchema.safeParse(value);
  if (!parsed.success)
    throw new RequestError(`The recipe ${name}: ${describe(parsed.error)}`, 'Correct it there');
  const { locked } = parsed.data;
  const unknown = locked.find((param) => !isParam(param));
  if (unknown)
    throw new RequestError(`The recipe ${name} locks an unknown parameter “${unknown}”`, 'Correct its name');
  const own = locked.find((param) => photosOwn.has(param));
  if (own)
    throw new RequestError(
      `The recipe ${name} locks ${own}, which belongs to each photo`,
      'Take it out of “locked”',
    );
  return parsed.data;
}

/** What belongs to one photo alone: no recipe holds or locks it. */
const photosOwn: ReadonlySet<string> = new Set([
  'segment.clicks',
  'segment.box',
  'segment.mask',
  'segment.strokes',
  'depth.floor',
  'inpaint.move',
]);

/** Every parameter that a recipe may lock, as `stage.param`, in pipeline order. */
export const lockable: readonly string[] = Object.entries(stageParams).flatMap(([stage, { shape }]) =>
  Object.keys(shape)
    .map((param) => `${stage}.${param}`)
    .filter((param) => !photosOwn.has(param)),
);

function parseJson(text: string, name: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    throw new RequestError(`${name} is not JSON: ${(error as Error).message}`, 'Export the recipe again', {
      cause: error,
    });
  }
  throw new RequestError(`${name} is not a recipe`, 'Export the recipe again');
}

/** The first thing wrong, an unknown parameter by its name. */
function describe(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'it does not fit';
  const where = issue.path.filter((part) => part !== 'edit').join('.');
  if (issue.code === 'unrecognized_keys')
    return `unknown parameter “${[where, issue.keys[0]].filter(Boolean).join('.')}”`;
  return `${where}: ${issue.message.replace(/^Invalid input: /, '')}`;
}

function isParam(path: string): boolean {
  const [stage = '', param = ''] = path.split('.');
  const schema = (stageParams as Record<string, { shape: object }>)[stage];
  return schema !== undefined && Object.hasOwn(schema.shape, param);
}
