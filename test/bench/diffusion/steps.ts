/**
 * `node test/bench/diffusion/steps.ts`: what a step of sampling takes beside `session.run`, at 64 × 64 × 4 latents with
 * guidance in one batch, through the real engine (two processes and their socket), with graphs that compute next to
 * nothing. Prints milliseconds a step (the median, and the quickest tenth: what the step takes where no other program
 * has the processors), the pixels process's processor time, the bar, and memory every ten steps.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { startEngine } from '../../../main/engine/supervisor.ts';
import { createProject } from '../../../main/store/project.ts';
import { makeHollowPack } from './hollow-pack.ts';

const BAR = 2;
const STEPS = 30;
const ROUNDS = 5;
const LONG = 100;

/** The value below which a share of the values lies. */
const quantile = (values: readonly number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)]!;

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
  const run = (steps: number, control: boolean, measure: 'time' | 'memory') =>
    engine.runNode({
      project,
      node: 'bench.steps',
      stage: 'inpaint',
      version: 1,
      fingerprint: `bench-${++prints}`,
      params: { steps, control, measure },
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
      await run(STEPS, control, 'time');
      const own: number[] = [];
      const pixels: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const { metrics } = await run(STEPS, control, 'time');
        own.push(...String(metrics['ownMs']).split(' ').map(Number));
        pixels.push(Number(metrics['pixelsMs']));
      }
      const ms = quantile(own, 0.5);
      const verdict = ms <= BAR ? `under the bar of ${BAR} ms` : `NOT under the bar of ${BAR} ms`;
      console.log(
        `${control ? 'UNet and ControlNet' : 'UNet alone'}: ${ms.toFixed(2)} ms a step, ${verdict}` +
          ` (quickest tenth ${quantile(own, 0.1).toFixed(2)} ms, slowest ${quantile(own, 0.9).toFixed(2)} ms;` +
          ` processor time in pixels ${quantile(pixels, 0).toFixed(2)} ms)`,
      );
      const { metrics } = await run(LONG, control, 'memory');
      console.log(`  memory of the pixels process every 10 steps, kB: ${String(metrics['memoryKb'])}`);
    }
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
