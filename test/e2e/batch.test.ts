import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
