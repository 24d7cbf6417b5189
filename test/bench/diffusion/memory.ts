/**
 * `node test/bench/diffusion/memory.ts` (Linux): what memory does over runs of 30 steps with a ControlNet (hollow graphs of
 * Stable Diffusion 1.5's tensors: 50 MB of residuals at each step), and over ten cycles of loading and releasing a pack.
 * Prints megabytes, and the last as a share of the first.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { starterFolder } from '../../../main/inference/packs.ts';
import { openWorkbench, testRequest, type Workbench } from '../../fixtures/engine/workbench.ts';
import { makeHollowPack } from './hollow-pack.ts';

const RUNS = 6;
const STEPS = 30;
const CYCLES = 10;

/** Resident memory of a process, megabytes. */
function residentMb(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

function report(what: string, values: readonly number[]): void {
  const [first = 0] = values;
  const last = values.at(-1) ?? 0;
  const shown = values.map((mb) => mb.toFixed(0)).join(' ');
  console.log(`${what}: ${shown} MB; the last is ${((100 * last) / first).toFixed(1)} % of the first`);
}

async function measureRuns(bench: Workbench): Promise<void> {
  const models: number[] = [];
  const pixels: number[] = [];
  let within = '';
  for (let run = 0; run <= RUNS; run++) {
    const params = { steps: STEPS, control: true, measure: 'memory' };
    const { metrics } = await bench.engine.runNode(testRequest(bench, 'bench.steps', ['done'], { params }));
    within = String(metrics['memoryKb']);
    if (run === 0) continue; // libraries and thread pools settle
    models.push(residentMb(bench.engine.pids.models));
    pixels.push(residentMb(bench.engine.pids.pixels));
  }
  console.log(`One run of ${STEPS} steps, heap and buffers of pixels after 10, 20, 30: ${within} kB`);
  report(`${RUNS} runs of ${STEPS} steps, models`, models);
  report(`${RUNS} runs of ${STEPS} steps, pixels`, pixels);
}

async function measureCycles(bench: Workbench, pack: string): Promise<void> {
  const loaded: number[] = [];
  const released: number[] = [];
  for (let cycle = 0; cycle <= CYCLES; cycle++) {
    await bench.engine.runNode(testRequest(bench, 'load.pack', ['value'], { params: { pack } }));
    const withPack = residentMb(bench.engine.pids.models);
    await bench.engine.releaseModels();
    if (cycle === 0) continue; // libraries and thread pools settle
    loaded.push(withPack);
    released.push(residentMb(bench.engine.pids.models));
  }
  report(`${CYCLES} cycles of the pack ${pack}, models, loaded`, loaded);
  report(`${CYCLES} cycles of the pack ${pack}, models, released`, released);
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'davenport-memory-'));
  makeHollowPack(folder);
  const modules = ['./nodes.ts', '../../fixtures/engine/load-nodes.ts'];
  const bench = await openWorkbench({
    packs: [folder, dirname(starterFolder)],
    modules: modules.map((path) => new URL(path, import.meta.url).href),
    provider: 'cpu',
    threads: 1,
  });
  try {
    await measureRuns(bench);
    await bench.engine.releaseModels();
    await measureCycles(bench, 'hollow');
    await measureCycles(bench, 'starter');
  } finally {
    await bench.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
