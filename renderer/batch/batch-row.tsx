import { GripVertical, ImageOff } from 'lucide-react';
import { type DragEvent, type KeyboardEvent, useState } from 'react';
import type { BatchRow, StageId } from '../../preload/contract.ts';
import { pictureUrl } from '../state/bridge.ts';
import { t } from '../strings.ts';
import { Button } from '../ui/button.tsx';
import { actOn, clickThrough, moveItem, openItem } from './actions.ts';

const words = t.batch;
/** What a dragged row carries: no file, so the window's own drop target leaves it alone. */
const DRAG_TYPE = 'application/x-davenport-item';

interface RowProps {
  readonly row: BatchRow;
  readonly top: string;
  /** What it is at, where it is at work. */
  readonly stage: StageId | null;
  /** Items that Alt+Down and Alt+Up move it before. */
  readonly after: number | null;
  readonly previous: number | null;
}

export function Row({ row, top, stage, after, previous }: RowProps) {
  const [over, setOver] = useState(false);
  const { id, name, state } = row;
  const canMove = state === 'queued' || state === 'paused' || state === 'person';
  const onKeyDown = (event: KeyboardEvent) => {
    if (!canMove || !event.altKey || event.target !== event.currentTarget) return;
    if (event.key === 'ArrowUp' && previous !== null) void moveItem(id, previous);
    else if (event.key === 'ArrowDown') void moveItem(id, after);
    else return;
    event.preventDefault();
  };
  return (
    <li
      className="batch-row"
      style={{ top }}
      data-state={state}
      data-over={over || undefined}
      tabIndex={0}
      draggable={canMove}
      onKeyDown={onKeyDown}
      onDragStart={(event) => event.dataTransfer.setData(DRAG_TYPE, `${id}`)}
      onDragOver={(event) => {
        if (!carriesItem(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        const dragged = Number(event.dataTransfer.getData(DRAG_TYPE));
        if (carriesItem(event) && dragged !== id) void moveItem(dragged, id);
      }}
    >
      <GripVertical className="batch-grip" aria-hidden data-on={canMove || undefined} />
      <Picture path={row.before} label={words.before(name)} />
      <Picture path={row.after} label={words.after(name)} />
      <span className="batch-name">
        <b>{name}</b>
        <small>{detail(row, stage)}</small>
      </span>
      <span className="batch-state">{words.states[state]}</span>
      <RowActions row={row} />
    </li>
  );
}

function carriesItem(event: DragEvent): boolean {
  return event.dataTransfer.types.includes(DRAG_TYPE);
}

function Picture({ path, label }: { readonly path: string | null; readonly label: string }) {
  return (
    <span className="batch-picture">
      {path ? (
        <img alt={label} src={pictureUrl(path)} loading="lazy" draggable={false} />
      ) : (
        <ImageOff aria-hidden />
      )}
    </span>
  );
}

function detail({ state, reason, seconds, score }: BatchRow, stage: StageId | null): string {
  if (state === 'done') return words.result(seconds ?? 0, score);
  if (state === 'running') return stage ? t.stages[stage] : '';
  return reason ?? '';
}

function RowActions({ row: { id, name, state, score } }: { readonly row: BatchRow }) {
  const button = (label: string, act: () => void) => (
    <Button key={label} aria-label={`${label}: ${name}`} onClick={act}>
      {label}
    </Button>
  );
  const open = button(words.open, () => void openItem(id));
  const click = button(words.clickOne, () => void clickThrough(id));
  const does = (label: string, act: Parameters<typeof actOn>[0]) =>
    button(label, () => void actOn(act, [id]));
  switch (state) {
    case 'queued':
      return <span className="batch-does">{[click, does(words.hold, 'hold')]}</span>;
    case 'paused':
      return <span className="batch-does">{[does(words.release, 'release'), does(words.skip, 'skip')]}</span>;
    case 'person':
      // There is something to look at where it was judged; else it waits for its first click.
      return (
        <span className="batch-does">
          {score === null ? [click, does(words.skip, 'skip')] : [click, open, does(words.accept, 'accept')]}
        </span>
      );
    case 'failed':
      return <span className="batch-does">{[does(words.retry, 'retry'), does(words.skip, 'skip')]}</span>;
    case 'skipped':
      return <span className="batch-does">{[does(words.retry, 'retry')]}</span>;
    case 'done':
      return <span className="batch-does">{[open]}</span>;
    case 'running':
      return <span className="batch-does" />;
  }
}
