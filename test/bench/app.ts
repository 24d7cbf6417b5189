/**
 * What a retoucher waits for in the window, measured in the app itself:
 *
 *     node test/bench/app.ts [12-MP photo x,y]
 *
 * Start to usable window, click to mask shown, slider to preview on 12 MP, the main process's event-loop delay during a
 * full run, and frame times while panning a 100 MP photo.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { type AppUnderTest, launchApp } from '../e2e/launch.ts';
import { type Point, type Retoucher, retouch } from '../e2e/retoucher.ts';
import { sample } from '../support/sample.ts';

const ROUNDS = 5;
/** Between two looks at the project: looking without end would take a core from what is measured. */
const POLL_MS = 15;
/** How far from the first click the further ones are, photo pixels. */
const AROUND = 110;
const shared = fileURLToPath(new URL('../../../shared/photos/sectional-12mp.jpg', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'davenport-bench-'));
const rows: Record<string, Record<string, number | string>> = {};

/** What the functions below see in the main process and in the page. */
interface Measuring {
  davenportDelay?: ReturnType<typeof monitorEventLoopDelay>;
}
interface PageWindow {
  davenportFrames?: number[];
}
declare const window: PageWindow;
declare function requestAnimationFrame(frame: (time: number) => void): number;
declare const document: {
  querySelectorAll(selector: string): Iterable<{ complete: boolean; naturalWidth: number }>;
  querySelector(selector: string): { getAttribute(name: string): string | null } | null;
};

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const percentile = (values: readonly number[], share: number) =>
  sorted(values)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? Number.NaN;
const round = (ms: number) => (ms < 100 ? Math.round(ms * 10) / 10 : Math.round(ms));
const note = (what: string, times: readonly number[]) => {
  const [median, worst] = [percentile(times, 0.5), Math.max(...times)];
  rows[what] = { 'median ms': round(median), 'worst ms': round(worst), rounds: times.length };
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function measureStart(): Promise<void> {
  const times: number[] = [];
  const userData = join(folder, 'user-data');
  for (let i = 0; i < 4; i++) {
    let app: AppUnderTest | undefined;
    const ms = await timed(async () => {
      app = await launchApp({ userData });
      await app.page.getByRole('button', { name: 'Open a photo…' }).click({ trial: true });
    });
    await app?.close();
    // The first one builds what has changed and fills the disk's cache.
    if (i > 0) times.push(ms);
  }
  note('start to usable window', times);
}

/** The photo on 12 MP: the given one, the shared one, or the sample brought to that size. */
async function findPhoto(): Promise<{ photo: string; at: Point }> {
  const [given, place] = process.argv.slice(2);
  const photo = join(folder, 'photo.jpg');
  if (given !== undefined && place !== undefined) {
    copyFileSync(given, photo);
    const [x = 0, y = 0] = place.split(',').map(Number);
    return { photo, at: { x, y } };
  }
  if (existsSync(shared)) {
    copyFileSync(shared, photo);
    return { photo, at: { x: 720, y: 2000 } };
  }
  await sharp(sample.photo).resize(4243, 2829, { fit: 'fill' }).jpeg({ quality: 90 }).toFile(photo);
  return { photo, at: { x: Math.round((1274 / 2400) * 4243), y: Math.round((1065 / 1600) * 2829) } };
}

/** Times of the event loop's delay between the two calls, ms. */
async function startDelay(
  app: AppUnderTest,
): Promise<() => Promise<{ p50: number; p99: number; max: number }>> {
  await app.evaluate(async () => {
    const { monitorEventLoopDelay } = process.getBuiltinModule('node:perf_hooks');
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    (globalThis as Measuring).davenportDelay = delay;
  });
  return () =>
    app.evaluate(() => {
      const delay = (globalThis as Measuring).davenportDelay;
      if (!delay) throw new Error('Expected a running measurement');
      delay.disable();
      const ms = (value: number) => Math.max(0, value / 1e6 - 5);
      return { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) };
    });
}

async function measureJob(): Promise<void> {
  const { photo, at } = await findPhoto();
  const app = await launchApp({ userData: join(folder, 'job') });
  try {
    const by = retouch(app);
    await by.start.waitFor();
    const finishDelay = await startDelay(app);
    await app.drop(by.start, [photo]);
    await by.waitForProject(basename(photo));
    await measureClicks(app, by, at);
    await by.open('inpaint');
    await by.replaceBy('a dark green velvet sofa');
    await by.waitFor('inpaint', 'done');
    await by.waitUntilIdle();
    await by.open('color');
    await by.waitFor('color', 'done');
    await by.waitUntilIdle();
    await measureSlider(app, by);
    const { p50, p99, max } = await finishDelay();
    rows['main process, event-loop delay'] = {
      'p50 ms': round(p50),
      'p99 ms': round(p99),
      'worst ms': round(max),
    };
  } finally {
    await app.kill();
  }
}

/** From the press of the button until the first answer is drawn, and until the refined mask is there. */
async function measureClicks(app: AppUnderTest, by: Retoucher, at: Point): Promise<void> {
  const first: number[] = [];
  const refined: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const place = await by.placeOf({ x: at.x + i * 12, y: at.y });
    // What hovering shows would be the answer already.
    await app.page.mouse.move(1, 1);
    await app.page.locator('.proposal').waitFor({ state: 'detached' });
    const started = performance.now();
    await app.page.mouse.click(place.x, place.y);
    await app.page.waitForFunction(() =>
      [...document.querySelectorAll('.proposal, .mask-tint canvas')].some(
        ({ complete, naturalWidth }) => complete !== false && naturalWidth !== 0,
      ),
    );
    first.push(performance.now() - started);
    await by.waitFor('segment', 'done');
    await by.waitUntilIdle();
    refined.push(performance.now() - started);
    await app.page.getByRole('button', { name: 'Start over' }).click();
    await by.waitFor('segment', 'not ready');
    await app.page.locator('.proposal, .mask-tint').first().waitFor({ state: 'detached' });
  }
  note('first click to mask shown, 12 MP', first);
  note('first click to refined mask, 12 MP', refined);
  await by.clickPhoto(at);
  await by.waitFor('segment', 'done');
  await by.waitUntilIdle();
  await measureFurtherClicks(app, by, at);
}

/** Clicks around the first: until a coarse answer is drawn, and until the refined mask is in the project. */
async function measureFurtherClicks(app: AppUnderTest, by: Retoucher, at: Point): Promise<void> {
  const coarse: number[] = [];
  const refined: number[] = [];
  const mask = async () =>
    (await by.project()).intermediates.find(({ key }) => key.endsWith('segment.grow/mask'));
  for (let i = 0; i < ROUNDS; i++) {
    const angle = (2 * Math.PI * i) / ROUNDS;
    const place = await by.placeOf({
      x: Math.round(at.x + AROUND * Math.cos(angle)),
      y: Math.round(at.y + AROUND * Math.sin(angle)),
    });
    await app.page.mouse.move(1, 1);
    await app.page.locator('.proposal').waitFor({ state: 'detached' });
    const before = (await mask())?.id;
    const started = performance.now();
    await app.page.mouse.click(place.x, place.y);
    await app.page.waitForFunction(
      () => [...document.querySelectorAll('.proposal')].some(({ naturalWidth }) => naturalWidth > 0),
      undefined,
      { polling: 'raf' },
    );
    coarse.push(performance.now() - started);
    for (;;) {
      await pause(POLL_MS);
      const now = await mask();
      if (now && now.id !== before && now.status !== 'pending') break;
    }
    refined.push(performance.now() - started);
    await by.waitUntilIdle();
  }
  note('further click to coarse mask shown, 12 MP', coarse);
  note('further click to refined mask, 12 MP', refined);
}

/** One step of the strength slider until a composite that shows it is drawn, and until the exact one is there. */
async function measureSlider(app: AppUnderTest, by: Retoucher): Promise<void> {
  const drawn: number[] = [];
  const exact: number[] = [];
  const slider = app.page.getByRole('slider', { name: 'Strength' });
  const draft = () =>
    app.page.evaluate(() => document.querySelector('[data-draft]')?.getAttribute('data-draft') ?? '');
  const composite = async () =>
    (await by.project()).intermediates.find(({ key }) => key.endsWith('color.composite/composite'));
  // What the panel prepares when it is opened.
  await pause(1500);
  for (let i = 0; i < ROUNDS; i++) {
    const [before, shown] = [(await composite())?.id, await draft()];
    const started = performance.now();
    await slider.press('ArrowLeft');
    await app.page.waitForFunction(
      (last) => {
        const now = document.querySelector('[data-draft]')?.getAttribute('data-draft') ?? '';
        return now !== '' && now !== last;
      },
      shown,
      { polling: 'raf' },
    );
    drawn.push(performance.now() - started);
    for (;;) {
      await pause(POLL_MS);
      const now = await composite();
      if (now && now.id !== before && now.status !== 'pending') break;
    }
    exact.push(performance.now() - started);
    await by.waitFor('color', 'done');
    await by.waitUntilIdle();
  }
  note('color slider to composite drawn, 12 MP', drawn);
  note('color slider to exact composite, 12 MP', exact);
}

async function measurePanning(): Promise<void> {
  const photo = join(folder, 'hundred.jpg');
  await sharp(sample.photo).resize(12_240, 8160, { fit: 'fill' }).jpeg({ quality: 88 }).toFile(photo);
  const app = await launchApp({ userData: join(folder, 'pan') });
  try {
    const by = retouch(app);
    await app.drop(by.start, [photo]);
    await by.waitForProject(basename(photo));
    await app.page.keyboard.press('z');
    await pause(3000);
    await app.page.evaluate(() => {
      const frames: number[] = [];
      window.davenportFrames = frames;
      let last = 0;
      const next = (time: number) => {
        if (last > 0) frames.push(time - last);
        last = time;
        if (window.davenportFrames) requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    });
    const { mouse } = app.page;
    await mouse.move(640, 450);
    await app.page.keyboard.down('Space');
    for (let stroke = 0; stroke < 6; stroke++) {
      const way = stroke % 2 === 0 ? 1 : -1;
      await mouse.move(640 - way * 250, 450);
      await mouse.down();
      await mouse.move(640 + way * 250, 450 + way * 120, { steps: 40 });
      await mouse.up();
    }
    await app.page.keyboard.up('Space');
    const frames = await app.page.evaluate(() => {
      const all = window.davenportFrames ?? [];
      delete window.davenportFrames;
      return all;
    });
    rows['frame while panning 100 MP at 1:1'] = {
      'median ms': round(percentile(frames, 0.5)),
      'p95 ms': round(percentile(frames, 0.95)),
      'p99 ms': round(percentile(frames, 0.99)),
      'worst ms': round(Math.max(...frames)),
      rounds: frames.length,
    };
  } finally {
    await app.kill();
  }
}

const before = loadavg()[0] ?? 0;
try {
  const parts = { start: measureStart, job: measureJob, pan: measurePanning };
  const wanted = process.env['ONLY']?.split(',');
  for (const [name, part] of Object.entries(parts)) if (!wanted || wanted.includes(name)) await part();
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
console.table(rows);
const [cpu] = cpus();
console.log(
  `${cpus().length} cores, ${cpu?.model ?? 'unknown processor'}; load average ${before.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after`,
);
