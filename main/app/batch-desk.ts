import { basename, join } from 'node:path';
import type { BatchRow, BatchState, DocumentState, RequestOf, RunPlace } from '../../preload/contract.ts';
import { NOT_CLICKED, tryAgain } from '../batch/batch.ts';
import { writeClicks } from '../batch/clicks-file.ts';
import { type BatchItem, QUEUE_FILE } from '../batch/queue.ts';
import type { EngineOptions } from '../engine/supervisor.ts';
import type { Tiles } from '../engine/tiles.ts';
import { RequestError, toErrorRecord } from '../errors.ts';
import type { Pack } from '../inference/packs.ts';
import type { Edit } from '../pipeline/recipe.ts';
import { BatchRunner } from './batch-runner.ts';
import { ClickThrough } from './click-through.ts';
import type { Desk } from './desk.ts';
import type { Dialogs } from './dialogs.ts';
import type { OpenFolder } from './folder.ts';
import { LookAhead } from './look-ahead.ts';
import {
  keepPlace,
  keptPlace,
  keptRecipe,
  type OpenBatch,
  openFolderBatch,
  placeOf,
  productPath,
  recipeOfWords,
  writeResults,
} from './open-batch.ts';
import { type Pictures, THUMBNAIL_SIDE } from './pictures.ts';
import type { SettingsStore } from './preferences.ts';
import type { RecipesDesk } from './recipes-desk.ts';

export interface BatchDeskParts {
  readonly desk: Desk;
  readonly tiles: Tiles;
  readonly pictures: Pictures;
  readonly recipes: RecipesDesk;
  readonly dialogs: Dialogs;
  readonly settings: SettingsStore;
  packs(): readonly Pack[];
  /** What engines of the batch are started with. */
  engine(): EngineOptions;
  /** Where results go whose folder cannot be written. */
  readonly fallback: string;
  readonly tell: (state: BatchState | null) => void;
}

/** How often the window hears of a running batch, ms. */
const TELL_MS = 200;

/** The batch of the open folder: click-through, queue and run. Nothing of it is Electron's. */
export class BatchDesk {
  readonly #parts: BatchDeskParts;
  readonly #runner: BatchRunner;
  readonly #ahead: LookAhead;
  readonly #clicking: ClickThrough;
  #batch: OpenBatch | null = null;
  /** The folder that was looked into for a batch. */
  #asked: OpenFolder | null = null;
  #revision = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: BatchDeskParts) {
    this.#parts = parts;
    this.#ahead = new LookAhead(parts.engine, parts.packs);
    this.#clicking = new ClickThrough(parts.desk, this.#ahead);
    this.#runner = new BatchRunner({
      packs: () => parts.packs(),
      engine: () => parts.engine(),
      heard: (items) => this.#tellSoon(items),
    });
  }

  get state(): BatchState | null {
    const batch = this.#batch;
    if (!batch) return null;
    const counts = batch.queue.counts();
    const unclicked = batch.queue.countFor('person', NOT_CLICKED);
    const { current, canGoBack } = this.#clicking;
    const { state, workers, stopped, atWork } = this.#runner;
    return {
      name: batch.name,
      out: basename(batch.out),
      recipe: batch.recipe.file.name,
      prompt: String(batch.recipe.file.edit.inpaint.prompt ?? ''),
      state,
      counts,
      found: Object.values(counts).reduce((a, b) => a + b, 0),
      unclicked,
      runOn: this.#place(),
      workers,
      stopped,
      atWork,
      clicking: current === null ? null : { id: current, left: Math.max(1, unclicked), canGoBack },
      revision: this.#revision,
    };
  }

  /** What a further object of the photo begins with that is open for clicking. */
  get template(): Edit | undefined {
    return this.#clicking.template(this.#batch);
  }

  /** Goes on with the batch that an earlier session made of this folder, once it has been read. */
  async resume(folder: OpenFolder): Promise<void> {
    if (folder === this.#asked) return;
    this.#asked = folder;
    await this.#reopen(folder).catch((error: unknown) => console.error(toErrorRecord(error).message));
  }

  async #reopen(folder: OpenFolder): Promise<void> {
    await this.close();
    const out = await placeOf(folder.root, this.#parts.fallback);
    const kept = keptRecipe(out);
    if (kept) await this.#open(await openFolderBatch(folder, out, kept.file, kept.product));
  }

  /** Makes a batch of a folder; null where the dialog for the recipe was dismissed. */
  async begin(folder: OpenFolder, request: RequestOf<'batch.begin'>): Promise<BatchState | null> {
    await this.close();
    const out = await placeOf(folder.root, this.#parts.fallback);
    if ('prompt' in request) {
      const file = recipeOfWords(request.prompt, request.factor);
      return this.#open(await openFolderBatch(folder, out, file, null));
    }
    const found = await this.#parts.recipes.load('team' in request ? request.team : null);
    if (!found) return null;
    const { file } = found.loaded;
    return this.#open(await openFolderBatch(folder, out, file, productPath(file, found.folder)));
  }

  /** Ends the run, puts back what is at work and lets go of the queue. */
  async close(): Promise<void> {
    await this.#runner.stop();
    this.#runner.clear();
    await this.#ahead.close();
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#batch?.queue.close();
    this.#batch = null;
    this.#clicking.leave();
    this.#parts.tell(null);
  }

  page(offset: number, limit: number): BatchRow[] {
    const { queue, out } = this.#require();
    return queue.list(offset, limit).map((item) => this.#row(item, out));
  }

  /** Where batches run: as it stands, or changed. The last answer counts for the next batch too. */
  async runOn({ on, url, storage }: RequestOf<'batch.runOn'>): Promise<RunPlace> {
    const before = this.#place();
    const chosen =
      storage === 'choose' ? await this.#parts.dialogs.openFolder('Storage that all machines share') : null;
    const place: RunPlace = {
      on: on ?? before.on,
      url: url ?? before.url,
      storage: chosen ?? before.storage,
    };
    if (JSON.stringify(place) === JSON.stringify(before)) return before;
    if (this.#runner.state !== 'idle')
      throw new RequestError('The batch is running', 'Pause it, then choose where it runs');
    const { settings } = this.#parts;
    settings.value.queue = { url: place.url, storage: place.storage };
    await settings.save();
    this.#wanted = place;
    if (this.#batch) {
      keepPlace(this.#batch, place);
      this.#changed();
    }
    return place;
  }

  /** What was said in this session, before there was a batch. */
  #wanted: RunPlace | null = null;

  #place(): RunPlace {
    const kept = this.#batch && keptPlace(this.#batch);
    return kept ?? this.#wanted ?? { on: 'machine', ...this.#parts.settings.value.queue };
  }

  /** Works through what waits, in the background. */
  start(): BatchState {
    const batch = this.#require();
    this.#runner.start(batch, this.#place(), () => this.#end(batch));
    return this.#changed();
  }

  pause(): BatchState {
    this.#runner.pause();
    return this.#changed();
  }

  async act({ act, ids }: RequestOf<'batch.act'>): Promise<BatchState> {
    const batch = this.#require();
    const { queue } = batch;
    const all = (state: BatchItem['state']) =>
      ids ?? queue.list().flatMap((item) => (item.state === state ? [item.id] : []));
    switch (act) {
      case 'hold':
        queue.pause(ids);
        break;
      case 'release':
        queue.resume(ids);
        break;
      case 'skip':
        queue.cancel(ids ?? [...all('queued'), ...all('paused')]);
        break;
      case 'retry':
        await this.#tryAgain(batch, all('failed'));
        break;
      case 'accept':
        queue.accept(ids ?? all('person').filter((id) => queue.item(id)?.reason !== NOT_CLICKED));
        break;
    }
    this.#runner.changed();
    return this.#changed();
  }

  /** What a person tries again is not left out any more. */
  async #tryAgain({ queue, clicks, clicksFile }: OpenBatch, ids: readonly number[]): Promise<void> {
    const names = ids.flatMap((id) => queue.item(id)?.name ?? []).filter((name) => clicks.get(name)?.skip);
    for (const name of names) clicks.delete(name);
    if (names.length > 0) await writeClicks(clicksFile, clicks);
    tryAgain(queue, clicks, ids);
  }

  move(id: number, before: number | null): BatchState {
    this.#require().queue.reorder(id, before);
    this.#runner.changed();
    return this.#changed();
  }

  /** Opens a photo for clicking; the first that nobody has clicked where no id is given, null where all are. */
  click(id?: number): Promise<DocumentState | null> {
    return this.#clicked((batch) => this.#clicking.open(batch, id));
  }

  /** Takes the clicks of the open photo over, or leaves it out, and opens the next; null after the last. */
  clicked(skip: boolean): Promise<DocumentState | null> {
    return this.#clicked((batch) => this.#clicking.done(batch, skip));
  }

  /** Goes back to the photo before the open one. */
  back(): Promise<DocumentState> {
    return this.#clicked((batch) => this.#clicking.back(batch));
  }

  async #clicked<T>(work: (batch: OpenBatch) => Promise<T>): Promise<T> {
    const batch = this.#require();
    try {
      return await work(batch);
    } finally {
      this.#runner.changed();
      if (this.#batch === batch) this.#changed();
    }
  }

  /** Opens an item's project, to go on with it by hand. */
  openItem(id: number): Promise<DocumentState> {
    const { queue, out } = this.#require();
    const item = queue.item(id);
    if (!item) throw new RequestError('This photo is no longer in the list', 'Choose another one');
    if (item.state === 'running')
      throw new RequestError(`${item.name} is at work now`, 'Wait until it is done');
    this.#clicking.leave();
    return this.#parts.desk.openAt(item.photo, join(out, item.project));
  }

  /** The file to show: the folder of results, or its contact sheet, made anew. */
  async reveal(what: RequestOf<'batch.reveal'>): Promise<string> {
    const batch = this.#require();
    return what === 'folder' ? join(batch.out, QUEUE_FILE) : this.#report(batch);
  }

  async #open(batch: OpenBatch): Promise<BatchState> {
    this.#batch = batch;
    if (this.#wanted) keepPlace(batch, this.#wanted);
    return this.#changed();
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

  #tellSoon(items: boolean): void {
    if (items) this.#revision += 1;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#parts.tell(this.state);
    }, TELL_MS);
  }

  async #end(batch: OpenBatch): Promise<void> {
    await this.#report(batch).catch((error: unknown) => console.error(toErrorRecord(error).message));
    if (this.#batch === batch) this.#changed();
  }

  #report(batch: OpenBatch): Promise<string> {
    const { tiles } = this.#parts;
    return writeResults(batch, async (path, side) => (await tiles.file(path, side)).bytes);
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
