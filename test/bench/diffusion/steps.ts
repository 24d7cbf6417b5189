/**
 * `node test/bench/diffusion/steps.ts`: what a step of sampling takes beside `session.run`, at 64 × 64 × 4 latents,
 * through the real engine (two processes and their socket), with graphs that compute next to nothing. Two runs of
 * different length tell a step from the start-up. Prints milliseconds, the bar, and memory every ten steps.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { startEngine } from '../../../main/engine/supervisor.ts';
import { createProject } from '../../../main/store/project.ts';
import { makeHollowPack } from './hollow-pack.ts';

const BAR = 2;
const SHORT = 10;
const LONG = 40;
const ROUNDS = 5;

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'davenport-bench-'));
  makeHollowPack(folder);
  const photo = join(folder, 'photo.png');
  await sharp({ create: { width: 8, height: 8, channels: 3, background: 'white' } })
    .png()
    .toFile(photo);
  const project = join(folder, 'photo.davenport');
  createProject(project).close();
  const modules = [new URL('./nodes.ts', import.meta.url).href];
  const engine = startEngine({ packs: [folder], modules, provider: 'cpu' });
  let prints = 0;
  const run = (steps: number, control: boolean) =>
    engine.runNode({
      project,
      node: 'bench.steps',
      stage: 'inpaint',
      version: 1,
      fingerprint: `bench-${++prints}`,
      params: { steps, control },
      frame: null,
      inputs: {},
      lineage: {},
      packs: {},
      outputs: ['done'],
    });
  const busy = loadavg()[0]! / availableParallelism();
  if (busy > 0.5) console.log(`The machine is busy (load ${busy.toFixed(1)} a core): the times mean little`);
  try {
    await engine.importPhoto({ path: photo, project });
    for (const control of [false, true]) {
      await run(SHORT, control);
      const perStep: number[] = [];
      let memory: unknown = '';
      for (let round = 0; round < ROUNDS; round++) {
        const short = await run(SHORT, control);
        const long = await run(LONG, control);
        const own = (result: typeof long) => result.ms - result.modelMs;
        perStep.push((own(long) - own(short)) / (LONG - SHORT));
        memory = long.metrics['memoryKb'];
      }
      const ms = median(perStep);
      const verdict = ms <= BAR ? `under the bar of ${BAR} ms` : `NOT under the bar of ${BAR} ms`;
      console.log(
        `${control ? 'UNet and ControlNet' : 'UNet alone'}: ${ms.toFixed(2)} ms a step, ${verdict}`,
      );
      console.log(`  memory of the pixels process every 10 steps, kB: ${String(memory)}`);
    }
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
