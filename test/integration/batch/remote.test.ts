import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BatchReport } from '../../../main/batch/batch-report.ts';
import { hashFile } from '../../../main/inference/pack-files.ts';
import { type BatchFolder, makeBatchFolder } from '../../support/batch-folder.ts';
import { skipWithout } from '../../support/require.ts';
import { davenport, type ShellResult } from '../../support/shell.ts';

const server = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);
const skip = skipWithout('redis', server !== undefined, 'no Redis here: install Debian’s redis-server');

describe.skipIf(skip)('three workers on one queue', () => {
  let root: string;
  let folder: BatchFolder;
  let url: string;
  let redis: ChildProcess;
  const workers: { child: ChildProcess; lines: string[]; end: Promise<ShellResult> }[] = [];

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'davenport-test-'));
    const port = await freePort();
    url = `redis://127.0.0.1:${port}`;
    redis = spawn(server!, ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', root], {
      stdio: 'ignore',
    });
    folder = await makeBatchFolder(root, 6, { bad: false, side: 320 });
  });
  afterAll(async () => {
    for (const { child } of workers) child.kill('SIGKILL');
    redis.kill('SIGKILL');
    await Promise.all(workers.map(({ end }) => end));
    rmSync(root, { recursive: true, force: true });
  });

  function startWorker(): void {
    const lines: string[] = [];
    let child: ChildProcess | undefined;
    const args = ['worker', '--queue', url, '--storage', root, '--lanes', '1', '--lease', '3'];
    const end = davenport(args, {
      onStart(started) {
        child = started;
        started.stderr?.on('data', (piece: Buffer) => lines.push(...piece.toString().trim().split('\n')));
      },
    });
    workers.push({ child: child!, lines, end });
  }

  test('one of them killed in mid-stage: everything is delivered, and once', {
    timeout: 240_000,
  }, async () => {
    for (let n = 0; n < 3; n++) startWorker();
    const out = join(root, 'out');
    const args = [
      'batch',
      folder.photos,
      '--recipe',
      folder.recipe,
      '--out',
      out,
      '--queue',
      url,
      '--storage',
      root,
    ];
    const running = davenport([...args, '--json']);
    // Whoever delivered first is in the middle of the next by now.
    await expect.poll(() => workers.some(({ lines }) => lines.length > 0), { timeout: 120_000 }).toBe(true);
    const victim = workers.find(({ lines }) => lines.length > 0)!;
    await new Promise((resolve) => setTimeout(resolve, 700));
    victim.child.kill('SIGKILL');
    const result = await running;
    expect(result.stderr).toBe('');
    const report = JSON.parse(result.stdout) as BatchReport;
    expect(report.counts).toMatchObject({ found: 6, done: 6, failed: 0, waiting: 0 });
    for (const item of report.items) expect(await hashFile(join(out, item.out!))).toBe(item.sha256);
    // Nobody but the victim may have left an item behind, and nothing was worked on to its end twice.
    const ended = workers.flatMap(({ lines }) => lines.filter((line) => line.endsWith(': done')));
    expect(new Set(ended).size).toBe(ended.length);
    expect(ended.length).toBeGreaterThanOrEqual(5);
  });

  test('a queue that nobody answers, photos outside the storage: one line each', async () => {
    const args = ['batch', folder.photos, '--recipe', folder.recipe, '--out', join(root, 'other')];
    const deaf = await davenport([...args, '--queue', 'redis://127.0.0.1:1', '--storage', root]);
    expect([deaf.code, deaf.stderr.split('\n').at(-2)]).toEqual([
      1,
      expect.stringMatching(/No Redis answers at 127\.0\.0\.1:1/),
    ]);
    const outside = await davenport([...args, '--queue', url, '--storage', join(root, 'photos')]);
    expect([outside.code, outside.stderr.split('\n').at(-2)]).toEqual([
      2,
      expect.stringMatching(/outside the storage/),
    ]);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
