import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { starterFolder } from '../../main/inference/packs.ts';
import { openWorkbench, testRequest } from '../fixtures/engine/workbench.ts';

const CYCLES = 10;

/** Resident memory of a process, megabytes. */
function residentMb(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

describe.skipIf(process.platform !== 'linux')('the models process', () => {
  it(`holds after ${CYCLES} cycles of loading and releasing a pack what it held after the first`, async () => {
    const bench = await openWorkbench({
      packs: [dirname(starterFolder)],
      modules: [new URL('../fixtures/engine/load-nodes.ts', import.meta.url).href],
      provider: 'cpu',
      threads: 1,
    });
    try {
      const cycle = async () => {
        const { metrics } = await bench.engine.runNode(
          testRequest(bench, 'load.pack', ['value'], { params: { pack: 'starter' } }),
        );
        expect(metrics['graphs']).toBeGreaterThan(3);
        const loaded = residentMb(bench.engine.pids.models!);
        await bench.engine.releaseModels();
        return { loaded, released: residentMb(bench.engine.pids.models!) };
      };
      await cycle(); // libraries and thread pools settle
      const first = await cycle();
      const pid = bench.engine.pids.models;
      const later: { loaded: number; released: number }[] = [];
      for (let i = 1; i < CYCLES; i++) later.push(await cycle());
      expect(bench.engine.pids.models).toBe(pid); // the same process all along
      const last = later.slice(-3);
      const mean = (key: 'loaded' | 'released') => last.reduce((sum, c) => sum + c[key], 0) / last.length;
      expect(mean('released') / first.released).toBeLessThan(1.05);
      expect(mean('loaded') / first.loaded).toBeLessThan(1.05);
    } finally {
      await bench.close();
    }
  });
});
