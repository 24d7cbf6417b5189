import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fork } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ChildHost, forkHost } from '../../main/engine/child-host.ts';
import { OutOfMemoryError } from '../../main/errors.ts';
import type { EngineOptions } from '../../main/engine/supervisor.ts';
import { openProject } from '../../main/store/project.ts';
import { openWorkbench, testRequest, type Workbench } from '../fixtures/engine/workbench.ts';

const modules = [new URL('../fixtures/engine/greedy-nodes.ts', import.meta.url).href];

let folder: string;
let bench: Workbench | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'memory-test-'));
});
afterEach(async () => {
  await bench?.close();
  bench = undefined;
  rmSync(folder, { recursive: true });
});

async function start(options: EngineOptions): Promise<Workbench> {
  bench = await openWorkbench({ modules, ...options });
  return bench;
}

const log = () => join(folder, 'tries');
const tries = () => readFileSync(log(), 'utf8').trim().split(' ');

describe('memory that runs out in the pixels process', () => {
  it('is met by one more try under the next lower preset, which then holds and is reported', async () => {
    const { engine, project } = await start({ preset: 'high' });
    const before = engine.pids.pixels;
    const params = { log: log(), fits: 'balanced' };
    const request = testRequest(bench!, 'greedy.pixels', ['value'], { params });
    const result = await engine.runNode(request);
    expect(tries()).toEqual(['high', 'balanced']);
    expect(result.metrics).toMatchObject({
      preset: 'balanced',
      memoryNote: 'Memory ran out under the high preset: it ran under balanced',
    });
    expect(engine.preset).toBe('balanced');
    expect(engine.pids.pixels).not.toBe(before);
    const stored = openProject(project, { write: false });
    expect(stored.findRun(request.fingerprint)?.metrics).toMatchObject({ preset: 'balanced' });
    stored.close();
    const next = await engine.runNode(testRequest(bench!, 'greedy.pixels', ['value'], { params }));
    expect(next.metrics).not.toHaveProperty('memoryNote');
    expect(tries()).toEqual(['high', 'balanced', 'balanced']);
  });

  it('is an error of its own where one more try does not help, and the node is not tried a third time', async () => {
    const { engine } = await start({ preset: 'high' });
    const params = { log: log(), fits: 'low' };
    const failure = engine.runNode(testRequest(bench!, 'greedy.pixels', ['value'], { params }));
    await expect(failure).rejects.toBeInstanceOf(OutOfMemoryError);
    expect(tries()).toEqual(['high', 'balanced']);
    const again = await engine.runNode(testRequest(bench!, 'greedy.pixels', ['value'], { params }));
    expect(again.metrics).toMatchObject({ preset: 'low' });
    expect(tries()).toEqual(['high', 'balanced', 'balanced', 'low']);
  });

  it('has nothing below the low preset to go to', async () => {
    const { engine } = await start({ preset: 'low' });
    const params = { log: log(), fits: 'none' };
    await expect(
      engine.runNode(testRequest(bench!, 'greedy.pixels', ['value'], { params })),
    ).rejects.toMatchObject({ kind: 'machine', message: 'Memory ran out while running greedy.pixels' });
    expect(tries()).toEqual(['low']);
  });
});

/** Starts the models process with an address space of so many megabytes: what lies beyond really is not there. */
function limitedHost(megabytes: number): ChildHost {
  const shell = join(folder, 'limited-node');
  writeFileSync(shell, `#!/bin/sh\nulimit -v ${megabytes * 1024}\nexec '${process.execPath}' "$@"\n`);
  chmodSync(shell, 0o755);
  return {
    start(name) {
      if (name === 'pixels') return forkHost.start(name);
      const entry = fileURLToPath(new URL('../../main/engine/models-child.ts', import.meta.url));
      const child = fork(entry, [], {
        execPath: shell,
        execArgv: [],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      let words = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (words += text));
      return {
        pid: child.pid,
        send: (message) => void child.send(message as object, () => {}),
        onMessage: (listener) => void child.on('message', listener),
        onExit: (listener) => void child.once('close', (code, signal) => listener({ code, signal })),
        kill: () => void child.kill('SIGKILL'),
        lastWords: () => words,
      };
    },
  };
}

describe.skipIf(process.platform === 'win32')('memory that onnxruntime does not get', () => {
  it('is met in the same way: the graph fits under the lower preset', async () => {
    const { engine } = await start({ preset: 'balanced', provider: 'cpu', host: limitedHost(6000) });
    const params = { log: log(), balanced: 7000, low: 8 };
    const result = await engine.runNode(testRequest(bench!, 'greedy.models', ['value'], { params }));
    expect(tries()).toEqual(['balanced', 'low']);
    expect(result).toMatchObject({ provider: 'cpu', metrics: { preset: 'low' } });
  });
});
