import { join } from 'node:path';
import { writeFileAtomic } from '../imaging/write-file.ts';
import type { BatchItem, BatchQueue } from './queue.ts';

/** What came of a batch; `found` is the sum of the other counts once nothing waits any more. */
export interface BatchReport {
  readonly recipe: string;
  readonly out: string;
  readonly counts: {
    readonly found: number;
    readonly done: number;
    readonly failed: number;
    readonly skipped: number;
    readonly needsPerson: number;
    /** Not begun or not finished: the batch was paused or interrupted. */
    readonly waiting: number;
  };
  readonly items: readonly ReportedItem[];
}

export interface ReportedItem {
  readonly photo: string;
  readonly state: BatchItem['state'];
  readonly reason: string | null;
  readonly next: string | null;
  readonly stage: string | null;
  readonly attempts: number;
  /** Paths inside the batch's folder. */
  readonly out: string | null;
  readonly project: string;
  readonly seed: number | null;
  readonly score: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly seconds: number | null;
}

export function buildBatchReport(queue: BatchQueue, recipe: string, out: string): BatchReport {
  const items = queue.list().map(reportItem);
  const count = (...states: readonly BatchItem['state'][]) =>
    items.filter((item) => states.includes(item.state)).length;
  return {
    recipe,
    out,
    counts: {
      found: items.length,
      done: count('done'),
      failed: count('failed'),
      skipped: count('skipped'),
      needsPerson: count('person'),
      waiting: count('queued', 'running', 'paused'),
    },
    items,
  };
}

function reportItem(item: BatchItem): ReportedItem {
  const { result } = item;
  return {
    photo: item.name,
    state: item.state,
    reason: item.reason,
    next: item.error?.next ?? null,
    stage: item.stage,
    attempts: item.attempts,
    out: result ? item.out : null,
    project: item.project,
    seed: result?.seed ?? null,
    score: item.verdict?.score ?? null,
    width: result?.width ?? null,
    height: result?.height ?? null,
    bytes: result?.bytes ?? null,
    sha256: result?.sha256 ?? null,
    seconds: result ? Math.round(result.ms / 100) / 10 : null,
  };
}

/** Writes `report.json` and `report.csv` into the batch's folder. */
export async function writeBatchReport(report: BatchReport): Promise<void> {
  await writeFileAtomic(join(report.out, 'report.json'), [
    Buffer.from(`${JSON.stringify(report, null, 2)}\n`),
  ]);
  await writeFileAtomic(join(report.out, 'report.csv'), [Buffer.from(toCsv(report.items))]);
}

/** RFC 4180, with a byte order mark so that spreadsheets read it as UTF-8. */
function toCsv(items: readonly ReportedItem[]): string {
  const [first] = items;
  if (!first) return '';
  const columns = Object.keys(first) as (keyof ReportedItem)[];
  const lines = items.map((item) => columns.map((column) => csvField(item[column])).join(','));
  return `\uFEFF${[columns.join(','), ...lines].join('\r\n')}\r\n`;
}

function csvField(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  // A leading = + - @ would be run as a formula.
  const safe = typeof value === 'string' && /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One line with every count. */
export function countsLine({ counts }: BatchReport): string {
  const { found, done, failed, skipped, needsPerson, waiting } = counts;
  const parts = [`${found} found`, `${done} delivered`, `${failed} failed`, `${skipped} left out`];
  parts.push(`${needsPerson} for a person`);
  return [...parts, ...(waiting > 0 ? [`${waiting} waiting`] : [])].join(' · ');
}
