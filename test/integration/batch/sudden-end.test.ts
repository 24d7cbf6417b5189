import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BatchReport } from '../../../main/batch/batch-report.ts';
import { type BatchItem, BatchQueue, QUEUE_FILE } from '../../../main/batch/queue.ts';
import { randomStream } from '../../../main/imaging/random.ts';
import { hashFile } from '../../../main/inference/pack-files.ts';
import { type BatchFolder, makeBatchFolder } from '../../support/batch-folder.ts';
import { davenport } from '../../support/shell.ts';

const KILLS = 10;
const random = randomStream(20261121);
let root: string;
let folder: BatchFolder;
let expected: Map<string, string | null>;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'davenport-test-'));
  folder = await makeBatchFolder(root, 8, { bad: false, side: 256 });
  const report = await finish(join(root, 'undisturbed'));
  expected = hashes(report);
}, 240_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const args = (out: string) => ['batch', folder.photos, '--recipe', folder.recipe, '--out', out, '--json'];

/** Runs the batch until it is through; what failed on a killed engine is tried again, as a user would. */
async function finish(out: string): Promise<BatchReport> {
  const { stdout, stderr } = await davenport([...args(out), '--retry', 'failed']);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as BatchReport;
}

const hashes = (report: BatchReport) => new Map(report.items.map((item) => [item.photo, item.sha256]));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const children = (pid: number) =>
  spawnSync('pgrep', ['-P', `${pid}`])
    .stdout.toString()
    .trim()
    .split('\n')
    .filter(Boolean)
    .map(Number);

function doneItems(out: string): BatchItem[] {
  const queue = BatchQueue.open(join(out, QUEUE_FILE));
  try {
    return queue.list().filter((item) => item.state === 'done');
  } finally {
    queue.close();
  }
}

const doneCount = (out: string) => (existsSync(join(out, QUEUE_FILE)) ? doneItems(out).length : 0);

/** Starts the batch and, while it runs, gives its process. */
async function during(out: string, act: (child: ChildProcess) => Promise<void>): Promise<void> {
  let child: ChildProcess | undefined;
  const running = davenport(args(out), { onStart: (started) => (child = started) });
  await Promise.race([act(child!), running]);
  await running;
}

async function checkAll(out: string): Promise<void> {
  const report = await finish(out);
  expect(report.counts).toMatchObject({ found: 8, done: 8, failed: 0, waiting: 0 });
  expect(hashes(report)).toEqual(expected);
  for (const item of report.items) expect(await hashFile(join(out, item.out!))).toBe(item.sha256);
}

describe('a batch that is killed and resumed', () => {
  test(`the program, at ${KILLS} moments: what was done stays done, and every file comes out the same`, {
    timeout: 400_000,
  }, async () => {
    const out = join(root, 'program');
    let done: BatchItem[] = [];
    for (let n = 0; n < KILLS; n++) {
      await during(out, async (child) => {
        await pause(500 + 3500 * random());
        child.kill('SIGKILL');
      });
      const now = doneItems(out);
      // Not begun again, not delivered again: attempts, times and hashes are what they were.
      expect(now.filter(({ id }) => done.some((item) => item.id === id))).toEqual(done);
      done = now;
    }
    await checkAll(out);
    expect(doneItems(out).filter(({ id }) => done.some((item) => item.id === id))).toEqual(done);
  });

  test(`the engine's processes, at ${KILLS} moments`, { timeout: 400_000 }, async () => {
    const out = join(root, 'engine');
    const killed: number[] = [];
    for (let round = 0; round < KILLS && doneCount(out) < 8; round++) {
      await during(out, async (child) => {
        while (killed.length < KILLS && child.exitCode === null && child.signalCode === null) {
          await pause(300 + 1500 * random());
          const pids = children(child.pid!);
          const victim = pids[Math.floor(random() * pids.length)];
          if (victim === undefined) continue;
          process.kill(victim, 'SIGKILL');
          killed.push(victim);
        }
      });
    }
    expect(killed).toHaveLength(KILLS);
    await checkAll(out);
  });
});
