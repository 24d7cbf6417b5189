/**
 * `npm run bench`: the steps between the models on a 12 MP photo, Davenport's code against the textbook's NumPy,
 * OpenCV and Pillow code, in turns, each in its own process that stays warm. Prints medians per step, the ratio and
 * each side's peak memory.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import sharp from 'sharp';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '..', '..');
const ROUNDS = Math.max(5, Number(process.argv[2] ?? 7));
const GOAL = 0.5;

interface Report {
  readonly times: Readonly<Record<string, number>>;
  readonly peakMb: number;
  readonly jpegMb: number;
  readonly pngMb: number;
  readonly identity?: { readonly checked: number; readonly differing: number };
}

interface Worker {
  readonly child: ChildProcess;
  readonly ask: () => Promise<Report>;
}

/** Starts a worker and waits until it is ready; each `ask` runs all steps once. */
async function startWorker(command: string, args: readonly string[]): Promise<Worker> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], cwd: ROOT });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const read = async (): Promise<Report> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${command} ended early`);
    return JSON.parse(value) as Report;
  };
  await read();
  const ask = () => {
    child.stdin!.write('\n');
    return read();
  };
  return { child, ask };
}

/** The photo to measure on: the real one where it lies beside the repository, else a sample brought to 12 MP. */
async function findPhoto(scratch: string): Promise<{ path: string; what: string }> {
  const real = join(ROOT, '..', 'shared', 'photos', 'sectional-12mp.jpg');
  if (existsSync(real)) return { path: real, what: 'a phone photo of 4032 × 3024' };
  const samples = join(ROOT, 'assets', 'samples');
  const sample = existsSync(samples)
    ? readdirSync(samples).find((name) => /\.(jpe?g|png)$/i.test(name))
    : undefined;
  const path = join(scratch, 'twelve.jpg');
  const base = sample
    ? sharp(join(samples, sample)).flatten()
    : sharp({
        create: {
          width: 1008,
          height: 756,
          channels: 3,
          background: '#887766',
          noise: { type: 'gaussian', mean: 128, sigma: 30 },
        },
      });
  await base.resize(4032, 3024, { fit: 'fill' }).jpeg({ quality: 85 }).toFile(path);
  return { path, what: sample ? `${sample} brought to 4032 × 3024` : 'noise of 4032 × 3024' };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function medians(reports: readonly Report[]): Map<string, number> {
  const steps = Object.keys(reports[0]?.times ?? {});
  return new Map(steps.map((step) => [step, median(reports.map((report) => report.times[step]!))]));
}

const isEncode = (step: string) => step.startsWith('encode');

/** Total of a variant: all steps but the other format's encoding; the median over rounds of each round's sum. */
function totals(reports: readonly Report[], format: string): number {
  return median(
    reports.map(({ times }) =>
      Object.entries(times)
        .filter(([step]) => !isEncode(step) || step === `encode ${format}`)
        .reduce((sum, [, ms]) => sum + ms, 0),
    ),
  );
}

const cell = (ms: number | undefined) => (ms === undefined ? '–' : ms.toFixed(0)).padStart(9);

function printTable(ours: readonly Report[], book: readonly Report[]): void {
  const mine = medians(ours);
  const theirs = medians(book);
  console.log(`\n${'step'.padEnd(16)}${'ours ms'.padStart(9)}${'book ms'.padStart(9)}`);
  for (const step of new Set([...mine.keys(), ...theirs.keys()])) {
    console.log(step.padEnd(16) + cell(mine.get(step)) + cell(theirs.get(step)));
  }
  console.log('');
  for (const format of ['jpeg', 'png']) {
    const mineTotal = totals(ours, format);
    if (book.length === 0) {
      console.log(`all steps, ${format}: ${mineTotal.toFixed(0)} ms`);
      continue;
    }
    const bookTotal = totals(book, format);
    const ratio = mineTotal / bookTotal;
    const verdict = ratio <= GOAL ? `goal of ${GOAL} reached` : `goal of ${GOAL} NOT reached`;
    console.log(
      `all steps, ${format}: ${mineTotal.toFixed(0)} ms against ${bookTotal.toFixed(0)} ms, ratio ${ratio.toFixed(2)}: ${verdict}`,
    );
  }
  const last = ours.at(-1)!;
  console.log(`identity: ${last.identity?.checked} pixels checked, ${last.identity?.differing} differing`);
  const sizes = (report: Report) =>
    `JPEG ${report.jpegMb.toFixed(1)} MB, PNG ${report.pngMb.toFixed(1)} MB, peak memory ${report.peakMb.toFixed(0)} MB`;
  console.log(`ours: ${sizes(last)}`);
  if (book.length > 0) console.log(`book: ${sizes(book.at(-1)!)}`);
}

async function main(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'davenport-bench-'));
  const workers: Worker[] = [];
  try {
    const { path, what } = await findPhoto(scratch);
    console.log(`${ROUNDS} rounds in turns on ${what}, after one warm-up round`);
    const ellipse = ['720', '2000', '560', '700'];
    const ours = await startWorker(process.execPath, [join(HERE, 'ours.ts'), path, ...ellipse]);
    workers.push(ours);
    const hasPython = spawnSync('python3', ['-c', 'import cv2, numpy, PIL']).status === 0;
    if (!hasPython) console.log('textbook skipped: python3 with cv2, numpy and PIL is not here');
    const book = hasPython
      ? await startWorker('python3', [join(HERE, 'textbook.py'), path, ...ellipse])
      : null;
    if (book) workers.push(book);
    const mine: Report[] = [];
    const theirs: Report[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const a = await ours.ask();
      const b = await book?.ask();
      if (round < 0) continue;
      mine.push(a);
      if (b) theirs.push(b);
      process.stderr.write(`\rround ${round + 1} of ${ROUNDS}`);
    }
    process.stderr.write('\r');
    printTable(mine, theirs);
  } finally {
    for (const { child } of workers) child.stdin!.end();
    rmSync(scratch, { recursive: true });
  }
}

await main();
