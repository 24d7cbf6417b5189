import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSmallSample } from '../support/sample.ts';
import { findBarriers } from './accessibility.ts';
import { type AppUnderTest, launchApp, skipWithoutApp } from './launch.ts';
import { PATIENCE, retouch, type Retoucher } from './retoucher.ts';

describe.skipIf(skipWithoutApp())('what is dropped', { timeout: 600_000 }, () => {
  let folder: string;
  let photos: string;
  let broken: string;
  let app: AppUnderTest;
  let by: Retoucher;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'davenport-intake-'));
    photos = join(folder, 'shoot');
    mkdirSync(join(photos, 'detail'), { recursive: true });
    await writeSmallSample(join(photos, 'front.jpg'), 600);
    await writeSmallSample(join(photos, 'detail', 'side.jpg'), 480);
    broken = join(photos, 'broken.jpg');
    writeFileSync(broken, readFileSync(join(photos, 'front.jpg')).subarray(0, 300));
    writeFileSync(join(photos, 'notes.txt'), 'no photo');
    app = await launchApp({ userData: join(folder, 'user-data') });
    by = retouch(app);
  }, 600_000);
  afterAll(async () => {
    await app?.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('a corrupt file opens nothing and says what to do', async () => {
    await app.drop(by.start, [broken]);
    await by.alert.waitFor();
    expect(await by.alert.innerText()).toContain('broken.jpg');
    expect(await by.document()).toBeNull();
    expect(await by.start.isVisible()).toBe(true);
    expect(await findBarriers(app.page)).toEqual([]);
  });

  it('the corrupt file’s message offers another file', async () => {
    await app.dialogs.answer('showOpenDialog', { canceled: true, filePaths: [] });
    await by.alert.getByRole('button', { name: 'Choose a photo…' }).click();
    await expect.poll(async () => (await app.dialogs.asked()).length, PATIENCE).toBe(1);
    await by.alert.waitFor({ state: 'detached' });
  });

  it('a folder lists its photos, ready for the batch', async () => {
    await app.drop(by.start, [photos]);
    await app.page.getByRole('heading', { name: 'shoot' }).waitFor();
    const status = app.page.getByText('2 photos ready for the batch');
    await status.waitFor();
    const rows = app.page.getByRole('listitem');
    expect(await rows.count()).toBe(3);
    expect(await rows.filter({ hasText: 'front.jpg' }).innerText()).toContain('600');
    expect(await rows.filter({ hasText: /side\.jpg/ }).innerText()).toContain('detail/');
    const bad = rows.filter({ hasText: 'broken.jpg' });
    expect(await bad.getByRole('button', { name: 'Open' }).isDisabled()).toBe(true);
    expect(await findBarriers(app.page)).toEqual([]);
  });

  it('one of them opens, and a corrupt file dropped onto it leaves it open', async () => {
    const row = app.page.getByRole('listitem').filter({ hasText: 'front.jpg' });
    await row.getByRole('button', { name: 'Open' }).click();
    await by.waitForProject('front.jpg');
    await app.drop(by.surface, [broken]);
    await by.alert.waitFor();
    expect((await by.project()).photo.name).toBe('front.jpg');
    await app.page.keyboard.press('Escape');
    await by.alert.waitFor({ state: 'detached' });
  });
});
