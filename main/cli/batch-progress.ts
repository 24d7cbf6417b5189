import { Presets, SingleBar } from 'cli-progress';
import type { RemoteEvent } from '../batch/remote-batch.ts';
import type { BatchEvent } from '../batch/run-batch.ts';
import type { Counts } from '../batch/queue.ts';

/** Shows a batch's progress; `stop` leaves the screen tidy. */
export interface BatchProgress {
  onFound(count: number): void;
  begin(counts: Counts): void;
  onEvent(event: BatchEvent | RemoteEvent): void;
  stop(): void;
}

/** One bar over all photos on a terminal; a line per photo elsewhere; nothing with `quiet`. */
export function startBatchProgress(quiet: boolean): BatchProgress {
  if (quiet) return { onFound() {}, begin() {}, onEvent() {}, stop() {} };
  return process.stderr.isTTY ? barProgress() : lineProgress();
}

function barProgress(): BatchProgress {
  const format = '  {bar} {value} of {total}  {label}';
  const bar = new SingleBar(
    { format, hideCursor: true, stream: process.stderr, barsize: 32 },
    Presets.shades_grey,
  );
  return {
    onFound: (count) => void process.stderr.write(`\r  ${count} photos found`),
    begin(counts) {
      process.stderr.write('\n');
      bar.start(counts.queued, 0, { label: '' });
    },
    onEvent(event) {
      if (event.kind === 'item-progress' && event.event.kind === 'node-started')
        bar.update({ label: `${event.item.name}: ${event.event.node.stage}` });
      if (event.kind === 'item-stage') bar.update({ label: `${event.item.name}: ${event.stage}` });
      if (event.kind === 'item-ended' && event.item.state !== 'queued') bar.increment();
    },
    stop: () => bar.stop(),
  };
}

function lineProgress(): BatchProgress {
  return {
    onFound() {},
    begin: (counts) => void process.stderr.write(`${counts.queued} photos to do\n`),
    onEvent({ kind, item }) {
      if (kind === 'item-ended') process.stderr.write(`${item.name}: ${item.reason ?? item.state}\n`);
    },
    stop() {},
  };
}
