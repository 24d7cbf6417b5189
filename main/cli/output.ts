import { type BatchReport, countsLine } from '../batch/batch-report.ts';
import { CancelledError, toErrorRecord } from '../errors.ts';
import type { RunReport, StageReport } from '../pipeline/report.ts';

/** Exit codes of the shell: 2 a wrong request, 1 a failure of the machine, 3 a batch that did not deliver all, 130 interrupted. */
export const exitCodes = { request: 2, machine: 1, incomplete: 3, cancelled: 130 } as const;

/** Prints an error as one line with what to do, or as the `--json` document, and gives the exit code. */
export function printError(error: unknown, json: boolean): number {
  const record = toErrorRecord(error);
  if (json) process.stdout.write(`${JSON.stringify({ error: record })}\n`);
  else process.stderr.write(`davenport: ${oneLine(record.message)}. ${oneLine(record.next)}.\n`);
  if (process.env['DAVENPORT_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof CancelledError ? exitCodes.cancelled : exitCodes[record.kind];
}

/** Prints a report: one JSON document, or a table for people. */
export function printReport(report: RunReport, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else process.stdout.write(formatReport(report));
}

function formatReport(report: RunReport): string {
  const lines: string[] = [];
  for (const [index, edit] of report.edits.entries()) {
    if (report.edits.length > 1) lines.push(`Edit ${index + 1}`);
    lines.push(...edit.stages.map(formatStage));
  }
  lines.push(formatStage(report.delivery), '');
  const { checked, differing } = report.identity;
  if (checked !== null) {
    lines.push(
      `Outside the edit: ${checked.toLocaleString('en')} pixels checked, ${differing?.toLocaleString('en')} differ`,
    );
  }
  for (const note of notesOf(report)) lines.push(`Note: ${note}`);
  lines.push(`Project: ${report.project}`);
  if (report.out) lines.push(`Picture: ${report.out}`);
  return `${lines.join('\n')}\n`;
}

function formatStage(stage: StageReport): string {
  const time = stage.status === 'ran' ? `${(stage.ms / 1000).toFixed(1).padStart(7)} s` : ''.padStart(9);
  const model = stage.modelMs > 0 ? `models ${(stage.modelMs / 1000).toFixed(1)} s on ${stage.provider}` : '';
  return `  ${stage.stage.padEnd(8)} ${stage.status.padEnd(9)} ${time}  ${model}`.trimEnd();
}

/** What the stages want the user to know (an unknown word in the prompt, a converted photo). */
function notesOf(report: RunReport): string[] {
  const stages = [...report.edits.flatMap((edit) => edit.stages), report.delivery];
  const noted = stages.flatMap((stage) =>
    Object.entries(stage.metrics)
      .filter(([name, value]) => /note/i.test(name) && typeof value === 'string' && value !== '')
      .map(([, value]) => String(value)),
  );
  return [...report.photo.notes, ...noted];
}

/** Prints what came of a batch: one JSON document, or its counts and what needs attention. */
export function printBatchReport(report: BatchReport, json: boolean): void {
  if (json) return void process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  const lines = [countsLine(report)];
  for (const { photo, state, reason, next } of report.items) {
    if (state === 'done' || reason === null) continue;
    lines.push(`  ${photo}: ${oneLine(reason)}${next ? `. ${oneLine(next)}` : ''}`);
  }
  lines.push(`Results, report and contact sheet: ${report.out}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replace(/\.$/, '');
}
