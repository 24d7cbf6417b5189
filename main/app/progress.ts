import type { Running } from '../../preload/contract.ts';
import type { PlannedNode } from '../pipeline/graph.ts';
import type { NodeOutcome, RunEvent } from '../pipeline/outcome.ts';

/** How long nodes take on a 4 MP photo, two cores and the starter pack, ms: a guess until they have run here. */
const GUESSES: Readonly<Record<string, number>> = {
  'segment.encode': 2500,
  'segment.mask': 700,
  'depth.estimate': 600,
  'depth.floor': 300,
  'inpaint.plate': 5000,
  'inpaint.place': 2500,
  'inpaint.diffuse': 120_000,
  'inpaint.patch': 300,
  'color.match': 700,
  'color.alpha': 150,
  'color.composite': 400,
  'upscale.frame': 30_000,
};
const USUAL_MS = 300;

/** How long nodes took here last. */
export class NodeTimes {
  readonly #ms = new Map<string, number>();

  note(outcomes: readonly NodeOutcome[]): void {
    for (const { node, run } of outcomes) if (run) this.#ms.set(node.id, run.ms);
  }

  of(node: PlannedNode): number {
    return this.#ms.get(node.id) ?? GUESSES[node.id] ?? USUAL_MS;
  }
}

/** Follows the events of one request and says how far it is, by its nodes' usual times. */
export class ProgressMeter {
  readonly #times: NodeTimes;
  readonly #edit: number;
  readonly #all: number;
  #done = 0;

  /**
   * @param stale nodes that will run
   * @param edit the edit that nodes of the delivery count to
   */
  constructor(stale: readonly PlannedNode[], times: NodeTimes, edit: number) {
    this.#times = times;
    this.#edit = edit;
    this.#all = stale.reduce((sum, node) => sum + times.of(node), 0);
  }

  /** What is being computed after an event; null between two nodes. */
  follow(event: RunEvent): Running | null {
    if (event.kind === 'node-finished') {
      if (event.outcome.status === 'ran') this.#done += this.#times.of(event.outcome.node);
      return null;
    }
    const { node } = event;
    const done = event.kind === 'node-progress' ? Math.min(1, Math.max(0, event.done)) : null;
    const reached = this.#done + (done ?? 0) * this.#times.of(node);
    return {
      stage: node.stage,
      edit: node.stage === 'upscale' ? this.#edit : Number.parseInt(node.key, 10),
      node: node.id,
      label: event.kind === 'node-progress' ? event.label : null,
      done,
      total: this.#all > 0 ? Math.min(1, reached / this.#all) : 0,
      preview: null,
    };
  }
}
