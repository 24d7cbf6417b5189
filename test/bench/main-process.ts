/**
 * How long the main process keeps its event loop waiting during a whole edit: open, click, replace, color, five drafts
 * of a slider, undo, a factor-1 delivery. Everything the main process does is real but Electron itself.
 *
 *     node test/bench/main-process.ts [photo] [x,y]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { copyFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { startProgramUnderTest } from '../integration/app/program-under-test.ts';

const sample = fileURLToPath(new URL('../../assets/samples/living-room.jpg', import.meta.url));
const [source = sample, at = '1274,1065'] = process.argv.slice(2);
const [x = 0, y = 0] = at.split(',').map(Number);
const folder = mkdtempSync(join(tmpdir(), 'davenport-bench-'));
const photo = join(folder, basename(source));
copyFileSync(source, photo);

const app = await startProgramUnderTest({ folder });
const resolution = 1;
const rows: Record<string, Record<string, number>> = {};

/** One step of the edit: wall time, and the delay of timers that were due meanwhile, less their own resolution. */
async function measure(name: string, work: () => Promise<unknown>): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  const started = performance.now();
  await work();
  const wall = performance.now() - started;
  delay.disable();
  const ms = (value: number) => Math.max(0, Math.round((value / 1e6 - resolution) * 10) / 10);
  rows[name] = {
    'wall ms': Math.round(wall),
    'p50 ms': ms(delay.percentile(50)),
    'p99 ms': ms(delay.percentile(99)),
    'max ms': ms(delay.max),
  };
}

const change = (stage: 'segment' | 'inpaint' | 'color' | 'upscale', values: object, commit = true) =>
  app.ask('recipe.change', { edit: 0, stage, values: values as never, label: 'Changed', commit });
const run = (until: 'segment' | 'depth' | 'color') => app.ask('run.start', { until });

try {
  await measure('open', () => app.desk.open([photo]));
  await measure('prepare', () => run('depth'));
  await measure('click to mask', async () => {
    await change('segment', { clicks: [{ x, y, label: 'include' }] });
    await run('segment');
  });
  await measure('replace to color', async () => {
    await change('inpaint', { prompt: 'a green velvet sofa' });
    await run('color');
  });
  await measure('five drafts of color', async () => {
    for (const strength of [0.9, 0.8, 0.7, 0.6, 0.5]) {
      await change('color', { strength }, false);
      await run('color');
    }
  });
  await measure('undo and redo', async () => {
    await change('color', { strength: 0.5 });
    for (let i = 0; i < 5; i++) {
      await app.ask('recipe.undo', undefined);
      await app.ask('recipe.redo', undefined);
    }
  });
  await measure('deliver at factor 1', async () => {
    await change('upscale', { factor: 1 });
    app.answers.push(join(folder, 'out.png'));
    await app.ask('deliver.run', { format: 'png', profile: 'photo' });
  });
  await measure('save a copy', async () => {
    app.answers.push(join(folder, 'copy.davenport'));
    await app.ask('document.copy', undefined);
  });
  await measure('close', () => app.ask('document.close', undefined));
  console.table(rows);
} finally {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
}
