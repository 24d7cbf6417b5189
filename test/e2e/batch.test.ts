import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BatchQueue, QUEUE_FILE } from '../../main/batch/queue.ts';
import { writeSmallSample } from '../support/sample.ts';
import { findBarriers } from './accessibility.ts';
import { type AppUnderTest, launchApp, skipWithoutApp } from './launch.ts';
import { PATIENCE, retouch, type Retoucher } from './retoucher.ts';

describe.skipIf(skipWithoutApp())(
  'a folder, from clicking through to the last delivery',
  { timeout: 900_000 },
  () => {
    const names = ['a.jpg', 'b.jpg', 'c.jpg'];
    let folder: string;
    let photos: string;
    let clicks: { x: number; y: number };
    let app: AppUnderTest;
    let by: Retoucher;
    const open = async () => {
      app = await launchApp({ userData: join(folder, 'user-data') });
      by = retouch(app);
      await app.drop(by.start, [photos]);
    };
    /** For eyes: where SCREENS names a folder. */
    const look = async (name: string) => {
      const screens = process.env['SCREENS'];
      if (screens) await app.page.screenshot({ path: join(screens, `batch-${name}.png`) });
    };
    const button = (name: string | RegExp) => app.page.getByRole('button', { name });
    const row = (name: string) => app.page.getByRole('listitem').filter({ hasText: name });

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'davenport-batch-'));
      photos = join(folder, 'shoot');
      await mkdir(photos);
      for (const [i, name] of names.entries())
        clicks = await writeSmallSample(join(photos, name), 480 + 8 * i);
      await open();
    }, 900_000);
    afterAll(async () => {
      await app?.kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    });

    it('a prompt for all makes a batch of the folder', async () => {
      await app.page.getByPlaceholder('a green velvet sofa').fill('a green velvet sofa');
      await button('Make a batch').click();
      await button('Click 3 photos').waitFor();
      await look('1-made');
      expect(await row('a.jpg').innerText()).toMatch(/Needs a person/);
      expect(await findBarriers(app.page)).toEqual([]);
    });

    it('each photo fills the viewer; one click, Enter, and the next is there', async () => {
      await button('Click 3 photos').click();
      for (const name of names.slice(0, 2)) {
        await by.waitForProject(name);
        await by.clickPhoto(clicks);
        await expect
          .poll(async () => (await by.project()).recipe.edits[0]?.segment.clicks.length, PATIENCE)
          .toBe(1);
        await look(`2-clicked-${name}`);
        await app.page.keyboard.press('Enter');
      }
      await by.waitForProject('c.jpg');
      await app.page.keyboard.press('s');
      await button('Run 2 photos').waitFor();
      const file = JSON.parse(readFileSync(join(photos, 'davenport-clicks.json'), 'utf8')) as {
        photos: Record<string, object>;
      };
      expect(file.photos['a.jpg']).toEqual({ clicks: [[expect.any(Number), expect.any(Number)]] });
      expect(file.photos['c.jpg']).toEqual({ skip: true });
    });

    it('pause finishes what is at work; after quitting and reopening the rest is done', async () => {
      await button('Run 2 photos').click();
      await button('Pause').click();
      await button(/^(Run|Nothing waits)/).waitFor();
      await app.close();
      await open();
      const run = button(/^(Run|Nothing waits)/);
      await run.waitFor();
      if (await run.isEnabled()) await run.click();
      await expect.poll(() => row('a.jpg').innerText(), PATIENCE).toMatch(/Delivered|Needs a person/);
      await expect.poll(() => row('b.jpg').innerText(), PATIENCE).toMatch(/Delivered|Needs a person/);
      for (const name of ['a.jpg', 'b.jpg']) {
        const accept = row(name).getByRole('button', { name: /^Accept/ });
        if (await accept.isVisible()) await accept.click();
      }
      const again = button(/^Run/);
      if (await again.isVisible()) await again.click();
      for (const name of ['a', 'b']) {
        await expect.poll(() => row(`${name}.jpg`).innerText(), PATIENCE).toMatch(/Delivered/);
        const delivered = await sharp(join(photos, 'Davenport', `${name}-edited.jpg`)).metadata();
        const source = await sharp(join(photos, `${name}.jpg`)).metadata();
        expect(delivered.width).toBe(2 * source.width);
      }
      await look('3-done');
      expect(await row('c.jpg').innerText()).toMatch(/Left out/);
      await expect.poll(() => existsSync(join(photos, 'Davenport', 'report.csv')), PATIENCE).toBe(true);
      expect(await findBarriers(app.page)).toEqual([]);
    });

    it('a delivered photo opens as a project, and closing it leads back to the batch', async () => {
      await row('a.jpg').getByRole('button', { name: /^Open/ }).click();
      await by.waitForProject('a.jpg');
      expect((await by.project()).recipe.edits[0]?.inpaint.prompt).toBe('a green velvet sofa');
      await button('Close project').click();
      await row('a.jpg').waitFor();
    });

    it('a team’s recipe is applied from its folder: what it locks is shown locked, until it is detached', async () => {
      const share = join(folder, 'share');
      await mkdir(share);
      const recipe = {
        format: 'davenport-recipe',
        version: 1,
        name: 'Tan armchair',
        author: 'Ada',
        note: 'For the spring catalogue',
        edit: { inpaint: { prompt: 'a tan leather armchair' } },
        locked: ['inpaint.prompt', 'color.strength'],
      };
      writeFileSync(join(share, 'tan.json'), JSON.stringify(recipe));
      writeFileSync(join(share, 'tomorrow.json'), JSON.stringify({ ...recipe, version: 9 }));
      await row('a.jpg').getByRole('button', { name: /^Open/ }).click();
      await by.waitForProject('a.jpg');
      await app.page.keyboard.press('Control+Alt+r');
      await app.dialogs.answer('showOpenDialog', { filePaths: [share] });
      await button('Choose folder…').click();
      await row('tomorrow.json').getByText('version 9').waitFor();
      await look('4-recipes');
      expect(await findBarriers(app.page)).toEqual([]);
      await row('Tan armchair')
        .getByRole('button', { name: /^Apply/ })
        .click();
      await button('Recipe “Tan armchair”, 2 parameters locked').waitFor();
      await app.page.keyboard.press('Alt+3');
      await button('Locked by the recipe “Tan armchair”').first().waitFor();
      await look('5-locked');
      const prompt = app.page.locator('textarea.prompt');
      await prompt.focus();
      expect(await prompt.evaluate((field) => field.matches(':focus'))).toBe(false);
      await app.page.keyboard.press('Control+Alt+s');
      await app.page.getByLabel('Name').fill('Tan armchair 2');
      await look('6-save');
      expect(await findBarriers(app.page)).toEqual([]);
      await button('Save').click();
      await expect.poll(() => existsSync(join(share, 'Tan armchair 2.json')), PATIENCE).toBe(true);
      await button(/^Recipe “Tan armchair”/).click();
      await look('7-chip');
      await app.page.getByRole('menuitem', { name: 'Detach from “Tan armchair”' }).click();
      await button('No recipe').waitFor();
      expect((await by.project()).recipe.edits[0]?.inpaint.prompt).toBe('a tan leather armchair');
      await button('Close project').click();
      await row('a.jpg').waitFor();
    });

    it('the batch can be given a queue; what is missing is said where it runs', async () => {
      await app.page.getByRole('radio', { name: 'A queue…' }).click();
      await app.page.getByLabel('Address of the queue').fill('redis://127.0.0.1:1');
      await app.dialogs.answer('showOpenDialog', { filePaths: [folder] });
      await button('Shared storage…').click();
      await button(folder).waitFor();
      await row('c.jpg')
        .getByRole('button', { name: /^Try again/ })
        .click();
      await button('Click 1 photo').waitFor();
      await look('8-queue');
      expect(await findBarriers(app.page)).toEqual([]);
      await app.page.getByRole('radio', { name: 'This machine' }).click();
    });

    it('a queue of ten thousand opens, and scrolls to its end', async () => {
      const many = join(folder, 'many');
      await mkdir(join(many, 'Davenport'), { recursive: true });
      await writeSmallSample(join(many, 'z.jpg'), 320);
      const queue = BatchQueue.open(join(many, 'Davenport', QUEUE_FILE));
      const item = (name: string) => ({
        name,
        photo: join(many, name),
        project: `projects/${name}`,
        out: name,
      });
      queue.add(
        Array.from({ length: 10_000 }, (_, i) => ({
          ...item(`photo ${i + 1}.jpg`),
          state: 'queued' as const,
        })),
      );
      const text = JSON.stringify({ format: 'davenport-recipe', version: 1, name: 'Many' });
      queue.setSetting('recipe', { text, product: null });
      queue.close();
      await app.drop(app.page.locator('body'), [many]);
      await row('photo 1.jpg').waitFor();
      expect(await app.page.getByRole('listitem').count()).toBeLessThan(100);
      await app.page.getByRole('list', { name: 'Photos of the batch' }).hover();
      await expect
        .poll(async () => {
          await app.page.mouse.wheel(0, 400_000);
          return row('photo 10000.jpg').isVisible();
        }, PATIENCE)
        .toBe(true);
      expect(await app.page.getByRole('listitem').count()).toBeLessThan(100);
    });
  },
);
