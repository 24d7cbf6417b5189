import type { NodeOutcome } from '../pipeline/outcome.ts';

/** Drafts' runs that may wait before they are removed from the project. */
const MOST_WAITING = 16;

/**
 * Runs that were made for a draft: sliders on their way leave many, and none is needed once the way is over. Without
 * this a project would grow by a patch for every step of a slider.
 */
export class DraftRuns {
  /** Fingerprint → rows of the artifacts it wrote. */
  readonly #runs = new Map<string, readonly number[]>();

  note({ fingerprint, run }: NodeOutcome): void {
    if (run) this.#runs.set(fingerprint, Object.values(run.ids));
  }

  /** True where there are enough of them to be worth the time. */
  get isDue(): boolean {
    return this.#runs.size > MOST_WAITING;
  }

  /**
   * Takes out what can go.
   * @param needed fingerprints of what is committed
   * @param shown rows of artifacts that the window may still show
   */
  takeUnneeded(needed: ReadonlySet<string>, shown: ReadonlySet<number>): string[] {
    const taken: string[] = [];
    for (const [fingerprint, ids] of this.#runs) {
      if (needed.has(fingerprint)) this.#runs.delete(fingerprint);
      else if (!ids.some((id) => shown.has(id))) taken.push(fingerprint);
    }
    for (const fingerprint of taken) this.#runs.delete(fingerprint);
    return taken;
  }
}
