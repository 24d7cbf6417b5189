import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BatchReport } from '../../../main/batch/batch-report.ts';
import { BatchQueue, QUEUE_FILE } from '../../../main/batch/queue.ts';
import { makeBatchFolder } from '../../support/batch-folder.ts';
import { davenport, entry } from '../../support/shell.ts';

const canMount =
  spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/mnt']).status === 0;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'davenport-test-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test.skipIf(!canMount)(
  '(skipped where no small file system can be mounted) a full disk stops the batch: nothing counts as failed, and it goes on',
  { timeout: 180_000 },
  async () => {
    const { photos, recipe } = await makeBatchFolder(root, 4, { bad: false, side: 300 });
    const disk = join(root, 'disk');
    const out = join(root, 'out');
    mkdirSync(disk);
    const args = (to: string) => ['batch', photos, '--recipe', recipe, '--out', to, '--lanes', '1'];
    const quoted = (list: readonly string[]) => list.map((each) => `"${each}"`).join(' ');
    // Inside: run until the disk is full, and carry everything out.
    const command = `mount -t tmpfs -o size=5m tmpfs "${disk}"
      ${quoted([process.execPath, entry, ...args(join(disk, 'out'))])}
      code=$?; cp -r "${disk}/out" "${out}"; exit $code`;
    const result = spawnSync('unshare', ['-rm', 'sh', '-c', command], { encoding: 'utf8' });
    expect([result.status, result.stderr.trim().split('\n').at(-1)]).toEqual([
      1,
      expect.stringMatching(/disk is full/i),
    ]);
    const queue = BatchQueue.open(join(out, QUEUE_FILE));
    const counts = queue.counts();
    queue.close();
    expect(counts).toMatchObject({ failed: 0, person: 0 });
    expect(counts.queued + counts.running).toBeGreaterThan(0);
    const { code } = await davenport([...args(out), '--json']);
    const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as BatchReport;
    expect([code, report.counts]).toEqual([0, expect.objectContaining({ done: 4, failed: 0 })]);
  },
);
