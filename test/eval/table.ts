/** What one model did beside what it must beat. */
export interface Comparison {
  /** What is compared, e.g. `masks`. */
  readonly title: string;
  /** One sentence on how it was measured. */
  readonly how: string;
  readonly columns: readonly string[];
  /** One cell per column; numbers are written with `digits` decimals. */
  readonly rows: readonly (readonly (string | number)[])[];
  readonly digits: number;
  /** Ids of the models at work, `<pack>/<name>`; empty where the product's way is classical. */
  readonly models: readonly string[];
  readonly verdict: Verdict;
}

/** What ships, and why. */
export interface Verdict {
  readonly ours: string;
  readonly baseline: string;
  readonly beats: boolean;
  readonly because: string;
}

export function mean(values: readonly number[]): number {
  return values.length > 0 ? values.reduce((sum, v) => sum + v, 0) / values.length : Number.NaN;
}

/** A comparison as a Markdown section. */
export function toMarkdown({ title, how, columns, rows, digits, verdict }: Comparison): string {
  const cell = (value: string | number) => (typeof value === 'number' ? value.toFixed(digits) : value);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const ships = verdict.beats ? verdict.ours : verdict.baseline;
  return [
    `## ${title}`,
    '',
    how,
    '',
    line(columns),
    line(columns.map((_, k) => (k === 0 ? '---' : '--:'))),
    ...rows.map((row) => line(row.map(cell))),
    '',
    `Ships: **${ships}** (${verdict.because}).`,
    '',
  ].join('\n');
}

/** The first table: one line per part of the product. */
export function summarize(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ title, verdict: { ours, baseline, beats, because } }) => {
    const ships = beats ? ours : `${baseline} (the baseline)`;
    return `| ${title} | ${ours} | ${baseline} | ${because} | ${ships} |`;
  });
  return ['| | Product | Baseline | Measured | Ships |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}
