import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { writeSmallSample } from '../support/sample.ts';
import { findBarriers } from './accessibility.ts';
import { type AppUnderTest, launchApp, skipWithoutApp } from './launch.ts';
import { PATIENCE, type Point, retouch, type Retoucher } from './retoucher.ts';

/** Nothing here touches the mouse. */
describe.skipIf(skipWithoutApp())('the whole job by keyboard', { timeout: 600_000 }, () => {
  let folder: string;
  let sofa: Point;
  let app: AppUnderTest;
  let by: Retoucher;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'davenport-keyboard-'));
    sofa = await writeSmallSample(join(folder, 'room.jpg'), 700);
    app = await launchApp({ userData: join(folder, 'user-data') });
    by = retouch(app);
  }, 600_000);
  afterAll(async () => {
    await app?.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const press = (keys: string) => app.page.keyboard.press(keys);
  const isCurrent = (stage: 'segment' | 'depth' | 'inpaint' | 'color' | 'upscale') =>
    expect.poll(() => by.step(stage).getAttribute('aria-current'), PATIENCE).toBe('step');
  it('opens a photo', async () => {
    await by.start.waitFor();
    await app.dialogs.answer('showOpenDialog', { filePaths: [join(folder, 'room.jpg')] });
    await press('Control+o');
    await by.waitForProject('room.jpg');
  });

  it('shows every key on ?', async () => {
    await press('?');
    const sheet = app.page.getByRole('dialog', { name: 'All keys' });
    await sheet.waitFor();
    expect(await sheet.getByText('Click at the crosshair').count()).toBe(1);
    expect(await findBarriers(app.page)).toEqual([]);
    await press('Escape');
    await sheet.waitFor({ state: 'detached' });
  });

  it('clicks the sofa with the crosshair', async () => {
    await press('ArrowRight');
    for (const [axis, back, on] of [
      ['x', 'ArrowLeft', 'ArrowRight'],
      ['y', 'ArrowUp', 'ArrowDown'],
    ] as const) {
      for (let tries = 0; tries < 60; tries++) {
        const far = sofa[axis] - (await by.readPixel())[axis];
        if (Math.abs(far) <= 6) break;
        await press(`${Math.abs(far) > 60 ? 'Shift+' : ''}${far < 0 ? back : on}`);
      }
      expect(Math.abs(sofa[axis] - (await by.readPixel())[axis])).toBeLessThanOrEqual(6);
    }
    await press(' ');
    await by.waitFor('segment', 'done');
    await by.waitUntilIdle();
    expect((await by.project()).recipe.edits[0]!.segment.clicks).toHaveLength(1);
  });

  it('goes on with Enter and Alt with a number, and types what shall stand there', async () => {
    await press('Enter');
    await isCurrent('depth');
    await press('Alt+3');
    await isCurrent('inpaint');
    await expect.poll(() => by.prompt.evaluate((field) => field.matches(':focus')), PATIENCE).toBe(true);
    await app.page.keyboard.type('a green velvet sofa');
    await press('Enter');
    await by.waitFor('inpaint', 'done');
    await press('Alt+4');
    await isCurrent('color');
    await by.waitFor('color', 'done');
    await by.waitUntilIdle();
  });

  it('delivers, compares and looks into the drawer', async () => {
    await press('y');
    await expect
      .poll(
        () => app.page.getByRole('button', { name: 'Side by side' }).getAttribute('aria-pressed'),
        PATIENCE,
      )
      .toBe('true');
    await press('d');
    await app.page.getByRole('region', { name: 'Intermediates' }).waitFor();
    await press('Alt+5');
    await isCurrent('upscale');
    await app.dialogs.answer('showSaveDialog', { filePath: join(folder, 'out.jpg') });
    await press('Control+e');
    await expect.poll(async () => (await by.project()).delivery?.file, PATIENCE).toBe('out.jpg');
    expect(await sharp(join(folder, 'out.jpg')).metadata()).toMatchObject({ format: 'jpeg', width: 1400 });
  });
});
