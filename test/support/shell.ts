import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach } from 'vitest';
import type { RunReport } from '../../main/pipeline/report.ts';

/** The command line's entry. */
export const entry = fileURLToPath(new URL('../../main/cli/davenport.ts', import.meta.url));

/** How a command ended. */
export interface ShellResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ShellOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs as another user (tests of permissions run as root in some places). */
  readonly uid?: number;
  /** Called with the process as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs `davenport …` as a user would, in a process of its own. */
export function davenport(args: readonly string[], options: ShellOptions = {}): Promise<ShellResult> {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  options.onStart?.(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Runs a command with `--json` that must succeed; gives its report. */
export async function report(args: readonly string[], options: ShellOptions = {}): Promise<RunReport> {
  const result = await davenport([...args, '--json'], options);
  if (result.code !== 0)
    throw new Error(
      `davenport ${args.join(' ')} ended with ${result.code ?? result.signal}: ${result.stdout}${result.stderr}`,
    );
  return JSON.parse(result.stdout) as RunReport;
}

/** A temporary folder for every test of the file. */
export function useTemporaryFolder(): { readonly path: string; file(name: string): string } {
  let path = '';
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'davenport-test-'));
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
    file: (name) => join(path, name),
  };
}

/** Status of every stage of the first edit and of the delivery. */
export function statuses({ edits, delivery }: RunReport): Record<string, string> {
  const stages = [...(edits[0]?.stages ?? []), delivery];
  return Object.fromEntries(stages.map(({ stage, status }) => [stage, status]));
}

/** SHA-256 of every artifact of the first edit and of the delivery, by name. */
export function digests({ edits, delivery }: RunReport): Record<string, string> {
  const stages = [...(edits[0]?.stages ?? []), delivery];
  return Object.fromEntries(
    stages.flatMap(({ artifacts }) => artifacts.map(({ name, sha256 }) => [name, sha256])),
  );
}
