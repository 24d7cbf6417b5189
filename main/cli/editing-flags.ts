import { Command, InvalidArgumentError, Option } from 'commander';
import { RequestError } from '../errors.ts';
import { findGaps } from '../pipeline/completeness.ts';
import { stageIds, type StageId } from '../pipeline/graph.ts';
import { detachRecipe, requireUnlocked } from '../pipeline/recipe-locks.ts';
import { type Recipe, setParam, setParamValue, withStage } from '../pipeline/recipe.ts';
import { requirePacks } from '../pipeline/required-packs.ts';
import { type Decide, type NamedFile, type PhotoInfo, readNamedFile } from '../pipeline/workbench.ts';
import { collectControl, type ControlFlag, controlsFrom } from './control-flag.ts';
import { stageOfKind } from '../inference/adapters/graphs.ts';
import type { Pack } from '../inference/packs.ts';
import {
  type Coordinate,
  parseBox,
  parsePoint,
  parsePrint,
  resolveBox,
  resolveClick,
} from './coordinates.ts';

type Point = [Coordinate, Coordinate];

/** The flags that `run` and `edit` share, as parsed; absent where not given. */
export interface EditingFlags {
  readonly click?: readonly Point[];
  readonly exclude?: readonly Point[];
  readonly box?: ReturnType<typeof parseBox>;
  readonly mask?: string;
  readonly prompt?: string;
  readonly negative?: string;
  readonly product?: string;
  readonly control?: readonly ControlFlag[];
  readonly seed?: string;
  readonly steps?: string;
  readonly pack?: string;
  readonly factor?: string;
  readonly print?: ReturnType<typeof parsePrint>;
  readonly set?: readonly (readonly [string, string])[];
  readonly detachRecipe?: boolean;
  readonly until?: StageId;
  readonly out?: string;
  readonly saveIntermediates?: string;
  readonly json?: boolean;
}

const collectPoint =
  (flag: string) =>
  (text: string, before: readonly Point[] = []): readonly Point[] => [...before, parsePoint(text, flag)];

/** Adds the editing flags to a command. @param without flags that mean nothing there, as `--until` */
export function addEditingFlags(command: Command, without: readonly string[] = []): Command {
  for (const option of allFlags().options)
    if (!without.includes(option.long ?? '')) command.addOption(option);
  return command;
}

function allFlags(): Command {
  return new Command()
    .option(
      '--click <x,y>',
      'a point on the object, in pixels or percent (46%,62%); may be repeated',
      collectPoint('--click'),
    )
    .option(
      '--exclude <x,y>',
      'a point that does not belong to the object; may be repeated',
      collectPoint('--exclude'),
    )
    .option('--box <x0,y0,x1,y1>', 'a box around the object', parseBox)
    .option('--mask <file>', 'a mask picture in place of clicks: white is the object')
    .option('--prompt <text>', 'what should stand there instead')
    .option('--negative <text>', 'what should not appear (diffusion packs)')
    .option('--product <file>', 'a picture of the product: PNG with alpha, or on white')
    .option(
      '--control <kind[:scale][=file]>',
      'what else steers a diffusion pack, e.g. lineart or scribble:0.6=sketch.png; may be repeated',
      collectControl,
    )
    .option('--seed <n>', 'another seed gives another variation')
    .option('--steps <n>', 'sampling steps (diffusion packs)')
    .option('--pack <id>', 'the pack that inpaints')
    .addOption(
      new Option('--factor <n>', 'size of the delivered frame: 1, 2 or 4 times the photo').conflicts('print'),
    )
    .option('--print <size>', 'print size, e.g. 60x40cm@300', parsePrint)
    .option('--set <stage.param=value>', 'any parameter; may be repeated', collectSetting)
    .option('--detach-recipe', 'let go of the team’s recipe first: what it locks is open then')
    .addOption(new Option('--until <stage>', 'stop after a stage').choices(stageIds))
    .option('--out <file>', 'the delivered picture; its ending decides the format')
    .option('--save-intermediates <folder>', 'write every stage’s output as numbered pictures')
    .option('--json', 'print one JSON document');
}

/**
 * What the flags change, checked: see {@link Decide}.
 * @throws RequestError for the first flag that is wrong, and where the recipe is not complete enough to run
 */
export function decideByFlags(flags: EditingFlags): Decide {
  return async (stored, photo, packs) => {
    const current = flags.detachRecipe ? detachRecipe(stored) : stored;
    const files: NamedFile[] = [];
    const keep = async (path: string) => {
      const file = await readNamedFile(path);
      files.push(file);
      return file.sha256;
    };
    let recipe = await applySegment(current, photo, flags, keep);
    if (flags.product !== undefined) {
      recipe = withStage(recipe, 0, 'inpaint', { product: await keep(flags.product) });
    }
    const named = { prompt: flags.prompt, negative: flags.negative, seed: flags.seed, steps: flags.steps };
    for (const [name, text] of Object.entries(named)) {
      if (text !== undefined) recipe = setParam(recipe, `inpaint.${name}`, text);
    }
    if (flags.pack !== undefined) {
      recipe = withStage(recipe, 0, 'inpaint', choosePack(packs, flags.pack, recipe));
    }
    if (flags.control !== undefined) {
      const before = recipe.edits[0]?.inpaint.controls ?? [];
      recipe = setParamValue(recipe, 'inpaint.controls', await controlsFrom(flags.control, before, keep));
    }
    if (flags.factor !== undefined) {
      recipe = setParam(withStage(recipe, 0, 'upscale', { print: null }), 'upscale.factor', flags.factor);
    }
    if (flags.print !== undefined) recipe = withStage(recipe, 0, 'upscale', { print: flags.print });
    for (const [name, text] of flags.set ?? []) recipe = setParam(recipe, name, text);
    requireUnlocked(current, recipe);
    requireComplete(recipe, flags.until);
    requirePacks(recipe, packs);
    return { recipe, files, label: describeFlags(flags) };
  };
}

/** New clicks, a box or a mask take the place of all that selected before. */
async function applySegment(
  recipe: Recipe,
  photo: PhotoInfo,
  flags: EditingFlags,
  keep: (path: string) => Promise<string>,
): Promise<Recipe> {
  const { click = [], exclude = [], box, mask } = flags;
  if (mask !== undefined) {
    return withStage(recipe, 0, 'segment', { mask: await keep(mask), clicks: [], box: null });
  }
  if (click.length + exclude.length === 0 && box === undefined) return recipe;
  const clicks = [
    ...click.map((point) => resolveClick(point, photo, 'include')),
    ...exclude.map((point) => resolveClick(point, photo, 'exclude')),
  ];
  return withStage(recipe, 0, 'segment', { clicks, box: box ? resolveBox(box, photo) : null, mask: null });
}

/** What a recipe must say before it can run. @throws RequestError for a missing click or prompt */
function requireComplete(recipe: Recipe, until: StageId = 'upscale'): void {
  const reaches = stageIds.indexOf(until) >= stageIds.indexOf('inpaint');
  for (const edit of recipe.edits) {
    const gaps = findGaps(edit);
    if (gaps.includes('selection')) {
      throw new RequestError(
        'Nothing says which object to replace',
        'Give --click X,Y on it, or --box, or --mask',
      );
    }
    if (reaches && gaps.includes('replacement')) {
      throw new RequestError(
        'Nothing says what should stand there instead',
        'Give --prompt "a green velvet sofa", --product FILE, or --set inpaint.engine=remove',
      );
    }
  }
}

/** A diffusion pack brings its engine with it; another pack takes that engine away. */
function choosePack(
  packs: readonly Pack[],
  id: string,
  { edits }: Recipe,
): Partial<Recipe['edits'][number]['inpaint']> {
  const pack = packs.find(({ manifest }) => manifest.id === id);
  if (!pack) {
    const installed = packs.map(({ manifest }) => manifest.id).join(', ');
    throw new RequestError(`There is no pack "${id}"`, `Installed packs: ${installed || 'none'}`);
  }
  const { adapter } = pack.manifest;
  if (adapter) {
    const param = `${stageOfKind[adapter.kind]}.${stageOfKind[adapter.kind] === 'inpaint' ? 'platePack' : 'pack'}`;
    throw new RequestError(`The pack “${id}” does not paint`, `Use it with --set ${param}=${id}`);
  }
  const chosen = id === 'starter' ? null : id;
  if (pack.manifest.diffusion) return { pack: chosen, engine: 'diffuse' };
  return edits[0]?.inpaint.engine === 'diffuse' ? { pack: chosen, engine: 'place' } : { pack: chosen };
}

function collectSetting(
  text: string,
  before: readonly (readonly [string, string])[] = [],
): (readonly [string, string])[] {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new InvalidArgumentError('Write it as stage.param=value.');
  return [...before, [text.slice(0, equals), text.slice(equals + 1)]];
}

/** The history's label for what the flags changed. */
function describeFlags(flags: EditingFlags): string {
  const parts = [
    flags.detachRecipe ? 'Recipe detached' : null,
    flags.click || flags.exclude || flags.box || flags.mask ? 'Selection' : null,
    flags.prompt === undefined ? null : `Prompt “${flags.prompt}”`,
    flags.product === undefined ? null : 'Product picture',
    flags.control ? `Controls ${flags.control.map(({ kind }) => kind).join(', ')}` : null,
    flags.seed === undefined ? null : `Seed ${flags.seed}`,
    flags.factor === undefined && flags.print === undefined ? null : 'Delivery size',
    ...(flags.set ?? []).map(([name, value]) => `${name} = ${value}`),
  ].filter((part) => part !== null);
  return parts.join(', ') || 'Edit';
}
