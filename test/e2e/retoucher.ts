/**
 * What a retoucher does and sees, for end-to-end tests: everything by roles and labels, as people and screen readers
 * have it, and the state that the window itself is told.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Locator } from 'playwright-core';
import sharp from 'sharp';
import type { DocumentState, Result, StageId } from '../../preload/contract.ts';
import type { AppUnderTest } from './launch.ts';

/** The page's own functions, where the functions below run. */
interface PageWindow {
  readonly davenport: { call(channel: string, request: unknown): Promise<unknown> };
}
declare const window: PageWindow;

/** Photo pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Machines may be slow: nothing here measures time. */
export const PATIENCE = { timeout: 240_000, interval: 100 } as const;
const LOCATOR_PATIENCE = { timeout: PATIENCE.timeout } as const;

/** Steps as the rail names them. */
const STEPS: Readonly<Record<StageId, string>> = {
  segment: '1 Mask',
  depth: '2 Depth',
  inpaint: '3 Replace',
  color: '4 Color',
  upscale: '5 Deliver',
};

export type StepState = 'not ready' | 'stale' | 'running' | 'done' | 'failed';

export interface Retoucher {
  readonly rail: Locator;
  readonly alert: Locator;
  readonly prompt: Locator;
  readonly surface: Locator;
  readonly start: Locator;
  readonly cancel: Locator;
  step(stage: StageId): Locator;
  /** Goes to a step by its button. */
  open(stage: StageId): Promise<void>;
  /** Waits until the rail says so of a step. */
  waitFor(stage: StageId, state: StepState): Promise<void>;
  /** Waits until a project with this photo is open and nothing runs. */
  waitForProject(photo: string): Promise<void>;
  waitUntilIdle(): Promise<void>;
  document(): Promise<DocumentState | null>;
  /** The open document. @throws Error where none is open */
  project(): Promise<DocumentState>;
  /** Where a photo pixel is on the screen, found by the read-out under the photo. */
  placeOf(point: Point): Promise<Point>;
  clickPhoto(point: Point, button?: 'include' | 'exclude'): Promise<void>;
  /** Mean color on the screen at a photo pixel, the pointer being elsewhere. */
  colorAt(point: Point): Promise<readonly number[]>;
  /** The photo pixel that the read-out gives: under the pointer, or the crosshair's. */
  readPixel(): Promise<Point>;
  /** Says what shall stand there. */
  replaceBy(prompt: string): Promise<void>;
  /** Every button of the debug drawer's strip, as text. */
  intermediates(): Promise<string[]>;
}

/** The window's main parts and the gestures on them. */
export function retouch(app: AppUnderTest): Retoucher {
  const { page } = app;
  page.setDefaultTimeout(PATIENCE.timeout);
  const rail = page.getByRole('navigation', { name: 'Steps' });
  const surface = page.getByRole('application', { name: /^Photo\./ });
  const step = (stage: StageId) => rail.getByRole('button', { name: STEPS[stage] });
  const prompt = page.getByRole('textbox', { name: 'What shall stand there' });

  const document = async () => {
    const answer = await page.evaluate(() => window.davenport.call('document.state', undefined));
    const result = answer as Result<DocumentState | null>;
    if (!result.ok) throw new Error(result.error.message);
    return result.value;
  };
  const project = async () => {
    const open = await document();
    if (!open) throw new Error('Expected an open project');
    return open;
  };
  const waitUntilIdle = () =>
    until('Nothing runs', async () => ((await document())?.running ?? null) === null);
  const waitFor = (stage: StageId, state: StepState) =>
    rail.getByRole('button', { name: new RegExp(`^${STEPS[stage]}.* ${state}$`) }).waitFor(LOCATOR_PATIENCE);

  /** Two places of the pointer and what the read-out says of them give the photo's place. */
  const placeOf = async ({ x, y }: Point): Promise<Point> => {
    const box = await boxOf(surface);
    const near = { x: box.x + box.width * 0.35, y: box.y + box.height * 0.4 };
    const far = { x: box.x + box.width * 0.65, y: box.y + box.height * 0.6 };
    const a = await readAt(app, near);
    const b = await readAt(app, far);
    return {
      x: near.x + ((x + 0.5 - a.x) / (b.x - a.x)) * (far.x - near.x),
      y: near.y + ((y + 0.5 - a.y) / (b.y - a.y)) * (far.y - near.y),
    };
  };
  const clickPhoto = async (point: Point, label: 'include' | 'exclude' = 'include') => {
    const at = await placeOf(point);
    if (label === 'exclude') await page.keyboard.down('Alt');
    await page.mouse.click(at.x, at.y);
    if (label === 'exclude') await page.keyboard.up('Alt');
  };
  const colorAt = async (point: Point) => {
    const at = await placeOf(point);
    await rail.hover({ position: { x: 4, y: 4 } });
    const clip = { x: Math.round(at.x) - 2, y: Math.round(at.y) - 2, width: 4, height: 4 };
    const { channels } = await sharp(await page.screenshot({ clip }))
      .removeAlpha()
      .stats();
    return channels.map(({ mean }) => mean);
  };

  return {
    rail,
    surface,
    prompt,
    step,
    document,
    project,
    waitFor,
    waitUntilIdle,
    placeOf,
    clickPhoto,
    colorAt,
    readPixel: () => readPixel(app),
    alert: page.getByRole('alert'),
    start: page.getByRole('region', { name: 'Open', exact: true }),
    cancel: page.getByRole('button', { name: /^Cancel/ }),
    open: async (stage) => {
      await step(stage).click();
      await until(
        `${STEPS[stage]} is shown`,
        async () => (await step(stage).getAttribute('aria-current')) === 'step',
      );
    },
    waitForProject: async (photo) => {
      await rail.waitFor(LOCATOR_PATIENCE);
      await until(`${photo} is open`, async () => (await document())?.photo.name === photo);
      // Depth needs nothing of the user: when it is there, the photo is encoded for clicks as well.
      await waitFor('depth', 'done');
      await waitUntilIdle();
    },
    replaceBy: async (words) => {
      await prompt.fill(words);
      await prompt.press('Enter');
    },
    intermediates: () =>
      page.getByRole('region', { name: 'Intermediates' }).getByRole('listitem').allInnerTexts(),
  };
}

/** For what is used outside of tests too. @throws Error where it does not come to be */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE.timeout;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`Waited in vain: ${what}`);
    await wait(PATIENCE.interval);
  }
}

async function boxOf(locator: Locator) {
  const box = await locator.boundingBox();
  if (!box) throw new Error('Expected the photo to be visible');
  return box;
}

/** The photo pixel that the read-out gives for a place on the screen. */
async function readAt(app: AppUnderTest, at: Point): Promise<Point> {
  // The read-out goes with the pointer: what stands there afterwards is of this place.
  await app.page.mouse.move(1, 1);
  await readOut(app).waitFor({ state: 'detached' });
  await app.page.mouse.move(at.x, at.y);
  const { x, y } = await readPixel(app);
  return { x: x + 0.5, y: y + 0.5 };
}

const readOut = ({ page }: AppUnderTest) => page.getByText(/^\d+, \d+/);

/** What the read-out says of the pointer or the crosshair: a photo pixel, the samples there left out. */
async function readPixel(app: AppUnderTest): Promise<Point> {
  const text = await readOut(app).evaluate(
    (element: { childNodes: Iterable<{ nodeType: number; nodeValue: string }> }) =>
      [...element.childNodes].map(({ nodeType, nodeValue }) => (nodeType === 3 ? nodeValue : '')).join(''),
  );
  const [x = 0, y = 0] = text.split(', ').map(Number);
  return { x, y };
}

/** The largest difference of two colors' channels. */
export function colorDistance(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, channel) => Math.abs(value - (b[channel] ?? 0))));
}
