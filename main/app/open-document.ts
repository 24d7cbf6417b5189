import { basename } from 'node:path';
import type { Delivery, DocumentState, Running } from '../../preload/contract.ts';
import { RequestError, toErrorRecord } from '../errors.ts';
import { findGaps } from '../pipeline/completeness.ts';
import type { Surroundings } from '../pipeline/fingerprint.ts';
import type { StageId } from '../pipeline/graph.ts';
import type { NodeOutcome, RunEvent } from '../pipeline/outcome.ts';
import { planRecipe, withInputs } from '../pipeline/plan.ts';
import type { Recipe } from '../pipeline/recipe.ts';
import { inspectPlan } from '../pipeline/runner.ts';
import { closeWorkbench, type PhotoInfo, surroundingsOf, type Workbench } from '../pipeline/workbench.ts';
import { actionFor, buildDocumentState, type DocumentError } from './document-state.ts';
import { DraftRuns } from './drafts.ts';
import { Findings } from './findings.ts';
import type { Described } from './intermediates.ts';
import { PREPARED } from './prepared.ts';
import { Layers } from './layers.ts';
import type { Pictures } from './pictures.ts';
import { NodeTimes, ProgressMeter } from './progress.ts';
import { goalUpTo } from './readiness.ts';
import { RecipeBook } from './recipe-book.ts';
import { type Goal, goalFor, type RunEnd, Runs } from './runs.ts';
import { SamplingPreviews } from './sampling-previews.ts';
import { VariationLists, withSeed } from './variations.ts';

/** Over all documents, so that the states of one can be told from those of the one before it. */
let statesMade = 0;

/** What an open document tells. */
export interface DocumentListener {
  changed(state: DocumentState): void;
  progress(running: Running): void;
}

/** The project's setting that keeps what was delivered last. */
const DELIVERY_SETTING = 'window.delivery';

/** The project that is open in the window: its recipe with a draft over it, its runs, its state. */
export class OpenDocument {
  readonly bench: Workbench;
  readonly book: RecipeBook;
  readonly layers = new Layers();
  readonly #listener: DocumentListener;
  readonly #surroundings: Surroundings;
  readonly #runs: Runs;
  readonly #times = new NodeTimes();
  readonly #findings: Findings;
  readonly #drafts = new DraftRuns();
  readonly #variations: VariationLists;
  readonly #previews: SamplingPreviews;
  readonly #waiting: (() => void)[] = [];
  #running: Running | null = null;
  #error: DocumentError | null = null;
  #state: DocumentState;
  #isClosed = false;

  constructor(bench: Workbench, listener: DocumentListener, pictures: Pictures) {
    this.bench = bench;
    this.book = new RecipeBook(bench.project);
    this.#previews = new SamplingPreviews(pictures);
    this.#listener = listener;
    this.#surroundings = surroundingsOf(bench);
    this.#runs = new Runs(() => ({
      project: bench.project,
      engine: bench.engine,
      surroundings: this.#surroundings,
    }));
    this.#findings = new Findings(bench.project, this.#surroundings, this.layers);
    this.#variations = new VariationLists(bench.project);
    this.#findings.inspect(this.recipe);
    this.#times.note(this.#findings.outcomes);
    this.#state = this.#build();
  }

  get state(): DocumentState {
    return this.#state;
  }

  /** As it stands, a draft included. */
  get recipe(): Recipe {
    return this.book.recipe;
  }

  get outcomes(): readonly NodeOutcome[] {
    return this.#findings.outcomes;
  }

  get surroundings(): Surroundings {
    return this.#surroundings;
  }

  /** The picture that stands for the whole project: the last composite, or the photo. */
  get cover(): string {
    const last = this.#findings.described.findLast(
      ({ intermediate, hold }) => hold && intermediate.key.endsWith('color.composite/composite'),
    );
    return last?.intermediate.id ?? this.#state.photo.layer;
  }

  /** What the drawer shows under an id. @throws RequestError for an unknown id */
  describe(layer: string): Described {
    const found = this.#findings.described.find(({ intermediate }) => intermediate.id === layer);
    if (found) return found;
    throw new RequestError('This picture is no longer part of the project', 'Choose another one');
  }

  /**
   * Brings everything up to a stage of the edit at hand up to date. Settles when that is done, cancelled, failed or
   * superseded; a failure is told by the state.
   * @throws RequestError where the user must say something first
   */
  async run(until: StageId): Promise<RunEnd> {
    return this.#pursue(goalUpTo(this.recipe, this.book.edit, until));
  }

  /** Stops what runs. The state says so at once. */
  async cancel(): Promise<void> {
    const stopped = this.#runs.cancel();
    this.#running = null;
    this.refresh();
    await stopped;
  }

  /** Computes in the background what any click will need. */
  async prepare(): Promise<void> {
    if (this.#runs.isBusy || this.#isClosed) return;
    const recipe = this.recipe;
    const before = recipe.edits.slice(0, this.book.edit);
    if (before.some((edit) => findGaps(edit).length > 0)) return;
    const plan = planRecipe(recipe);
    const own = (plan.edits[this.book.edit] ?? []).filter((node) => PREPARED.includes(node.id));
    // A later edit's photo is the composite before it: that is run when it is asked for, not behind one's back.
    const nodes = this.book.edit === 0 ? withInputs(plan, own) : new Set(own.map((node) => node.key));
    const stale = this.#findings.outcomes.filter(({ node, run }) => nodes.has(node.key) && !run);
    const isFrameReady =
      this.book.edit === 0 || this.#findings.isMade(`${this.book.edit - 1}/color.composite`);
    if (stale.length > 0 && isFrameReady) await this.#pursue({ recipe, plan, nodes }, true);
  }

  /** Settles once the photo of an edit is encoded: now, by what runs, or by a run of its own. */
  async encoded(edit: number): Promise<void> {
    this.book.requireEdit(edit);
    const key = `${edit}/segment.encode`;
    while (!this.#findings.isMade(key) && this.#runs.isBusy && !this.#isClosed) await this.#nextChange();
    if (this.#findings.isMade(key)) return;
    const goal = goalFor(this.recipe, edit, 'segment');
    const own = goal.plan.edits[edit]?.filter((node) => node.key === key) ?? [];
    const end = await this.#pursue({ ...goal, nodes: withInputs(goal.plan, own) });
    if (typeof end === 'object') throw end.failure;
  }

  /** The value of an intermediate that is no picture. */
  async readJson(layer: string): Promise<unknown> {
    const { hold } = this.describe(layer);
    if (hold?.picture !== 'json')
      throw new RequestError('This intermediate is no text, or has not been made yet', 'Run its step first');
    const { bytes } = await this.bench.project.readArtifact(hold.source.artifact);
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  }

  /** Runs seeds to their composite, one after the other; the chosen one first. */
  async runVariations(edit: number, seeds: readonly number[]): Promise<void> {
    this.book.requireEdit(edit);
    this.book.chooseEdit(edit);
    goalUpTo(this.recipe, edit, 'color');
    this.#variations.roll(edit, seeds);
    this.refresh();
    const chosen = this.recipe.edits[edit]?.inpaint.seed;
    for (const seed of [...new Set(seeds)].sort((a, b) => Number(b === chosen) - Number(a === chosen))) {
      const end = await this.#pursue(goalFor(withSeed(this.recipe, edit, seed), edit, 'color'));
      if (end !== 'done') return;
    }
  }

  lockVariation(edit: number, seed: number, locked: boolean): void {
    this.book.requireEdit(edit);
    this.#variations.lock(edit, seed, locked);
    this.refresh();
  }

  /** Shows work that is no node: writing the delivered file. Null when it is over. */
  showRunning(running: Running | null): void {
    this.#running = running;
    this.refresh();
  }

  /** Shows a failure that came from outside the runs, until the next run begins. */
  showError(error: DocumentError): void {
    this.#error = error;
    this.refresh();
  }

  setDelivery(delivery: Delivery): void {
    this.bench.project.setSetting(DELIVERY_SETTING, delivery);
    this.refresh();
  }

  /** Looks everything up again and tells the window. */
  refresh(): void {
    if (this.#isClosed) return;
    this.#findings.inspect(this.recipe);
    this.#state = this.#build();
    this.#listener.changed(this.#state);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Removes what drafts left in the project. */
  async #tidy(): Promise<void> {
    const { project, engine } = this.bench;
    const needed = new Set(this.#findings.outcomes.map(({ fingerprint }) => fingerprint));
    const { shown } = this.#findings;
    const unneeded = !this.book.isDraft ? this.#drafts.takeUnneeded(needed, shown) : [];
    if (unneeded.length > 0) await engine.dropRuns(project.path, unneeded);
  }

  /** Ends the runs; nothing more is told. */
  async stop(): Promise<void> {
    this.#isClosed = true;
    for (const wake of this.#waiting.splice(0)) wake();
    await this.#runs.cancel();
  }

  /** Leaves the project as one file. */
  async close(): Promise<void> {
    await this.stop();
    await this.#tidy().catch(() => undefined);
    await closeWorkbench(this.bench);
  }

  /** @param isSilent work that nobody asked for: what the last run said stays */
  async #pursue(goal: Goal, isSilent = false): Promise<RunEnd> {
    if (this.#isClosed) return 'superseded';
    let meter: ProgressMeter | null = null;
    const begin = () => {
      if (!isSilent) {
        this.#error = null;
        this.#findings.forgetRun();
      }
      const { project } = this.bench;
      const stale = inspectPlan(project, goal.plan, this.#surroundings).filter(
        ({ node, run }) => goal.nodes.has(node.key) && !run,
      );
      meter = new ProgressMeter(
        stale.map(({ node }) => node),
        this.#times,
        goal.recipe.edits.length - 1,
      );
    };
    const end = await this.#runs.start(goal, (event) => this.#follow(event, meter), begin);
    if (end === 'superseded') return end;
    this.#running = null;
    if (typeof end === 'object') {
      const record = toErrorRecord(end.failure);
      const stage = end.node?.stage ?? 'segment';
      this.#error = { ...record, stage, action: actionFor(record, stage) };
    }
    if (end === 'done') this.bench.project.touchRuns(this.#findings.made);
    this.refresh();
    if (end === 'done') void this.prepare();
    if (this.#drafts.isDue && !this.#runs.isBusy) void this.#tidy().catch(() => undefined);
    return end;
  }

  #follow(event: RunEvent, meter: ProgressMeter | null): void {
    const followed = meter?.follow(event) ?? null;
    const running = followed && { ...followed, preview: this.#previews.follow(event) };
    if (running) this.#running = running;
    if (event.kind === 'node-progress') {
      if (running && !this.#isClosed) this.#listener.progress(running);
      return;
    }
    if (event.kind === 'node-finished') {
      const { status } = event.outcome;
      if (status === 'reused' || status === 'pending') return;
      this.#times.note([event.outcome]);
      this.#findings.note(event.outcome);
      if (status === 'ran' && this.book.isDraft) this.#drafts.note(event.outcome);
    }
    this.refresh();
  }

  #build(): DocumentState {
    const { project, photo } = this.bench;
    const recipe = this.recipe;
    return buildDocumentState({
      sequence: ++statesMade,
      name: basename(project.path),
      photo: {
        layer: this.layers.idOf({ project: project.path, artifact: null, picture: 'frame' }),
        name: project.sourceInfo()?.name ?? '',
        width: photo.width,
        height: photo.height,
        depth: photo.depth,
        profile: profileOf(photo),
        notes: photo.notes,
      },
      recipe,
      isDraft: this.book.isDraft,
      edit: this.book.edit,
      outcomes: this.#findings.outcomes,
      described: this.#findings.described,
      running: this.#running,
      error: this.#error,
      variations: this.#variations.describe(recipe, this.book.edit, this.#surroundings, this.layers),
      history: this.book.history,
      delivery: (project.setting(DELIVERY_SETTING) as Delivery | undefined) ?? null,
    });
  }
}

/** What the photo's profile calls itself; null in projects from before that was kept, and where it has none. */
function profileOf(photo: PhotoInfo): string | null {
  return photo.profile ?? null;
}
