/**
 * `node test/bench/diffusion/steps.ts`: what a step of sampling takes beside `session.run`, at 64 × 64 × 4 latents,
 * through the real engine (two processes and their socket), with graphs that compute next to nothing. Two runs of
 * different length tell a step from the start-up. Prints milliseconds, the bar, and memory every ten steps.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { startEngine } from '../../../main/engine/supervisor.ts';
import { createProject } from '../../../main/store/project.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const BAR = 2;
const SHORT = 10;
const LONG = 40;
const ROUNDS = 5;

function makeHollowPack(parent: string): void {
  const folder = join(parent, 'hollow');
  mkdirSync(folder);
  const models = Object.fromEntries(
    ['unet', 'controlnet_depth'].map((name) => {
      const file = `${name}.onnx`;
      copyFileSync(join(HERE, file), join(folder, file));
      const bytes = readFileSync(join(folder, file));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return [name, { file, stage: 'inpaint', sha256, bytes: bytes.length }];
    }),
  );
  const manifest = { id: 'hollow', version: '1', title: 'Hollow', licence: 'Apache-2.0', source: 'make.py' };
  writeFileSync(join(folder, 'pack.json'), JSON.stringify({ ...manifest, models, files: [] }));
}

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
