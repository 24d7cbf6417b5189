import type { Surroundings } from '../pipeline/fingerprint.ts';
import type { NodeOutcome } from '../pipeline/outcome.ts';
import { planRecipe } from '../pipeline/plan.ts';
import type { Recipe } from '../pipeline/recipe.ts';
import { inspectPlan } from '../pipeline/runner.ts';
import type { Project } from '../store/project.ts';
import { type Described, describeIntermediates, type Holds } from './intermediates.ts';
import type { Layers } from './layers.ts';

/** What is known of a recipe's nodes: what the project holds of them, and how the last run went. */
export class Findings {
  readonly #project: Project;
  readonly #surroundings: Surroundings;
  readonly #layers: Layers;
  readonly #holds: Holds = new Map();
  /** Of the last run, by fingerprint. */
  readonly #ranNow = new Set<string>();
  readonly #failures = new Map<string, NodeOutcome>();
  #outcomes: readonly NodeOutcome[] = [];
  #described: readonly Described[] = [];

  constructor(project: Project, surroundings: Surroundings, layers: Layers) {
    this.#project = project;
    this.#surroundings = surroundings;
    this.#layers = layers;
  }

  /** Every node in running order. */
  get outcomes(): readonly NodeOutcome[] {
    return this.#outcomes;
  }

  /** Every intermediate in pipeline order. */
  get described(): readonly Described[] {
    return this.#described;
  }

  /** Fingerprints of the nodes that are made. */
  get made(): string[] {
    return this.#outcomes.flatMap(({ run, fingerprint }) => (run ? [fingerprint] : []));
  }

  /** Rows of artifacts that the window may still show, of stale nodes too. */
  get shown(): ReadonlySet<number> {
    return new Set([...this.#holds.values()].map(({ source }) => source.artifact));
  }

  isMade(key: string): boolean {
    return this.#outcomes.some(({ node, run }) => node.key === key && run !== undefined);
  }

  /** A new run begins: how the last one went is nobody's business any more. */
  forgetRun(): void {
    this.#ranNow.clear();
    this.#failures.clear();
  }

  /** A node of the run is finished. */
  note(outcome: NodeOutcome): void {
    if (outcome.status === 'ran') this.#ranNow.add(outcome.fingerprint);
    if (outcome.status === 'failed') this.#failures.set(outcome.fingerprint, outcome);
  }

  /** Looks everything up again. */
  inspect(recipe: Recipe): void {
    const found = inspectPlan(this.#project, planRecipe(recipe), this.#surroundings);
    this.#outcomes = found.map((outcome) => {
      if (outcome.run && this.#ranNow.has(outcome.fingerprint)) return { ...outcome, status: 'ran' as const };
      return outcome.run ? outcome : (this.#failures.get(outcome.fingerprint) ?? outcome);
    });
    const { path } = this.#project;
    const lastEdit = recipe.edits.length - 1;
    this.#described = describeIntermediates(path, this.#outcomes, lastEdit, this.#layers, this.#holds);
  }
}
