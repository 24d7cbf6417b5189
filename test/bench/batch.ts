/**
 * `node test/bench/batch.ts [photos] [width] [--memory]`: one photo twenty times. Prints the wall time of the batch
 * beside the sum of its items' warm solo times, measured in the same run, by turns, and the memory of all processes:
 * for each item the mean from the end of the one before it to its own. Rasters come and go all the time: the memory at
 * an item is the mean of it and its neighbours. `--memory` leaves the solo times out.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { openBatch } from '../../main/batch/batch.ts';
import { parseClicks } from '../../main/batch/clicks-file.ts';
import { type BatchEvent, runBatch } from '../../main/batch/run-batch.ts';
import { findPacks } from '../../main/inference/packs.ts';
import { parseRecipeFile } from '../../main/interop/recipe-file.ts';
import { sample } from '../support/sample.ts';

const numbers = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const isMemoryAlone = process.argv.includes('--memory');
const COUNT = Number(numbers[0] ?? 20);
const WIDTH = Number(numbers[1] ?? 1600);
/** Items worked on alone, in turns with the batch's. */
const SOLO = Math.max(4, Math.round(COUNT / 4));
/** Between two looks at the memory. */
const LOOK_MS = 200;
/** The first items load models and fill caches. */
const WARM = 1;

const recipe = {
  file: parseRecipeFile(
    JSON.stringify({
      format: 'davenport-recipe',
      version: 1,
      name: 'Bench',
      edit: { inpaint: { prompt: 'green velvet sofa' } },
      gates: { minConfidence: 0, minStability: 0 },
    }),
    'bench',
  ),
  product: null,
};

interface Measured {
  readonly wallMs: number;
  readonly itemMs: readonly number[];
  readonly memoryMb: readonly number[];
}

/** Runs copies of one photo in a queue of their own. */
async function measure(root: string, name: string, count: number, lanes: number): Promise<Measured> {
  const folder = join(root, name);
  const photos = join(folder, 'photos');
  const clicks = await copies(photos, count);
  const queue = await openBatch({ folder: photos, out: join(folder, 'out') }, recipe, clicks);
  const itemMs: number[] = [];
  const memoryMb: number[] = [];
  let looks: number[] = [];
  const look = setInterval(() => looks.push(memory()), LOOK_MS);
  const onEvent = (event: BatchEvent) => {
    if (event.kind !== 'item-ended') return;
    itemMs.push(event.item.result?.ms ?? Number.NaN);
    memoryMb.push(Math.round(mean(looks.length > 0 ? looks : [memory()])));
    looks = [];
  };
  const started = performance.now();
  await runBatch({ queue, recipe, clicks, packs: findPacks(), out: join(folder, 'out'), lanes, onEvent });
  const wallMs = performance.now() - started;
  clearInterval(look);
  queue.close();
  rmSync(folder, { recursive: true });
  return { wallMs, itemMs, memoryMb };
}

/** The same picture in files that differ: a batch leaves out what is there twice. */
async function copies(folder: string, count: number) {
  mkdirSync(folder, { recursive: true });
  const jpeg = await sharp(sample.photo).resize(WIDTH).jpeg({ quality: 92 }).toBuffer();
  const { clicks } = JSON.parse(readFileSync(sample.note, 'utf8')) as { clicks: [number, number][] };
  const scaled = clicks.map(([x, y]) => [Math.round((x * WIDTH) / 2400), Math.round((y * WIDTH) / 2400)]);
  const photos: Record<string, object> = {};
  for (let n = 1; n <= count; n++) {
    writeFileSync(join(folder, `${n}.jpg`), Buffer.concat([jpeg, Buffer.from(`${n}`)]));
    photos[`${n}.jpg`] = { clicks: scaled };
  }
  return parseClicks(JSON.stringify({ version: 1, photos }), 'bench');
}

/** Resident memory of the batch's own process and of its engine's, MB (Linux). */
function memory(): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
  let kilobytes = 0;
  for (const pid of ['self', ...children.filter(Boolean)]) {
    try {
      kilobytes += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      // it has ended since
    }
  }
  return kilobytes / 1024;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

const root = mkdtempSync(join(tmpdir(), 'davenport-bench-'));
try {
  const alone = async (name: string) =>
    isMemoryAlone ? [] : (await measure(root, name, SOLO + WARM, 1)).itemMs.slice(WARM);
  const before = await alone('solo-1');
  const batch = await measure(root, 'batch', COUNT, 2);
  const after = await alone('solo-2');
  const solo = median([...before, ...after]);
  const sum = solo * COUNT;
  const five = mean(batch.memoryMb.slice(3, 6));
  const last = mean(batch.memoryMb.slice(-3));
  console.log(`${COUNT} × the sample at ${WIDTH} px, two lanes that share the models`);
  if (!isMemoryAlone) {
    console.log(
      `  one item alone, warm: ${(solo / 1000).toFixed(2)} s; ${COUNT} of them: ${(sum / 1000).toFixed(1)} s`,
    );
    console.log(
      `  the batch: ${(batch.wallMs / 1000).toFixed(1)} s, ${(batch.wallMs / sum).toFixed(2)} × the sum (bar: 1.00)`,
    );
  }
  console.log(`  memory during each item, MB: ${batch.memoryMb.join(' ')}`);
  console.log(`  item ${COUNT} against item 5: ${(((last - five) / five) * 100).toFixed(1)} % (bar: ± 5 %)`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
