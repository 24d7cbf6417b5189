import { CancelledError, DavenportError, toErrorRecord } from '../errors.ts';
import { fingerprintNodes, type Surroundings } from '../pipeline/fingerprint.ts';
import type { PlannedNode } from '../pipeline/graph.ts';
import { nodesFor, nodesUntil, planRecipe, type Plan } from '../pipeline/plan.ts';
import type { RunEvent } from '../pipeline/outcome.ts';
import type { Recipe } from '../pipeline/recipe.ts';
import { runPlan, type NodeRunner } from '../pipeline/runner.ts';
import type { ProjectReader } from '../store/project.ts';

/** What is to be brought up to date: some nodes of a recipe's plan. */
export interface Goal {
  readonly recipe: Recipe;
  readonly plan: Plan;
  readonly nodes: ReadonlySet<string>;
}

export type RunEnd =
  | 'done'
  | 'cancelled'
  | 'superseded'
  | { readonly failure: DavenportError; readonly node: PlannedNode | null };

interface Active {
  readonly abort: AbortController;
  readonly pause: AbortController;
  /** Fingerprint of the node at hand. */
  current: string | null;
  isCancelled: boolean;
  readonly ended: Promise<void>;
}

/** What one project's runs work on. */
export interface RunGround {
  readonly project: ProjectReader;
  readonly engine: NodeRunner;
  readonly surroundings: Surroundings;
}

/** A goal for one stage of one edit; see nodesFor. @throws RequestError where the recipe has no plan */
export function goalFor(recipe: Recipe, edit: number, until: Parameters<typeof nodesFor>[2]): Goal {
  const plan = planRecipe(recipe);
  return { recipe, plan, nodes: nodesFor(plan, edit, until) };
}

/**
 * One run at a time; a newer one takes the place of an older. Where the newer needs the very node that is running it
 * waits for that to finish; otherwise it is cancelled.
 */
export class Runs {
  readonly #ground: () => RunGround;
  #active: Active | null = null;
  #turn = 0;

  constructor(ground: () => RunGround) {
    this.#ground = ground;
  }

  get isBusy(): boolean {
    return this.#active !== null;
  }

  /** Runs a goal; never throws. */
  async start(
    goal: Goal,
    onEvent: (event: RunEvent) => void,
    onStart: () => void = () => {},
  ): Promise<RunEnd> {
    const turn = ++this.#turn;
    this.#makeWayFor(goal);
    while (this.#active) await this.#active.ended;
    if (turn !== this.#turn) return 'superseded';
    onStart();
    const end = await this.#execute(goal, onEvent);
    // A newer run that waited for this one does the failed node itself: its end is the one to tell.
    return typeof end === 'object' && turn !== this.#turn ? 'superseded' : end;
  }

  /** Stops what runs or waits. Settles when it has stopped; the wish takes effect at once. */
  async cancel(): Promise<void> {
    this.#turn += 1;
    if (this.#active) this.#active.isCancelled = true;
    this.#active?.abort.abort();
    while (this.#active) await this.#active.ended;
  }

  #makeWayFor(goal: Goal): void {
    if (!this.#active) return;
    const { current, pause, abort } = this.#active;
    pause.abort();
    if (current !== null && !this.#needs(goal, current)) abort.abort();
  }

  #needs({ plan, nodes }: Goal, fingerprint: string): boolean {
    const prints = fingerprintNodes(nodesUntil(plan), this.#ground().surroundings);
    return [...nodes].some((key) => prints.get(key) === fingerprint);
  }

  async #execute(goal: Goal, onEvent: (event: RunEvent) => void): Promise<RunEnd> {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const active: Active = {
      abort: new AbortController(),
      pause: new AbortController(),
      current: null,
      isCancelled: false,
      ended,
    };
    this.#active = active;
    const { project, engine, surroundings } = this.#ground();
    const prints = fingerprintNodes(nodesUntil(goal.plan), surroundings);
    let failed: PlannedNode | null = null;
    try {
      const { failure } = await runPlan({
        project,
        engine,
        plan: goal.plan,
        surroundings,
        nodes: goal.nodes,
        signal: active.abort.signal,
        pause: active.pause.signal,
        onEvent: (event) => {
          if (event.kind === 'node-started') active.current = prints.get(event.node.key) ?? null;
          if (event.kind === 'node-finished') active.current = null;
          if (event.kind === 'node-finished' && event.outcome.status === 'failed')
            failed = event.outcome.node;
          onEvent(event);
        },
      });
      // Not aborted from here: the engine was closed under it.
      const isOver = active.isCancelled || !active.abort.signal.aborted;
      if (failure?.kind === 'cancelled') return isOver ? 'cancelled' : 'superseded';
      if (failure) return { failure, node: failed };
      return active.pause.signal.aborted ? 'superseded' : 'done';
    } catch (error) {
      // The project itself failed under the run: a full disk, a file that went away.
      const { kind, message, next } = toErrorRecord(error);
      const failure = error instanceof DavenportError ? error : new DavenportError(kind, message, next);
      return failure instanceof CancelledError ? 'cancelled' : { failure, node: failed };
    } finally {
      this.#active = null;
      end();
    }
  }
}
