import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeSmallSample } from '../support/sample.ts';
import { type AppUnderTest, launchApp, skipWithoutApp } from './launch.ts';
import { PATIENCE, retouch, type Retoucher } from './retoucher.ts';

/** What is done in the middle of the inpaint stage; a photo of this size keeps it busy for a while. */
describe.skipIf(skipWithoutApp())('in the middle of the inpaint stage', { timeout: 600_000 }, () => {
  let folder: string;
  let app: AppUnderTest;
  let by: Retoucher;
  let prompts: string[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'davenport-interrupted-'));
    const photo = join(folder, 'room.jpg');
    const sofa = await writeSmallSample(photo, 1800);
    app = await launchApp({ args: [photo], userData: join(folder, 'user-data') });
    by = retouch(app);
    await by.waitForProject('room.jpg');
    await by.clickPhoto(sofa);
    await by.waitFor('segment', 'done');
    await by.open('inpaint');
    prompts = ['a red leather sofa', 'a blue fabric sofa', 'a white velvet armchair', 'a grey loveseat'];
  }, 600_000);
  afterAll(async () => {
    await app?.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** Begins to replace the sofa by something new, and waits until the inpaint stage is at work. */
  beforeEach(async () => {
    await by.replaceBy(prompts.pop() ?? '');
    await by.waitFor('inpaint', 'running');
  }, 600_000);

  const finish = async () => {
    await by.waitFor('inpaint', 'done');
    await by.waitUntilIdle();
    expect(await by.alert.count()).toBe(0);
  };

  it('cancel ends it without a complaint, and it can be run again', async () => {
    await by.cancel.click();
    await by.cancel.waitFor({ state: 'detached' });
    await by.waitUntilIdle();
    expect((await by.project()).error).toBeNull();
    expect(await by.alert.count()).toBe(0);
    await by.waitFor('inpaint', 'stale');
    await app.page.keyboard.press('Control+Enter');
    await finish();
  });

  it('Escape cancels as well', async () => {
    await app.page.keyboard.press('Escape');
    await by.cancel.waitFor({ state: 'detached' });
    await by.waitFor('inpaint', 'stale');
    await by.waitUntilIdle();
    expect((await by.project()).error).toBeNull();
  });

  it('says that its engine was killed, and begins again at a button', async () => {
    const kill = () =>
      app.evaluate(({ app: electron }) => {
        for (const { name, pid } of electron.getAppMetrics())
          if (/^Davenport (models|pixels)$/.test(name ?? '')) process.kill(pid, 'SIGKILL');
      });
    // An engine that has not been handed the stage's work yet begins again unnoticed: what is killed must be at it.
    const isToldOrKilled = async () => {
      if ((await by.alert.count()) > 0) return true;
      await kill();
      return false;
    };
    await expect.poll(isToldOrKilled, { ...PATIENCE, interval: 1500 }).toBe(true);
    expect((await by.project()).error).toMatchObject({ kind: 'machine', action: 'retry' });
    await by.waitFor('inpaint', 'failed');
    await by.alert.getByRole('button', { name: 'Try again' }).click();
    await finish();
    await expect.poll(() => by.alert.count(), PATIENCE).toBe(0);
  });
});
