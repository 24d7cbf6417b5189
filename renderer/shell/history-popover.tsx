import { History } from 'lucide-react';
import { Popover } from 'radix-ui';
import { keysOf } from '../commands/keys.ts';
import { visit } from '../state/document.ts';
import { useDocument } from '../state/select.ts';
import { setView, useView } from '../state/view.ts';
import { t } from '../strings.ts';
import { formatAgo } from '../ui/format.ts';

/** Every state the project was in; any of them can be gone back to. */
export function HistoryPopover() {
  const { history } = useDocument();
  const open = useView((v) => v.sheet === 'history');
  const newest = [...history].reverse();
  return (
    <Popover.Root open={open} onOpenChange={(next) => setView({ sheet: next ? 'history' : null })}>
      <Popover.Trigger
        className="button ghost icon"
        aria-label={t.history.title}
        title={`${t.history.title} (${keysOf('history') ?? ''})`}
      >
        <History aria-hidden />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="popover history"
          aria-label={t.history.title}
          sideOffset={6}
          align="end"
          collisionPadding={8}
        >
          <h2>{t.history.title}</h2>
          {newest.length === 0 && <p className="note">{t.history.empty}</p>}
          <ol className="scroll">
            {newest.map((item) => (
              <li key={item.id}>
                <button
                  type="button"
                  className="history-item"
                  data-place={item.place}
                  aria-current={item.place === 'head' || undefined}
                  onClick={() => void visit(item.id)}
                >
                  <span>{item.label}</span>
                  <time>{item.place === 'branch' ? t.history.branch : formatAgo(item.at)}</time>
                </button>
              </li>
            ))}
          </ol>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
