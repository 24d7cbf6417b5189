import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSmallSample } from '../support/sample.ts';
import { findBarriers } from './accessibility.ts';
import { type AppUnderTest, launchApp, skipWithoutApp } from './launch.ts';
import { PATIENCE, type Point, retouch, type Retoucher } from './retoucher.ts';

/** The hands' own work: every tool that changes the photo by pointer or key, each one step of the history. */
describe.skipIf(skipWithoutApp())('tools and manners', { timeout: 900_000 }, () => {
  let folder: string;
  let photo: string;
  let sofa: Point;
  let app: AppUnderTest;
  let by: Retoucher;
  const launch = async () => {
    app = await launchApp({ userData: join(folder, 'user-data') });
    by = retouch(app);
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'davenport-manners-'));
    photo = join(folder, 'room.jpg');
    sofa = await writeSmallSample(photo, 600);
    await launch();
    await app.drop(by.start, [photo]);
    await by.waitForProject('room.jpg');
  }, 600_000);
  afterAll(async () => {
    await app?.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const own = async () => (await by.project()).recipe.edits[0]!;
  const settled = async (stage: 'segment' | 'depth' | 'inpaint' | 'color') => {
    await by.waitFor(stage, 'done');
    await by.waitUntilIdle();
  };
  /** Drags over the photo, from one photo pixel to another. */
  const drag = async (from: Point, to: Point) => {
    const [a, b] = [await by.placeOf(from), await by.placeOf(to)];
    await app.page.mouse.move(a.x, a.y);
    await app.page.mouse.down();
    await app.page.mouse.move((a.x + b.x) / 2, (a.y + b.y) / 2, { steps: 4 });
    await app.page.mouse.move(b.x, b.y, { steps: 4 });
    await app.page.mouse.up();
  };
  const undo = async () => {
    const before = (await by.project()).history.findIndex(({ place }) => place === 'head');
    await app.page.keyboard.press('Control+z');
    await expect
      .poll(async () => (await by.project()).history.findIndex(({ place }) => place === 'head'), PATIENCE)
      .toBeLessThan(before);
  };

  it('box, brush and eraser, exclusion and proposals make the mask', async () => {
    await app.page.keyboard.press('x');
    await drag({ x: sofa.x - 120, y: sofa.y - 60 }, { x: sofa.x + 120, y: sofa.y + 60 });
    await expect.poll(async () => (await own()).segment.box, PATIENCE).not.toBeNull();
    await settled('segment');
    await app.page.keyboard.press('b');
    for (const name of ['Size', 'Hardness']) await app.page.getByRole('slider', { name }).press('ArrowRight');
    await drag({ x: sofa.x, y: sofa.y + 80 }, { x: sofa.x + 30, y: sofa.y + 80 });
    await app.page.keyboard.press('e');
    await drag({ x: sofa.x - 60, y: sofa.y }, { x: sofa.x - 30, y: sofa.y });
    await expect.poll(async () => (await own()).segment.strokes.length, PATIENCE).toBe(2);
    await settled('segment');
    await undo();
    expect((await own()).segment.strokes).toHaveLength(1);
    await app.page.getByRole('button', { name: 'Start over' }).click();
    await by.waitFor('segment', 'not ready');
    await app.page.keyboard.press('c');
    await by.clickPhoto(sofa);
    await settled('segment');
    await by.clickPhoto({ x: 60, y: 60 }, 'exclude');
    await expect.poll(async () => (await own()).segment.clicks.at(-1)?.label, PATIENCE).toBe('exclude');
    await settled('segment');
    const other = app.page
      .getByRole('radiogroup', { name: 'Proposals' })
      .getByRole('radio', { checked: false });
    await other.first().click();
    await expect.poll(async () => (await own()).segment.proposal, PATIENCE).not.toBe('auto');
    await undo();
    const panel = app.page.getByRole('region', { name: 'Mask' });
    for (const name of ['Grow', 'Feather'])
      expect(await panel.getByRole('slider', { name }).isVisible()).toBe(true);
    await settled('segment');
    expect(await findBarriers(app.page)).toEqual([]);
  });

  it('the horizon is dragged and swapped', async () => {
    await by.open('depth');
    const line = app.page.getByRole('slider', { name: 'Horizon', exact: true });
    await line.press('Shift+ArrowUp');
    await expect.poll(async () => (await own()).depth.floor, PATIENCE).not.toBe('auto');
    await app.page.getByRole('switch').click();
    await expect.poll(async () => (await own()).depth.invert, PATIENCE).toBe(true);
    await undo();
    await undo();
    await settled('depth');
  });

  it('the piece is moved, sized in cm, turned and flipped', async () => {
    await by.open('inpaint');
    await by.replaceBy('a grey linen sofa');
    await settled('inpaint');
    const steps: [string, string, () => Promise<unknown>][] = [
      ['Move the piece', 'Shift+ArrowRight', async () => (await own()).inpaint.move],
      ['Size, top left', 'Shift+ArrowUp', async () => (await own()).inpaint.scale],
      ['Turn', 'Shift+ArrowRight', async () => (await own()).inpaint.yaw],
    ];
    for (const [name, key, read] of steps) {
      const before = await read();
      await app.page.locator('.piece').getByRole('slider', { name }).press(key);
      await expect.poll(read, PATIENCE).not.toEqual(before);
      await settled('inpaint');
    }
    const { scale } = (await own()).inpaint;
    const width = app.page.getByRole('textbox', { name: 'Width' });
    await width.fill('180');
    await width.press('Enter');
    await expect.poll(async () => (await own()).inpaint.scale, PATIENCE).not.toBe(scale);
    await settled('inpaint');
    await app.page.keyboard.press('Escape');
    await by.surface.focus();
    await app.page.keyboard.press('m');
    await expect.poll(async () => (await own()).inpaint.flip, PATIENCE).toBe(true);
    await settled('inpaint');
    expect(await findBarriers(app.page)).toEqual([]);
  });

  it('a product picture takes the catalogue’s place, without variations that would all be the same', async () => {
    const product = join(folder, 'product.png');
    const chair = { create: { width: 120, height: 90, channels: 4, background: '#8a4b2f' } } as const;
    await sharp({ create: { width: 200, height: 120, channels: 4, background: '#00000000' } })
      .composite([{ input: await sharp(chair).png().toBuffer(), left: 40, top: 30 }])
      .png()
      .toFile(product);
    await app.drop(app.page.getByText('Use a product picture'), [product]);
    await expect.poll(async () => (await own()).inpaint.product, PATIENCE).toMatch(/^[0-9a-f]{64}$/);
    await settled('inpaint');
    expect(await app.page.getByRole('region', { name: 'Variations' }).count()).toBe(0);
    await undo();
    await settled('inpaint');
    await app.page.getByText(/Each turns the piece/).waitFor();
  });

  it('wipe and side by side compare, a draft shows a color while its slider moves', async () => {
    await by.open('color');
    await settled('color');
    const strength = app.page.getByRole('slider', { name: 'Strength' });
    await strength.press('PageDown');
    await app.page.locator('[data-draft]').waitFor();
    await settled('color');
    // The exact composite has taken the draft's place.
    await app.page.locator('[data-draft]').waitFor({ state: 'detached' });
    await by.surface.focus();
    for (const [key, mode] of [
      ['y', 'side'],
      ['w', 'wipe'],
      ['w', 'none'],
    ] as const) {
      await app.page.keyboard.press(key);
      await app.page.locator(`.viewer-area[data-compare="${mode}"]`).waitFor();
    }
  });

  it('intermediates are exported and a copy is saved', async () => {
    const exported = join(folder, 'intermediates');
    await app.dialogs.answer('showOpenDialog', { canceled: false, filePaths: [exported] });
    await app.menu.click('export-all');
    await expect
      .poll(() => (existsSync(exported) ? readdirSync(exported).join() : ''), PATIENCE)
      .toMatch(/1-mask\.png.*4-composite\.png/);
    const copy = join(folder, 'copy.davenport');
    await app.dialogs.answer('showSaveDialog', { canceled: false, filePath: copy });
    await app.page.keyboard.press('Control+Shift+s');
    await expect.poll(() => existsSync(copy), PATIENCE).toBe(true);
    expect((await by.project()).name).toBe('room.davenport');
    // A project dropped onto the open one takes its place, history and all.
    const { history } = await by.project();
    await app.drop(by.surface, [copy]);
    await expect.poll(async () => (await by.document())?.name, PATIENCE).toBe('copy.davenport');
    expect((await by.project()).history.map(({ label }) => label)).toEqual(history.map(({ label }) => label));
    expect((await app.page.title()).length).toBeGreaterThan(0);
  });

  it('a recent project that went away is shown as missing', async () => {
    await app.close();
    renameSync(join(folder, 'copy.davenport'), join(folder, 'gone.davenport'));
    await launch();
    const recent = app.page.getByRole('region', { name: 'Recent projects' });
    await recent.waitFor();
    expect(await recent.innerText()).toMatch(/missing|not found|gone|away/i);
    expect(await findBarriers(app.page)).toEqual([]);
  });
});
