import { Command } from 'commander';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { writeVariationSheets } from '../../batch/variation-grid.ts';
import { combine, runVariations, type VariationResult } from '../../batch/variations.ts';
import { fromErrorRecord, RequestError } from '../../errors.ts';
import { writtenFormat } from '../../imaging/image-format.ts';
import { writeFileAtomic } from '../../imaging/write-file.ts';
import { currentRecipe, openExisting, openPhoto, type Workbench } from '../../pipeline/workbench.ts';
import { addEditingFlags, decideByFlags, type EditingFlags } from '../editing-flags.ts';
import { exitCodes } from '../output.ts';
import { parseSeeds } from '../seeds.ts';
import { withBench, withEngine } from '../with-engine.ts';

interface Flags extends Omit<EditingFlags, 'prompt' | 'seed'> {
  readonly prompt?: readonly string[];
  readonly prompts?: string;
  readonly seeds?: readonly number[];
  readonly out: string;
  readonly project?: string;
  readonly format?: string;
  readonly many?: boolean;
}

/** Longer side of the picture of the photo, px. */
const BEFORE_SIDE = 1600;
/** More than this asks to be meant. */
const MOST = 48;

/** `davenport variations <photo|project>`: prompts and seeds over one photo, each a file, and all on one sheet. */
export function variationsCommand(): Command {
  const command = addEditingFlags(
    new Command('variations').description(
      'Try prompts and seeds over one photo: each a file, all on one sheet',
    ),
    ['--seed', '--until', '--save-intermediates'],
  )
    .argument('<photo|project>', 'a photo, or a .davenport file')
    .option('--seeds <list>', 'e.g. 1-8, or 3,7,11', parseSeeds)
    .option('--prompts <file>', 'a text file: one prompt a line')
    .option('--project <file>', 'the project file; in the output folder where not given')
    .option('--format <ending>', 'jpg, png, tif or webp; the photo’s own where not given')
    .option('--many', `more than ${MOST} at a time are meant`);
  for (const option of command.options) {
    if (option.long === '--out') {
      option.description = 'the folder for files, sheet and project';
      option.makeOptionMandatory();
    }
    if (option.long === '--prompt') {
      option.description += '; may be repeated';
      option.argParser((text: string, before: readonly string[] = []) => [...before, text]);
    }
  }
  return command.action(run);
}

async function run(source: string, flags: Flags): Promise<void> {
  const prompts = await promptsOf(flags);
  const { prompt: _, ...rest } = flags;
  const out = resolve(flags.out);
  const [first] = prompts;
  const decide = decideByFlags({ ...rest, ...(first === undefined ? {} : { prompt: first }) });
  // What does not need the project is refused before anything is written.
  checkCount(Math.max(1, prompts.length) * (flags.seeds?.length ?? 1), flags);
  const format = formatOf(flags, source);
  await mkdir(out, { recursive: true }).catch((cause: unknown) => {
    throw new RequestError(`The folder ${flags.out} cannot be made`, 'Choose one that you may write to', {
      cause,
    });
  });
  await withEngine(({ engine, packs, signal }) => {
    const isProject = source.endsWith('.davenport');
    const stem = basename(source, extname(source));
    const project = resolve(flags.project ?? join(out, `${stem}.davenport`));
    const opening = isProject
      ? openExisting(engine, packs, resolve(source), decide)
      : openPhoto(engine, packs, source, project, decide);
    return withBench(opening, (bench) => vary(bench, prompts, flags, format, signal));
  });
}

async function vary(
  bench: Workbench,
  prompts: readonly string[],
  flags: Flags,
  format: NonNullable<ReturnType<typeof writtenFormat>>,
  signal: AbortSignal,
): Promise<void> {
  const base = currentRecipe(bench);
  const own = base.edits[0]?.inpaint;
  const words = prompts.length > 0 ? prompts : [own?.prompt ?? ''];
  const combinations = combine(words, flags.seeds ?? [own?.seed ?? 0]);
  const out = resolve(flags.out);
  const say = (line: string) => void (flags.json || process.stderr.write(`${line}\n`));
  const seeds = combinations.length / new Set(words).size;
  say(`${combinations.length} variations: prompts ${new Set(words).size}, seeds ${seeds}`);
  const results = await runVariations(bench, base, combinations, {
    out,
    delivery: { format },
    signal,
    onEnd: (result) => say(`  ${describe(result)}`),
  });
  const full = results.find(({ error }) => error?.reason === 'space')?.error;
  if (full) throw fromErrorRecord(full);
  const title = bench.project.sourceInfo()?.name ?? basename(bench.project.path);
  const photo = await writeBefore(bench, out);
  const sheets = await writeVariationSheets(out, photo, title, results);
  const report = { photo: title, project: bench.project.path, out, ...sheets, variations: results };
  if (flags.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else process.stdout.write(`All on one picture: ${sheets.grid}\nBeside the photo: ${sheets.sheet}\n`);
  if (results.some(({ status }) => status === 'pending')) process.exitCode = exitCodes.cancelled;
  else if (results.some(({ status }) => status === 'failed')) process.exitCode = exitCodes.incomplete;
}

/** The photo as it was, small, beside the others: the project holds it under its own roof. */
async function writeBefore({ project }: Workbench, out: string): Promise<string> {
  const { thumbnailOf } = await import('../../imaging/thumbnail.ts');
  const path = join(out, 'before.jpg');
  const bytes = project.source() ?? new Uint8Array(0);
  await writeFileAtomic(path, [await thumbnailOf(bytes, BEFORE_SIDE)]);
  return path;
}

function describe({ stem, status, ms, error }: VariationResult): string {
  if (error) return `${stem}: ${error.message}`;
  return status === 'reused' ? `${stem}: was there already` : `${stem}: ${(ms / 1000).toFixed(1)} s`;
}

async function promptsOf({ prompt = [], prompts }: Flags): Promise<string[]> {
  if (prompts === undefined) return [...prompt];
  const text = await readFile(resolve(prompts), 'utf8').catch((cause: unknown) => {
    throw new RequestError(`The prompts in ${prompts} cannot be read`, 'Check the path', { cause });
  });
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length + prompt.length === 0)
    throw new RequestError(`${prompts} holds no prompt`, 'Write one a line');
  return [...prompt, ...lines];
}

function checkCount(count: number, { many }: Flags): void {
  if (count > MOST && !many)
    throw new RequestError(`That makes ${count} variations`, `Name fewer, or say --many if you mean it`);
}

function formatOf({ format }: Flags, source: string): NonNullable<ReturnType<typeof writtenFormat>> {
  if (format === undefined) return writtenFormat(source) ?? 'jpeg';
  const found = writtenFormat(`x.${format.replace(/^\./, '')}`);
  if (found) return found;
  throw new RequestError(`“${format}” cannot be written`, 'Use jpg, png, tif or webp');
}
