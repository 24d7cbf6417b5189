import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CancelledError, type ErrorRecord, RequestError, toErrorRecord } from '../errors.ts';
import { writeFileAtomic } from '../imaging/write-file.ts';
import type { RunEvent } from '../pipeline/outcome.ts';
import { requireUnlocked } from '../pipeline/recipe-locks.ts';
import { type Recipe, withStage } from '../pipeline/recipe.ts';
import { deliver, type DeliveryOptions, runRecipe, type Workbench } from '../pipeline/workbench.ts';
import { deliverOnce } from './deliver-once.ts';

/** One prompt under one seed. */
export interface Combination {
  readonly prompt: string;
  readonly seed: number;
  /** The delivered file's name without its ending: it tells both. */
  readonly stem: string;
}

/** What came of a combination; `pending` where it was not begun. */
export interface VariationResult extends Combination {
  readonly status: 'ran' | 'reused' | 'failed' | 'pending';
  /** In the output folder; null where it was not delivered. */
  readonly file: string | null;
  readonly sha256: string | null;
  readonly ms: number;
  /** Nodes that ran; what was reused does not count. */
  readonly ran: number;
  readonly error: ErrorRecord | null;
}

export interface VariationOptions {
  readonly out: string;
  readonly delivery: DeliveryOptions;
  readonly signal?: AbortSignal;
  readonly onEvent?: (combination: Combination, event: RunEvent) => void;
  readonly onEnd?: (result: VariationResult) => void;
}

/** What was delivered, so that a second run does not do it again. */
const RECORD = 'variations.json';
const recordSchema = z.record(
  z.string(),
  z.object({ recipe: z.string(), sha256: z.string(), bytes: z.number() }),
);
type Record = z.infer<typeof recordSchema>;

/** Every prompt under every seed, prompt by prompt. @throws RequestError for no seed */
export function combine(prompts: readonly string[], seeds: readonly number[]): Combination[] {
  if (seeds.length === 0) throw new RequestError('No seed was given', 'Give --seeds, like 1-8 or 3,7,11');
  const slugs = new Map<string, string>();
  for (const prompt of prompts) {
    if (slugs.has(prompt)) continue;
    const wanted = slugOf(prompt);
    const taken = new Set(slugs.values());
    let slug = wanted;
    for (let n = 2; taken.has(slug); n++) slug = `${wanted}-${n}`;
    slugs.set(prompt, slug);
  }
  return [...slugs].flatMap(([prompt, slug]) =>
    [...new Set(seeds)].map((seed) => ({ prompt, seed, stem: `${slug}-seed-${seed}` })),
  );
}

/** Most characters of a prompt in a file's name. */
const SLUG_LENGTH = 60;

function slugOf(prompt: string): string {
  const words =
    prompt
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  const slug = words.join('-').slice(0, SLUG_LENGTH).replace(/-+$/, '');
  return slug === '' ? 'variation' : slug;
}

/** A recipe whose first edit has another prompt and seed. */
export function withCombination(base: Recipe, { prompt, seed }: Combination): Recipe {
  return withStage(base, 0, 'inpaint', { prompt, seed });
}

/**
 * Delivers every combination as a file of its own, one after the other: what depends on neither prompt nor seed (mask,
 * depth, clean plate) is computed once. What an earlier run delivered is left as it is; one that fails does not stop
 * the rest, and after an interruption the results so far are returned, the others `pending`.
 * @throws RequestError where the recipe locks the prompt or the seed; NoSpaceError where the disk is full
 */
export async function runVariations(
  bench: Workbench,
  base: Recipe,
  combinations: readonly Combination[],
  options: VariationOptions,
): Promise<VariationResult[]> {
  for (const combination of combinations) requireUnlocked(base, withCombination(base, combination));
  const record = await readRecord(options.out);
  const results: VariationResult[] = [];
  for (const combination of combinations) {
    const result = await runOne(bench, base, combination, record, options);
    results.push(result);
    if (result.status !== 'pending') options.onEnd?.(result);
    if (result.error?.reason === 'space') break;
  }
  return results;
}

const nothing = { file: null, sha256: null, ms: 0, ran: 0, error: null };

async function runOne(
  bench: Workbench,
  base: Recipe,
  combination: Combination,
  record: Record,
  { out, delivery, signal, onEvent }: VariationOptions,
): Promise<VariationResult> {
  if (signal?.aborted) return { ...combination, ...nothing, status: 'pending' };
  const recipe = withCombination(base, combination);
  const file = `${combination.stem}.${endings[delivery.format]}`;
  const hash = createHash('sha256')
    .update(JSON.stringify([recipe, delivery]))
    .digest('hex');
  const known = record[file];
  if (known?.recipe === hash && (await sizeOf(join(out, file))) === known.bytes)
    return { ...combination, ...nothing, status: 'reused', file, sha256: known.sha256 };
  const started = performance.now();
  let ran = 0;
  const since = () => Math.round(performance.now() - started);
  try {
    const outcomes = await runRecipe(bench, recipe, {
      ...(signal ? { signal } : {}),
      onEvent(event) {
        if (event.kind === 'node-finished' && event.outcome.status === 'ran') ran += 1;
        onEvent?.(combination, event);
      },
    });
    const { sha256, bytes } = await deliverOnce(join(out, file), known?.sha256 ?? null, (path) =>
      deliver(bench, outcomes, path, delivery),
    );
    record[file] = { recipe: hash, sha256, bytes };
    await writeFileAtomic(join(out, RECORD), [Buffer.from(`${JSON.stringify(record, null, 2)}\n`)]);
    return { ...combination, status: 'ran', file, sha256, ms: since(), ran, error: null };
  } catch (error) {
    if (error instanceof CancelledError) return { ...combination, ...nothing, status: 'pending' };
    return { ...combination, ...nothing, status: 'failed', ms: since(), ran, error: toErrorRecord(error) };
  }
}

const endings = { jpeg: 'jpg', png: 'png', tiff: 'tif', webp: 'webp' } as const;

async function readRecord(out: string): Promise<Record> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(join(out, RECORD), 'utf8')));
  } catch {
    return {}; // none, or not ours: everything is delivered again, and nothing else is written over
  }
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}
