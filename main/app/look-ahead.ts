import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Engine, type EngineOptions, startEngine } from '../engine/supervisor.ts';
import type { Pack } from '../inference/packs.ts';
import { planRecipe, withInputs } from '../pipeline/plan.ts';
import { runPlan } from '../pipeline/runner.ts';
import {
  closeWorkbench,
  currentRecipe,
  type Decide,
  openPhoto,
  surroundingsOf,
} from '../pipeline/workbench.ts';
import { PREPARED } from './prepared.ts';

/** A photo that will be opened next. */
export interface NextPhoto {
  readonly id: number;
  readonly photo: string;
  readonly project: string;
  readonly decide: Decide;
}

/**
 * Prepares the next photo of a folder while somebody clicks the one before it: it is decoded and encoded in processes
 * of its own, so that its first click is answered at once.
 */
export class LookAhead {
  readonly #options: () => EngineOptions;
  readonly #packs: () => readonly Pack[];
  #engine: Engine | null = null;
  #current: { readonly id: number; readonly enough: AbortController; readonly done: Promise<void> } | null =
    null;

  constructor(options: () => EngineOptions, packs: () => readonly Pack[]) {
    this.#options = options;
    this.#packs = packs;
  }

  /** Starts on a photo. What goes wrong is left for the opening itself to tell. */
  prepare(next: NextPhoto): void {
    const before = this.settle();
    const enough = new AbortController();
    const done = before.then(() => this.#prepare(next, enough.signal)).catch(() => undefined);
    this.#current = { id: next.id, enough, done };
  }

  /** Ends after the step at hand: the project is free to be opened by others. */
  async settle(): Promise<void> {
    const current = this.#current;
    if (!current) return;
    current.enough.abort();
    await current.done;
    // Another photo may have been begun meanwhile: that one goes on.
    if (this.#current === current) this.#current = null;
  }

  async close(): Promise<void> {
    await this.settle();
    await this.#engine?.close();
    this.#engine = null;
  }

  async #prepare({ photo, project, decide }: NextPhoto, pause: AbortSignal): Promise<void> {
    if (pause.aborted) return;
    this.#engine ??= startEngine(this.#options());
    await mkdir(dirname(project), { recursive: true });
    const bench = await openPhoto(this.#engine, this.#packs(), photo, project, decide);
    try {
      const plan = planRecipe(currentRecipe(bench));
      const wanted = plan.edits[0]?.filter(({ id }) => PREPARED.includes(id)) ?? [];
      const nodes = withInputs(plan, wanted);
      await runPlan({ ...bench, plan, surroundings: surroundingsOf(bench), nodes, pause });
    } finally {
      await closeWorkbench(bench);
    }
  }
}
