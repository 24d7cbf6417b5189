import { ChevronDown } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { BatchState } from '../../preload/contract.ts';
import { t } from '../strings.ts';
import { actOn } from './actions.ts';

const words = t.batch.whole;

/** What is done with many photos at once: each entry with how many it takes. */
export function WholeMenu({ batch: { counts, unclicked } }: { readonly batch: BatchState }) {
  const waiting = counts.queued;
  const entries = [
    { act: 'retry', count: counts.failed, label: words.retry },
    { act: 'accept', count: counts.person - unclicked, label: words.accept },
    { act: 'hold', count: waiting, label: words.hold },
    { act: 'release', count: counts.paused, label: words.release },
    { act: 'skip', count: waiting + counts.paused, label: words.skip },
  ] as const;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="button" disabled={entries.every(({ count }) => count === 0)}>
        {words.title}
        <ChevronDown aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" sideOffset={4} align="end" collisionPadding={8}>
          {entries.map(({ act, count, label }) => (
            <DropdownMenu.Item
              key={act}
              className="menu-item"
              disabled={count === 0}
              onSelect={() => void actOn(act)}
            >
              <span className="menu-check" />
              {label(count)}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
