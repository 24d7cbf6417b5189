import { access, constants } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { BatchRow, BatchState, DocumentState, RequestOf, StageId } from '../../preload/contract.ts';
import { applyClicks, NOT_CLICKED, openBatch } from '../batch/batch.ts';
import { buildBatchReport, writeBatchReport } from '../batch/batch-report.ts';
import {
  type ClickedObject,
  type ClickedPhoto,
  CLICKS_FILE,
  readClicks,
  writeClicks,
} from '../batch/clicks-file.ts';
import { writeContactSheet } from '../batch/contact-sheet.ts';
import { recipeFor } from '../batch/process-item.ts';
import { type BatchItem, BatchQueue, QUEUE_FILE } from '../batch/queue.ts';
import { type BatchEvent, runBatch } from '../batch/run-batch.ts';
import type { EngineOptions } from '../engine/supervisor.ts';
import type { Tiles } from '../engine/tiles.ts';
import { RequestError, toErrorRecord } from '../errors.ts';
import type { Pack } from '../inference/packs.ts';
import { type LoadedRecipe, loadRecipeFile, parseRecipeFile } from '../interop/recipe-file.ts';
import { hasSelection } from '../pipeline/completeness.ts';
import type { Recipe } from '../pipeline/recipe.ts';
import { readNamedFile } from '../pipeline/workbench.ts';
import type { Desk } from './desk.ts';
import type { OpenFolder } from './folder.ts';
import { LookAhead, type NextPhoto } from './look-ahead.ts';
import { type Pictures, THUMBNAIL_SIDE } from './pictures.ts';

export interface BatchDeskParts {
  readonly desk: Desk;
  readonly tiles: Tiles;
  readonly pictures: Pictures;
  packs(): readonly Pack[];
  /** What engines of the batch are started with. */
  engine(): EngineOptions;
  /** By a dialog; null where it was dismissed. */
  chooseRecipe(): Promise<string | null>;
  /** Where results go whose folder cannot be written. */
  readonly fallback: string;
  readonly tell: (state: BatchState | null) => void;
}

/** A batch that is open: its queue, its recipe and the clicks beside the photos. */
interface OpenBatch {
  readonly name: string;
  readonly folder: string;
  readonly out: string;
  readonly clicksFile: string;
  readonly queue: BatchQueue;
  readonly recipe: LoadedRecipe;
  clicks: Map<string, ClickedPhoto>;
}

/** The folder of results, in the folder of photos. */
const RESULTS = 'Davenport';
/** The setting that keeps the recipe, so that a batch goes on as it began. */
const RECIPE_SETTING = 'recipe';
/** How often the window hears of a running batch, ms. */
const TELL_MS = 200;

/** The batch of the open folder: click-through, queue and run. Nothing of it is Electron's. */
export class BatchDesk {
  readonly #parts: BatchDeskParts;
  #batch: OpenBatch | null = null;
  #run: {
    readonly pause: AbortController;
    readonly stop: AbortController;
    readonly ended: Promise<void>;
  } | null = null;
  readonly #atWork = new Map<number, { readonly name: string; stage: StageId | null }>();
  #clicking: number | null = null;
  readonly #ahead: LookAhead;
  /** The folder that was looked into for a batch. */
  #asked: OpenFolder | null = null;
  #revision = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: BatchDeskParts) {
    this.#parts = parts;
    this.#ahead = new LookAhead(parts.engine, parts.packs);
  }

  get state(): BatchState | null {
    const batch = this.#batch;
    if (!batch) return null;
    const counts = batch.queue.counts();
    const unclicked = batch.queue.countFor('person', NOT_CLICKED);
    return {
      name: batch.name,
      out: basename(batch.out),
      recipe: batch.recipe.file.name,
      prompt: String(batch.recipe.file.edit.inpaint.prompt ?? ''),
      state: this.#run === null ? 'idle' : this.#run.pause.signal.aborted ? 'pausing' : 'running',
      counts,
      found: Object.values(counts).reduce((a, b) => a + b, 0),
      unclicked,
      atWork: [...this.#atWork].map(([id, { name, stage }]) => ({ id, name, stage })),
      clicking: this.#clicking === null ? null : { id: this.#clicking, left: Math.max(1, unclicked) },
      revision: this.#revision,
    };
  }

  /** Goes on with the batch that an earlier session made of this folder, once it has been read. */
  async resume(folder: OpenFolder): Promise<void> {
    if (folder === this.#asked) return;
    this.#asked = folder;
    await this.#reopen(folder).catch((error: unknown) => console.error(toErrorRecord(error).message));
  }

  async #reopen(folder: OpenFolder): Promise<void> {
    await this.close();
    const out = await this.#placeOf(folder.root);
    if (!existsSync(join(out, QUEUE_FILE))) return;
    const queue = BatchQueue.open(join(out, QUEUE_FILE));
    const kept = queue.setting(RECIPE_SETTING) as { text: string; product: string | null } | undefined;
    queue.close();
    if (!kept) return;
    const file = parseRecipeFile(kept.text, 'the batch’s recipe');
    await this.#open(folder, out, file, kept.product);
  }

  /** Makes a batch of a folder; null where the dialog for the recipe was dismissed. */
  async begin(folder: OpenFolder, request: RequestOf<'batch.begin'>): Promise<BatchState | null> {
    await this.close();
    const out = await this.#placeOf(folder.root);
    if ('prompt' in request) {
      const { prompt, factor } = request;
      const text = {
        format: 'davenport-recipe',
        version: 1,
        name: prompt.slice(0, 60),
        edit: { inpaint: { prompt } },
        upscale: { factor },
      };
      await this.#open(folder, out, parseRecipeFile(JSON.stringify(text), 'the recipe'), null);
    } else {
      const path = await this.#parts.chooseRecipe();
      if (path === null) return null;
      const { file } = await loadRecipeFile(path);
      await this.#open(
        folder,
        out,
        file,
        file.product === null ? null : resolve(dirname(path), file.product),
      );
    }
    return this.state;
  }

  /** Ends the run, puts back what is at work and lets go of the queue. */
  async close(): Promise<void> {
    this.#run?.stop.abort();
    await this.#run?.ended;
    await this.#ahead.close();
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#batch?.queue.close();
    this.#batch = null;
    this.#clicking = null;
    this.#parts.tell(null);
  }

  page(offset: number, limit: number): BatchRow[] {
    const { queue, out } = this.#require();
    return queue.list(offset, limit).map((item) => this.#row(item, out));
  }

  /** Works through what waits, in the background. */
  start(): BatchState {
    const batch = this.#require();
    if (this.#run) throw new RequestError('The batch is running already', 'Pause it first');
    batch.queue.resume();
    const pause = new AbortController();
    const stop = new AbortController();
    const { queue, recipe, clicks, out } = batch;
    const packs = this.#parts.packs();
    const signals = { pause: pause.signal, signal: stop.signal };
    const running = runBatch({
      queue,
      recipe,
      clicks,
      packs,
      out,
      engine: this.#parts.engine(),
      ...signals,
      onEvent: (e) => this.#hear(e),
    });
    const ended = running
      .catch((error: unknown) => console.error(toErrorRecord(error).message))
      .then(() => this.#end(batch));
    this.#run = { pause, stop, ended };
    return this.#changed();
  }

  pause(): BatchState {
    this.#run?.pause.abort();
    return this.#changed();
  }

  act({ act, ids }: RequestOf<'batch.act'>): BatchState {
    const { queue } = this.#require();
    const some = (state: BatchItem['state']) =>
      ids ??
      queue
        .list()
        .filter((i) => i.state === state)
        .map((i) => i.id);
    switch (act) {
      case 'hold':
        queue.pause(ids);
        break;
      case 'release':
        queue.resume(ids);
        break;
      case 'skip':
        queue.cancel(ids);
        break;
      case 'retry':
        queue.retry(some('failed'));
        break;
      case 'accept':
        queue.accept(some('person'));
        break;
    }
    return this.#changed();
  }

  move(id: number, before: number | null): BatchState {
    this.#require().queue.reorder(id, before);
    return this.#changed();
  }

  /** Opens a photo for clicking; the first that nobody has clicked where no id is given, null where all are. */
  async click(id?: number): Promise<DocumentState | null> {
    const batch = this.#require();
    const [first, second] = batch.queue.listFor('person', NOT_CLICKED, 2);
    const item = id === undefined ? first : batch.queue.item(id);
    if (!item) {
      this.#clicking = null;
      await this.#ahead.close();
      this.#changed();
      return null;
    }
    this.#clicking = item.id;
    await this.#ahead.settle();
    const { photo, project, decide } = toBeClicked(batch, item);
    const document = await this.#parts.desk.openAt(photo, project, decide);
    const next = first?.id === item.id ? second : first;
    if (next) this.#ahead.prepare(toBeClicked(batch, next));
    this.#changed();
    return document;
  }

  /** Takes the clicks of the open photo over, or leaves it out, and opens the next; null after the last. */
  async clicked(skip: boolean): Promise<DocumentState | null> {
    const batch = this.#require();
    const item = this.#clicking === null ? null : batch.queue.item(this.#clicking);
    const document = this.#parts.desk.document;
    if (!item || !document) throw new RequestError('No photo is open for clicking', 'Choose one in the list');
    const objects = skip ? [] : objectsOf(document.recipe);
    if (!skip && objects.length === 0)
      throw new RequestError('Nothing is clicked yet', 'Click the object, or skip the photo');
    batch.clicks.set(item.name, { skip, objects });
    await writeClicks(batch.clicksFile, batch.clicks);
    await this.#parts.desk.closeDocument();
    applyClicks(batch.queue, batch.clicks);
    this.#changed();
    return this.click();
  }

  /** Opens an item's project, to go on with it by hand. */
  openItem(id: number): Promise<DocumentState> {
    const { queue, out } = this.#require();
    const item = queue.item(id);
    if (!item) throw new RequestError('This photo is no longer in the list', 'Choose another one');
    if (item.state === 'running')
      throw new RequestError(`${item.name} is at work now`, 'Wait until it is done');
    this.#clicking = null;
    return this.#parts.desk.openAt(item.photo, join(out, item.project));
  }

  /** The file to show: the folder of results, or its contact sheet, made anew. */
  async reveal(what: RequestOf<'batch.reveal'>): Promise<string> {
    const batch = this.#require();
    if (what === 'folder') return join(batch.out, QUEUE_FILE);
    await this.#report(batch);
    return join(batch.out, 'contact-sheet.html');
  }

  async #open(
    folder: OpenFolder,
    out: string,
    file: LoadedRecipe['file'],
    productPath: string | null,
  ): Promise<void> {
    const product = productPath === null ? null : await readNamedFile(productPath);
    const recipe = { file, product };
    const beside = join(folder.root, CLICKS_FILE);
    const clicksFile = (await isWritable(folder.root)) ? beside : join(out, CLICKS_FILE);
    const clicks = new Map(await readClicks(existsSync(beside) ? beside : clicksFile));
    const queue = await openBatch({ folder: folder.root, out }, recipe, clicks, { photos: folder.found });
    queue.setSetting(RECIPE_SETTING, { text: JSON.stringify(file), product: productPath });
    this.#batch = {
      name: basename(folder.root),
      folder: folder.root,
      out,
      clicksFile,
      queue,
      recipe,
      clicks,
    };
    this.#changed();
  }

  async #placeOf(root: string): Promise<string> {
    if (await isWritable(root)) return join(root, RESULTS);
    return join(this.#parts.fallback, basename(root));
  }

  #row(item: BatchItem, out: string): BatchRow {
    const { id, name, state, reason, stage, verdict, result } = item;
    const { pictures, tiles } = this.#parts;
    const show = (key: string, path: string) =>
      pictures.add(`batch:${key}`, () => tiles.file(path, THUMBNAIL_SIDE));
    return {
      id,
      name,
      state,
      reason,
      stage,
      seconds: result ? Math.round(result.ms / 100) / 10 : null,
      score: verdict?.score ?? null,
      before: state === 'failed' && !item.attempts ? null : show(item.photo, item.photo),
      after: result ? show(`${item.out}:${result.sha256}`, join(out, item.out)) : null,
    };
  }

  #hear(event: BatchEvent): void {
    const { id, name } = event.item;
    if (event.kind === 'item-ended') {
      this.#atWork.delete(id);
      this.#revision += 1;
    } else if (event.kind === 'item-started') {
      this.#atWork.set(id, { name, stage: null });
      this.#revision += 1;
    } else if (event.event.kind === 'node-started') {
      const { stage } = event.event.node;
      if (this.#atWork.get(id)?.stage === stage) return;
      this.#atWork.set(id, { name, stage });
    } else return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#parts.tell(this.state);
    }, TELL_MS);
  }

  async #end(batch: OpenBatch): Promise<void> {
    this.#run = null;
    this.#atWork.clear();
    await this.#report(batch).catch((error: unknown) => console.error(toErrorRecord(error).message));
    if (this.#batch === batch) this.#changed();
  }

  async #report(batch: OpenBatch): Promise<void> {
    const report = buildBatchReport(batch.queue, batch.recipe.file.name, batch.out);
    await writeBatchReport(report);
    await writeContactSheet(
      report,
      batch.folder,
      async (path, side) => (await this.#parts.tiles.file(path, side)).bytes,
    );
  }

  #require(): OpenBatch {
    if (this.#batch) return this.#batch;
    throw new RequestError('No batch is open', 'Open a folder first');
  }

  #changed(): BatchState {
    this.#revision += 1;
    const { state } = this;
    if (!state) throw new TypeError('Expected an open batch');
    this.#parts.tell(state);
    return state;
  }
}

/** An item as its project is opened for clicking: with the batch's recipe, and the clicks it has already. */
function toBeClicked({ recipe, clicks, out }: OpenBatch, item: BatchItem): NextPhoto {
  return {
    id: item.id,
    photo: item.photo,
    project: join(out, item.project),
    decide: async (current, photo) => {
      const objects = clicks.get(item.name)?.objects ?? [];
      return {
        recipe: current.edits.some(hasSelection) ? current : recipeFor(recipe, objects, photo),
        files: recipe.product ? [recipe.product] : [],
        label: `Batch: ${recipe.file.name}`,
      };
    },
  };
}

/** What was clicked in a project, as the file of clicks holds it; edits without a selection are left out. */
function objectsOf(recipe: Recipe): ClickedObject[] {
  return recipe.edits.flatMap(({ segment }) => {
    const { clicks, box } = segment;
    const pick = (label: 'include' | 'exclude') =>
      clicks
        .filter((click) => click.label === label)
        .map(({ x, y }): [number, number] => [Math.round(x), Math.round(y)]);
    const corners: ClickedObject['box'] = box && [box.x0, box.y0, box.x1, box.y1];
    const include = pick('include');
    return include.length > 0 || corners
      ? [{ clicks: include, exclude: pick('exclude'), box: corners, set: {} }]
      : [];
  });
}

async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
}
