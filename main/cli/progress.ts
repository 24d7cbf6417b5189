import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { stageIds, type PlannedNode, type StageId } from '../pipeline/graph.ts';
import type { RunEvent } from '../pipeline/outcome.ts';

/** Shows a run's progress; `stop` leaves the screen tidy. */
export interface ProgressView {
  onEvent(event: RunEvent): void;
  stop(): void;
}

/** A bar per stage on a terminal; a line per stage where the output is no terminal; nothing with `quiet`. */
export function startProgress(nodes: readonly PlannedNode[], quiet: boolean): ProgressView {
  if (quiet) return { onEvent: () => undefined, stop: () => undefined };
  return process.stderr.isTTY ? barView(nodes) : lineView();
}

function barView(nodes: readonly PlannedNode[]): ProgressView {
  const bars = new MultiBar(
    {
      format: '  {stage} {bar} {percentage}%  {label}',
      hideCursor: true,
      stream: process.stderr,
      barsize: 32,
      emptyOnZero: true,
    },
    Presets.shades_grey,
  );
  const byStage = new Map<StageId, { bar: SingleBar; done: number; total: number }>();
  for (const stage of stageIds) {
    const total = nodes.filter((node) => node.stage === stage).length;
    if (total === 0) continue;
    byStage.set(stage, { bar: bars.create(total, 0, { stage: stage.padEnd(8), label: '' }), done: 0, total });
  }
  return {
    onEvent(event) {
      const node = event.kind === 'node-finished' ? event.outcome.node : event.node;
      const entry = byStage.get(node.stage);
      if (!entry) return;
      if (event.kind === 'node-started') entry.bar.update(entry.done, { label: node.id });
      if (event.kind === 'node-progress')
        entry.bar.update(entry.done + event.done, { label: event.label ?? node.id });
      if (event.kind === 'node-finished' && event.outcome.status !== 'pending') {
        entry.done += 1;
        entry.bar.update(entry.done, { label: entry.done === entry.total ? event.outcome.status : node.id });
      }
    },
    stop: () => bars.stop(),
  };
}

function lineView(): ProgressView {
  let stage: StageId | null = null;
  return {
    onEvent(event) {
      if (event.kind !== 'node-started' || event.node.stage === stage) return;
      stage = event.node.stage;
      process.stderr.write(`${stage} …\n`);
    },
    stop: () => undefined,
  };
}
