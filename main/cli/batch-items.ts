import { NOT_CLICKED, tryAgain } from '../batch/batch.ts';
import type { Clicks } from '../batch/clicks-file.ts';
import type { BatchItem, BatchQueue } from '../batch/queue.ts';
import { RequestError } from '../errors.ts';

/** What is done with items before a batch goes on; photos are named as the report lists them. */
export interface ItemChoices {
  /** `failed`, `person`, or photos. */
  readonly retry?: readonly string[];
  /** `person`, or photos: delivered whatever the gates say. */
  readonly accept?: readonly string[];
  /** Photos that are left out, or come first, in the order in which they are named. */
  readonly skip?: readonly string[];
  readonly first?: readonly string[];
}

/**
 * Changes the queue as the flags say.
 * @throws RequestError for a photo that is not in it, before anything is changed
 */
export function chooseItems(queue: BatchQueue, clicks: Clicks, choices: ItemChoices): void {
  const items = queue.list();
  const byName = new Map(items.map((item) => [item.name, item]));
  const find = (names: readonly string[] = [], groups: readonly BatchItem['state'][] = []) =>
    names.flatMap((name) => {
      const group = groups.find((state) => state === name);
      if (group) return items.filter(({ state, reason }) => state === group && reason !== NOT_CLICKED);
      const item = byName.get(name);
      if (item) return [item];
      throw new RequestError(`There is no photo “${name}” in this batch`, 'Name it as report.csv does');
    });
  const again = find(choices.retry, ['failed', 'person']);
  const accepted = find(choices.accept, ['person']);
  const skipped = find(choices.skip);
  const first = find(choices.first);
  queue.resume(ids(again));
  tryAgain(queue, clicks, ids(again.filter(({ state }) => state !== 'paused')));
  queue.accept(ids(accepted));
  queue.cancel(ids(skipped));
  for (const { id } of first.toReversed()) {
    const top = queue.list(0, 1)[0];
    if (top && top.id !== id) queue.reorder(id, top.id);
  }
}

function ids(items: readonly BatchItem[]): number[] {
  return items.map(({ id }) => id);
}
