import { useEffect, useRef, useState } from 'react';
import type { BatchRow, BatchState } from '../../preload/contract.ts';
import { askQuietly } from '../state/bridge.ts';
import { t } from '../strings.ts';
import { Row } from './batch-row.tsx';

/** Height of a row; the style sheet's `.batch-row` has the same. */
const ROW_REM = 7.2;
/** Rows beyond what is in sight. */
const SPARE = 12;

interface Range {
  readonly from: number;
  readonly to: number;
}

interface BatchListProps {
  readonly total: number;
  readonly revision: number;
  readonly atWork: BatchState['atWork'];
}

/** The queue, however long: only what is in sight is asked for and drawn. */
export function BatchList({ total, revision, atWork }: BatchListProps) {
  const list = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState<Range>({ from: 0, to: 40 });
  const rows = useRows(range, revision);
  const measure = () => {
    if (list.current) setRange(rangeOf(list.current, total));
  };
  useEffect(measure, [total]);
  return (
    <div ref={list} className="batch-list scroll" onScroll={measure}>
      <ul aria-label={t.batch.list} style={{ height: `${total * ROW_REM}rem` }}>
        {rows.map(({ index, row }) => (
          <Row
            key={row.id}
            row={row}
            top={`${index * ROW_REM}rem`}
            stage={atWork.find(({ id }) => id === row.id)?.stage ?? null}
            after={rows.find((other) => other.index === index + 2)?.row.id ?? null}
            previous={rows.find((other) => other.index === index - 1)?.row.id ?? null}
          />
        ))}
      </ul>
    </div>
  );
}

function rangeOf(list: HTMLElement, total: number): Range {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const row = ROW_REM * rem;
  const from = Math.max(0, Math.floor(list.scrollTop / row) - SPARE);
  return { from, to: Math.min(total, Math.ceil((list.scrollTop + list.clientHeight) / row) + SPARE) };
}

interface PlacedRow {
  readonly index: number;
  readonly row: BatchRow;
}

/** The rows of a range, asked for again whenever something changed; the old ones stay until the new are there. */
function useRows({ from, to }: Range, revision: number): readonly PlacedRow[] {
  const [rows, setRows] = useState<readonly PlacedRow[]>([]);
  useEffect(() => {
    let isWanted = true;
    void askQuietly('batch.page', { offset: from, limit: Math.max(1, to - from) }).then((page) => {
      if (isWanted && page) setRows(page.map((row, i) => ({ index: from + i, row })));
    });
    return () => {
      isWanted = false;
    };
  }, [from, to, revision]);
  return rows;
}
