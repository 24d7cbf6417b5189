/**
 * `npm run screens`: pictures of every step and state of the window, taken of the app itself.
 *
 *     node docs/screens/make.ts [--photo FILE x,y …] [--out FOLDER] [--only wide|large] [--part steps|team]
 *
 * Without a photo the bundled sample is shown and the pictures go into this folder; of other photos a few are kept in
 * real-photo/ (see README.md). Every state at 1280 × 800; the main ones at 2560 × 1440 as well.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { type AppUnderTest, launchApp } from '../../test/e2e/launch.ts';
import { type Point, retouch, type Retoucher } from '../../test/e2e/retoucher.ts';
import { sample } from '../../test/support/sample.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values, positionals } = parseArgs({
  options: { photo: { type: 'string' }, out: { type: 'string' }, only: { type: 'string' }, part: { type: 'string' } },
  allowPositionals: true,
});
/** The clicks: given as `x,y` each, or the sample's own. */
const clicks: Point[] = positionals.length
  ? positionals.map((text) => {
      const [x = 0, y = 0] = text.split(',').map(Number);
      return { x, y };
    })
  : (JSON.parse(readFileSync(sample.note, 'utf8')) as { clicks: [number, number][] }).clicks.map(
      ([x, y]) => ({ x, y }),
    );
const out = values.out ?? here;
mkdirSync(out, { recursive: true });

interface Size {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Every state, or the main ones alone. */
  readonly all: boolean;
}
const sizes: readonly Size[] = [
  { name: 'wide', width: 1280, height: 800, all: true },
  { name: 'large', width: 2560, height: 1440, all: false },
];

const folder = mkdtempSync(join(tmpdir(), 'davenport-screens-'));
const photo = join(folder, values.photo ? basename(values.photo) : 'living-room.jpg');
copyFileSync(values.photo ?? sample.photo, photo);
const shoot = join(folder, 'apartment-4');
mkdirSync(join(shoot, 'kitchen'), { recursive: true });
const broken = join(shoot, 'broken.jpg');
writeFileSync(broken, 'no photo');
for (const [name, width] of [
  ['hall.jpg', 1600],
  ['living-room.jpg', 2400],
  ['kitchen/window.jpg', 1200],
] as const)
  await sharp(photo).resize(width).jpeg().toFile(join(shoot, name));

/** What the function below sees in the page. */
declare const window: { readonly innerHeight: number; readonly innerWidth: number };
declare const document: {
  readonly images: Iterable<{
    readonly complete: boolean;
    getBoundingClientRect(): Record<'top' | 'bottom' | 'left' | 'right', number>;
  }>;
};

let app: AppUnderTest;
let by: Retoucher;
let end = async (): Promise<void> => {};

/** Takes the window as it stands, at every size that this state is shown at. */
async function take(name: string, { main = false, settle = 900 } = {}): Promise<void> {
  for (const size of sizes) {
    if ((!size.all && !main) || (values.only !== undefined && values.only !== size.name)) continue;
    await resize(size);
    if (settle >= 900) await picturesInSight();
    // Tiles arrive, bars slide: nothing tells when the last has been drawn.
    await wait(settle);
    const png = await app.page.screenshot();
    const folderOf = join(out, `${size.width}x${size.height}`);
    mkdirSync(folderOf, { recursive: true });
    await sharp(png)
      .webp({ quality: 82, effort: 6 })
      .toFile(join(folderOf, `${name}.webp`));
    if (values.out !== undefined)
      await sharp(png)
        .png()
        .toFile(join(folderOf, `${name}.png`));
  }
  await resize(sizes[0]!);
  process.stderr.write(`${name}\n`);
}

async function resize({ width, height }: Size): Promise<void> {
  const now = app.page.viewportSize();
  if (now?.width === width && now.height === height) return;
  await app.page.setViewportSize({ width, height });
  await wait(300);
}

/** Waits until every small picture in sight has come. */
async function picturesInSight(): Promise<void> {
  await app.page.waitForFunction(() =>
    [...document.images].every((image) => {
      const { top, bottom, left, right } = image.getBoundingClientRect();
      const isOut = bottom < 0 || right < 0 || top > window.innerHeight || left > window.innerWidth;
      return image.complete || isOut;
    }),
  );
}

const press = (keys: string) => app.page.keyboard.press(keys);
const away = () => app.page.mouse.move(640, 796);
const button = (name: string | RegExp) => app.page.getByRole('button', { name });

async function launch(): Promise<void> {
  app = await launchApp({ userData: join(folder, 'user-data') });
  by = retouch(app);
  end = () => app.kill();
  await resize(sizes[0]!);
}

async function startScreen(): Promise<void> {
  await by.start.waitFor();
  await take('01-start-empty');
  await app.drop(by.start, [broken]);
  await by.alert.waitFor();
  await take('02-start-error');
  await press('Escape');
  await app.drop(by.start, [shoot]);
  await app.page.getByText(/ready for the batch/).waitFor();
  await take('03-folder', { main: true });
  await app.page.getByRole('button', { name: 'Back' }).click();
  await app.drop(by.start, [photo]);
  await by.waitForProject(basename(photo));
}

async function maskStep(at: Point, more: readonly Point[]): Promise<void> {
  await away();
  await take('10-mask-empty');
  const place = await by.placeOf(at);
  await app.page.mouse.move(place.x, place.y);
  await app.page.locator('.proposal').waitFor();
  await take('11-mask-hover');
  for (const point of [at, ...more]) {
    await by.clickPhoto(point);
    await by.waitFor('segment', 'done');
    await by.waitUntilIdle();
  }
  await away();
  await take('12-mask-done', { main: true, settle: 1500 });
  await press('b');
  await app.page.mouse.move(place.x + 60, place.y + 50);
  await take('13-mask-brush');
  await press('c');
  await press('z');
  await take('14-mask-actual-pixels');
  await press('f');
}

async function depthStep(): Promise<void> {
  await by.open('depth');
  await app.page.getByRole('slider', { name: 'Horizon at the left edge' }).waitFor();
  await away();
  await take('20-depth-floor', { main: true });
  await app.page.getByRole('radio', { name: 'Depth' }).click();
  await away();
  await take('21-depth-map');
}

async function replaceStep(): Promise<void> {
  await by.open('inpaint');
  await away();
  await take('30-replace-empty');
  await by.replaceBy('a dark green velvet sofa');
  await by.waitFor('inpaint', 'running');
  await take('31-replace-running', { settle: 300 });
  await by.waitFor('inpaint', 'done');
  await by.waitUntilIdle();
  await away();
  await take('32-replace-done', { main: true, settle: 1500 });
  await button('Make four').click();
  const grid = app.page.getByRole('radiogroup', { name: 'Variations' });
  await grid.getByRole('radio').nth(3).waitFor();
  await take('33-replace-variations-running', { settle: 300 });
  await by.waitUntilIdle();
  await grid.scrollIntoViewIfNeeded();
  await take('34-replace-variations', { settle: 1500 });
}

async function colorStep(): Promise<void> {
  await by.open('color');
  await by.waitFor('color', 'done');
  await by.waitUntilIdle();
  await away();
  await take('40-color-wipe', { main: true, settle: 1500 });
  await button('Show the field').click();
  await take('41-color-field');
  await button('Show the field').click();
  await press('y');
  await take('42-color-side-by-side', { main: true });
  await press('y');
  await press('d');
  const frames = app.page.getByRole('region', { name: 'Intermediates' }).getByRole('listitem');
  await frames.first().waitFor();
  await take('43-drawer', { main: true });
  await frames.filter({ hasText: '1-mask' }).first().getByRole('button').click();
  await take('44-drawer-picked');
  await frames
    .filter({ hasText: '2-depth' })
    .first()
    .getByRole('button')
    .click({ modifiers: ['Shift'] });
  await take('45-drawer-two', { main: true });
  await press('Escape');
  await press('d');
}

async function deliverStep(): Promise<void> {
  await by.open('upscale');
  await away();
  await take('50-deliver-ready');
  await app.page.getByRole('radio', { name: 'Print' }).click();
  await take('51-deliver-print');
  await app.page.getByRole('radio', { name: '2×' }).click();
  await app.dialogs.answer('showSaveDialog', { filePath: join(folder, 'delivered.jpg') });
  await button(/^Deliver…/).click();
  await by.waitFor('upscale', 'running');
  await take('52-deliver-running', { settle: 1500 });
  await app.page.getByRole('region', { name: 'Delivered' }).waitFor();
  await by.waitUntilIdle();
  await away();
  await take('53-deliver-done', { main: true, settle: 1500 });
}

async function otherStates(): Promise<void> {
  await press('?');
  await app.page.getByRole('dialog', { name: 'All keys' }).waitFor();
  await take('60-keys', { main: true });
  await press('Escape');
  await press('h');
  await take('61-history');
  await press('Escape');
  await button(/^Models run on/).click();
  await take('62-preferences');
  await press('Escape');
  await by.open('segment');
  await app.page.getByRole('slider', { name: 'Grow' }).press('ArrowRight');
  await by.waitFor('segment', 'done');
  await by.waitUntilIdle();
  await away();
  await take('63-stale');
  await failInpaint();
}

/** The engine's process is killed while it works: the error with its way out. */
async function failInpaint(): Promise<void> {
  await by.open('inpaint');
  await by.waitFor('inpaint', 'done');
  await by.waitUntilIdle();
  await by.replaceBy('a grey linen sofa');
  await by.waitFor('inpaint', 'running');
  await app.evaluate(({ app: electron }) => {
    for (const { pid, name } of electron.getAppMetrics())
      if (/^Davenport (models|pixels)$/.test(name ?? '')) process.kill(pid, 'SIGKILL');
  });
  await by.alert.waitFor();
  await away();
  await take('64-failed', { main: true });
}

async function startAgain(): Promise<void> {
  await app.close();
  await launch();
  await app.page.getByRole('region', { name: 'Recent projects' }).waitFor();
  await take('04-start-recent', { main: true });
}

/** The team's recipes, in a project and for a folder; a batch with its queue. */
async function teamStates(): Promise<void> {
  const share = join(folder, 'recipes');
  mkdirSync(share, { recursive: true });
  const recipe = {
    format: 'davenport-recipe',
    version: 1,
    name: 'Green velvet, spring',
    author: 'Ada',
    note: 'Spring catalogue: every sofa in green velvet, the room’s own light',
    edit: { inpaint: { prompt: 'a green velvet sofa' } },
    locked: ['inpaint.prompt', 'color.strength', 'upscale.factor'],
  };
  writeFileSync(join(share, '1 green.json'), JSON.stringify(recipe));
  const edit = { inpaint: { prompt: 'a tan leather sofa' } };
  const plain = { ...recipe, name: 'Tan leather', author: '', note: '', edit, locked: [] };
  writeFileSync(join(share, '2 tan.json'), JSON.stringify(plain));
  writeFileSync(join(share, '3 autumn.json'), JSON.stringify({ ...recipe, version: 2 }));
  await app.drop(app.page.locator('body'), [photo]);
  await by.waitForProject(basename(photo));
  await press('Control+Alt+r');
  await app.dialogs.answer('showOpenDialog', { filePaths: [share] });
  await button('Choose folder…').click();
  await button('Apply: Green velvet, spring').waitFor();
  await take('70-recipes', { main: true });
  await button('Apply: Green velvet, spring').click();
  await by.open('inpaint');
  await button(/^Locked by/)
    .first()
    .waitFor();
  await away();
  await take('71-locked', { main: true });
  await press('Control+Alt+s');
  await app.page.getByLabel('Name').waitFor();
  await take('72-save-recipe');
  await press('Escape');
  await button('Close project').click();
  await app.drop(app.page.locator('body'), [shoot]);
  await app.page.getByText(/ready for the batch/).waitFor();
  await button('By a recipe…').click();
  await button('Use it: Green velvet, spring').waitFor();
  await take('73-batch-recipes');
  await button('Use it: Green velvet, spring').click();
  await button(/^Click \d+ photos/).waitFor();
  await app.page.getByRole('radio', { name: 'A queue…' }).click();
  await take('74-batch', { main: true });
}

async function stepStates(): Promise<void> {
  await startScreen();
  const [first = { x: 0, y: 0 }, ...more] = clicks;
  await maskStep(first, more);
  await depthStep();
  await replaceStep();
  await colorStep();
  await deliverStep();
  await otherStates();
  await startAgain();
}

try {
  await launch();
  if (values.part !== 'team') await stepStates();
  if (values.part !== 'steps' && values.photo === undefined) await teamStates();
} finally {
  await end();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
