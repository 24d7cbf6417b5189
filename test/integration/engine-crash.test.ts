import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { NodeRequest } from '../../main/engine/protocol.ts';
import { openProject } from '../../main/store/project.ts';
import { openWorkbench, testRequest, type Workbench } from '../fixtures/engine/workbench.ts';

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(async () => bench.close());

/** Starts a node and waits until it is under way; the outcome is its result or its error. */
async function underWay(request: NodeRequest, signal?: AbortSignal): Promise<{ outcome: Promise<unknown> }> {
  const started = Promise.withResolvers<void>();
  const options = { onProgress: () => started.resolve(), ...(signal ? { signal } : {}) };
  const outcome: Promise<unknown> = bench.engine.runNode(request, options).catch((error: unknown) => error);
  await Promise.race([started.promise, outcome]);
  return { outcome };
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Processor time of a process, hundredths of a second; null where the system does not say. */
function processorTime(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  // After the name in parentheses: user and system time are the 12th and 13th field.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Waits until a process has computed for a tenth of a second since `spent`: it is inside a run. */
async function isComputing(pid: number, spent: number | null): Promise<void> {
  if (spent === null) return pause(300);
  await vi.waitUntil(() => processorTime(pid)! - spent >= 10, { timeout: 30_000, interval: 10 });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function worksAgain(): Promise<void> {
  const result = await bench.engine.runNode(testRequest(bench, 'test.double', ['doubled']));
  expect(result.artifacts).toHaveLength(1);
}

describe('a child that is killed during a run', () => {
  it('models: the node fails with its name and the signal, and the next run works', async () => {
    await bench.engine.describeModel('test/slow');
    const before = bench.engine.pids.models!;
    const spent = processorTime(before);
    const request = testRequest(bench, 'test.slow', ['value']);
    const { outcome } = await underWay(request);
    await isComputing(before, spent);
    process.kill(before, 'SIGKILL');
    const error = await outcome;
    expect(String((error as Error).cause)).toMatch(
      /The models process was ended by SIGKILL during test\.slow/,
    );
    expect(error).toMatchObject({
      kind: 'machine',
      message: expect.stringMatching(/^The engine stopped while working on \w+$/),
      next: expect.stringMatching(/^Try again: .* low memory preset$/),
    });
    expect(bench.engine.pids.models).not.toBe(before);
    expect(isAlive(bench.engine.pids.models!)).toBe(true);
    await worksAgain();
  });

  it('pixels: likewise, and nothing of the node counts', async () => {
    const before = bench.engine.pids.pixels!;
    const request = testRequest(bench, 'test.steps', ['value']);
    const { outcome } = await underWay(request);
    process.kill(before, 'SIGTERM');
    const error = await outcome;
    expect(String((error as Error).cause)).toMatch(
      /The pixels process was ended by SIGTERM during test\.steps/,
    );
    expect(error).toMatchObject({
      kind: 'machine',
      message: expect.stringMatching(/^The engine stopped while working on \w+$/),
    });
    expect(bench.engine.pids.pixels).not.toBe(before);
    expect(isAlive(bench.engine.pids.pixels!)).toBe(true);
    const project = openProject(bench.project, { write: false });
    expect(project.findRun(request.fingerprint)).toBeNull();
    project.close();
    await worksAgain();
  });

  it('models, while nothing runs: nobody notices', async () => {
    await worksAgain();
    process.kill(bench.engine.pids.models!, 'SIGKILL');
    await vi.waitFor(() => expect(bench.engine.pids.models).toBeUndefined());
    await worksAgain();
  });
});

describe('cancelling', () => {
  it('stops between steps and keeps both children', async () => {
    await worksAgain();
    const { models, pixels } = bench.engine.pids;
    const controller = new AbortController();
    const { outcome } = await underWay(testRequest(bench, 'test.steps', ['value']), controller.signal);
    controller.abort();
    expect(await outcome).toMatchObject({ kind: 'cancelled' });
    expect(bench.engine.pids).toEqual({ models, pixels });
  });

  it('ends models inside a run, not pixels', async () => {
    await bench.engine.describeModel('test/slow');
    const { models, pixels } = bench.engine.pids;
    const spent = processorTime(models!);
    const controller = new AbortController();
    const { outcome } = await underWay(testRequest(bench, 'test.slow', ['value']), controller.signal);
    await isComputing(models!, spent);
    controller.abort();
    expect(await outcome).toMatchObject({ kind: 'cancelled' });
    expect(bench.engine.pids).toEqual({ models: undefined, pixels });
    expect(isAlive(models!)).toBe(false);
    await worksAgain();
  });

  it('ends pixels where it does not listen', async () => {
    const before = bench.engine.pids.pixels!;
    const controller = new AbortController();
    const { outcome } = await underWay(testRequest(bench, 'test.spin', ['value']), controller.signal);
    controller.abort();
    expect(await outcome).toMatchObject({ kind: 'cancelled' });
    expect(isAlive(before)).toBe(false);
    await worksAgain();
  });

  it('takes a waiting job out of the queue', async () => {
    const controller = new AbortController();
    const first = bench.engine.runNode(testRequest(bench, 'test.double', ['doubled']));
    const second = bench.engine.runNode(testRequest(bench, 'test.double', ['doubled']), {
      signal: controller.signal,
    });
    controller.abort();
    await expect(second).rejects.toMatchObject({ kind: 'cancelled' });
    await expect(first).resolves.toBeDefined();
  });

  it('ends with the engine', async () => {
    const other = await openWorkbench();
    const running = other.engine
      .runNode(testRequest(other, 'test.steps', ['value']))
      .catch((error: unknown) => error);
    await pause(50);
    await other.close();
    expect(await running).toMatchObject({ kind: 'cancelled' });
  });
});

it.skipIf(process.platform === 'win32')('leaves no socket and no process when it closes', async () => {
  const other = await openWorkbench();
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = other.folder;
  try {
    await other.engine.describeModel('test/double');
    expect(privateFolders(other.folder)).toHaveLength(1);
    const { models, pixels } = other.engine.pids;
    await other.engine.close();
    expect(privateFolders(other.folder)).toEqual([]);
    expect([models!, pixels!].filter(isAlive)).toEqual([]);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await other.close();
  }
});

function privateFolders(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('davenport-'));
}
