import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { writeSmallSample } from '../support/sample.ts';
import { findBarriers } from './accessibility.ts';
import { type AppUnderTest, launchApp, skipWithoutApp } from './launch.ts';
import { colorDistance, PATIENCE, type Point, retouch, type Retoucher } from './retoucher.ts';

const WIDTH = 900;
const HEIGHT = 600;

/** Every test goes on where the one before it stopped, as one job does. */
describe.skipIf(skipWithoutApp())('a whole job', { timeout: 600_000 }, () => {
  let folder: string;
  let photo: string;
  let delivered: string;
  let sofa: Point;
  let app: AppUnderTest;
  let by: Retoucher;
  const launch = async () => {
    app = await launchApp({ userData: join(folder, 'user-data') });
    by = retouch(app);
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'davenport-job-'));
    photo = join(folder, 'room.jpg');
    delivered = join(folder, 'delivered.png');
    sofa = await writeSmallSample(photo, WIDTH);
    await launch();
  }, 600_000);
  afterAll(async () => {
    await app?.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const statesOf = async () => {
    const { stages, edit } = await by.project();
    return (stages[edit] ?? []).map(({ state }) => state);
  };
  /** Stages of which something was computed in the last run, and not taken from the project. */
  const stagesThatRan = async () => {
    const { intermediates } = await by.project();
    return [...new Set(intermediates.filter(({ status }) => status === 'ran').map(({ stage }) => stage))];
  };
  /** Sets the color strength by the slider's own keys. */
  const changeStrength = async (key: 'ArrowLeft' | 'ArrowRight' | 'PageDown' | 'Home') => {
    await by.open('color');
    const before = (await by.project()).history.length;
    await app.page.getByRole('slider', { name: 'Strength' }).press(key);
    await expect.poll(async () => (await by.project()).history.length, PATIENCE).toBe(before + 1);
    await by.waitFor('color', 'done');
    await by.waitUntilIdle();
  };
  const deliver = async (path: string) => {
    await app.dialogs.answer('showSaveDialog', { filePath: path });
    const panel = app.page.getByRole('region', { name: 'Deliver' });
    await panel.getByRole('button', { name: /^Deliver…/ }).click();
    await expect
      .poll(async () => (await by.project()).delivery?.file, PATIENCE)
      .toBe(path.slice(folder.length + 1));
    await by.waitUntilIdle();
  };

  it('takes a dropped photo', async () => {
    expect(await findBarriers(app.page)).toEqual([]);
    await app.drop(by.start, [photo]);
    await by.waitForProject('room.jpg');
    expect(await statesOf()).toEqual(['empty', 'done', 'empty', 'empty', 'empty']);
    expect(existsSync(join(folder, 'room.davenport'))).toBe(true);
    expect(await findBarriers(app.page)).toEqual([]);
  });

  it('shows a mask over the clicked sofa and nothing else', async () => {
    const onSofa = { x: sofa.x + 60, y: sofa.y };
    const onWall = { x: Math.round(WIDTH * 0.7), y: Math.round(HEIGHT * 0.25) };
    const before = { sofa: await by.colorAt(onSofa), wall: await by.colorAt(onWall) };
    await by.clickPhoto(sofa);
    await by.waitFor('segment', 'done');
    const [click] = (await by.project()).recipe.edits[0]!.segment.clicks;
    expect(Math.hypot(click!.x - sofa.x, click!.y - sofa.y)).toBeLessThan(3);
    await expect
      .poll(async () => colorDistance(before.sofa, await by.colorAt(onSofa)), PATIENCE)
      .toBeGreaterThan(25);
    expect(colorDistance(before.wall, await by.colorAt(onWall))).toBeLessThan(3);
    expect(await findBarriers(app.page)).toEqual([]);
  });

  it('answers a further click coarsely until the refined mask is there', async () => {
    const coarse = app.page.locator('.proposal[data-from=click]');
    const mask = async () =>
      (await by.project()).intermediates.find(({ key }) => key.endsWith('segment.grow/mask'))?.id;
    const before = await mask();
    await by.waitUntilIdle();
    await app.page.mouse.move(1, 1);
    // Listened for beforehand: it may be gone again before the click is over.
    const seen = coarse.waitFor({ state: 'visible', timeout: PATIENCE.timeout });
    await by.clickPhoto({ x: sofa.x + 40, y: sofa.y });
    await seen;
    await expect.poll(mask, PATIENCE).not.toBe(before);
    await by.waitFor('segment', 'done');
    await coarse.waitFor({ state: 'detached' });
  });

  it('shows depth and floor', async () => {
    await by.open('depth');
    await app.page.getByRole('slider', { name: 'Horizon at the left edge' }).waitFor();
    await app.page.getByRole('radio', { name: 'Depth' }).click();
    expect(await findBarriers(app.page)).toEqual([]);
  });

  it('replaces the sofa by what the prompt says', async () => {
    await by.open('inpaint');
    await by.replaceBy('a dark green velvet sofa');
    await by.waitFor('inpaint', 'done');
    await by.waitUntilIdle();
    const { variations, recipe } = await by.project();
    expect(recipe.edits[0]!.inpaint.prompt).toBe('a dark green velvet sofa');
    expect(variations.filter(({ chosen }) => chosen)).toHaveLength(1);
    await app.page.getByRole('slider', { name: 'Move the piece' }).waitFor();
    expect(await findBarriers(app.page)).toEqual([]);
  });

  it('fits its colors, and leaves everything outside as it was', async () => {
    await by.open('color');
    await by.waitFor('color', 'done');
    await by.waitUntilIdle();
    await app.page.getByText(/^0 of .* differ$/).waitFor();
    await changeStrength('PageDown');
    expect(await stagesThatRan()).toEqual(['color']);
    expect(await findBarriers(app.page)).toEqual([]);
  });

  it('delivers the frame at twice the size', async () => {
    await by.open('upscale');
    await app.page.getByRole('radio', { name: '2×' }).click();
    await app.page.getByRole('radio', { name: 'PNG' }).click();
    await deliver(delivered);
    const report = app.page.getByRole('region', { name: 'Delivered' });
    expect(await report.innerText()).toContain('delivered.png');
    expect(await statesOf()).toEqual(['done', 'done', 'done', 'done', 'done']);
    expect(await findBarriers(app.page)).toEqual([]);

    const result = sharp(delivered);
    expect(await result.metadata()).toMatchObject({ format: 'png', width: 2 * WIDTH, height: 2 * HEIGHT });
    const [now, was] = await Promise.all([
      result.resize(WIDTH, HEIGHT).removeAlpha().raw().toBuffer(),
      sharp(photo).raw().toBuffer(),
    ]);
    expect(meanDifference(now, was, { x: 20, y: 20 })).toBeLessThan(4);
    expect(meanDifference(now, was, sofa)).toBeGreaterThan(12);
  });

  it('opens again from the recent projects with everything done', async () => {
    await app.close();
    await launch();
    const recent = app.page.getByRole('region', { name: 'Recent projects' });
    await recent.getByRole('button', { name: /^room\b/ }).click();
    await by.waitForProject('room.jpg');
    expect(await statesOf()).toEqual(['done', 'done', 'done', 'done', 'done']);
    expect(await stagesThatRan()).toEqual([]);
  });

  it('runs color alone for another color strength, and the upscale when delivered', async () => {
    await changeStrength('PageDown');
    expect(await stagesThatRan()).toEqual(['color']);
    expect(await statesOf()).toEqual(['done', 'done', 'done', 'done', 'stale']);
    await app.page.keyboard.press('d');
    await expect.poll(async () => (await by.intermediates()).length, PATIENCE).toBeGreaterThan(5);
    const shown = await by.intermediates();
    for (const text of shown.filter((each) => /^1-mask|^2-depth|^3-/.test(each)))
      expect(text).toMatch(/cached|text/);
    expect(shown.filter((each) => /\bran\b/.test(each)).join()).toMatch(/^4-/);
    expect(await findBarriers(app.page)).toEqual([]);

    await by.open('upscale');
    await deliver(join(folder, 'again.jpg'));
    expect(await stagesThatRan()).toEqual(['upscale']);
    expect((await sharp(join(folder, 'again.jpg')).metadata()).width).toBe(2 * WIDTH);
  });

  it('undoes back past the reopening, and redoes without computing', async () => {
    const strengths = [];
    let steps = 0;
    for (let open = await by.project(); open.canUndo; open = await by.project()) {
      strengths.push(open.recipe.edits[0]!.color.strength);
      const place = open.history.findIndex(({ place: at }) => at === 'head');
      if (steps % 2 === 0) await app.menu.click('undo');
      else await app.page.keyboard.press('Control+z');
      steps += 1;
      await expect
        .poll(async () => (await by.project()).history.findIndex((each) => each.place === 'head'), PATIENCE)
        .toBeLessThan(place);
    }
    expect(new Set(strengths).size).toBe(3);
    expect(steps).toBeGreaterThanOrEqual(4);
    expect((await by.project()).recipe.edits[0]!.segment.clicks).toEqual([]);
    await by.waitFor('segment', 'not ready');
    for (let open = await by.project(); open.canRedo; open = await by.project()) {
      const place = open.history.findIndex(({ place: at }) => at === 'head');
      await app.page.keyboard.press('Control+Shift+z');
      await expect
        .poll(async () => (await by.project()).history.findIndex((each) => each.place === 'head'), PATIENCE)
        .toBeGreaterThan(place);
    }
    await by.waitUntilIdle();
    expect(await statesOf()).toEqual(['done', 'done', 'done', 'done', 'done']);
  });

  it('has said nothing that it should not', () => {
    expect(app.output()).not.toMatch(/Content.Security.Policy|Uncaught|Unhandled/);
  });
});

/** Mean absolute difference over 20 × 20 px about a place, in levels of 255. */
function meanDifference(a: Buffer, b: Buffer, { x, y }: Point): number {
  let sum = 0;
  for (let row = y - 10; row < y + 10; row++)
    for (let i = (row * WIDTH + x - 10) * 3; i < (row * WIDTH + x + 10) * 3; i++)
      sum += Math.abs(a[i]! - b[i]!);
  return sum / (20 * 20 * 3);
}
