import { type Engine, startEngine } from '../engine/supervisor.ts';
import { findPacks, type Pack } from '../inference/packs.ts';
import { closeWorkbench, type Workbench } from '../pipeline/workbench.ts';
import { engineOptions } from './engine-options.ts';
import { untilInterrupted } from './interrupt.ts';

/** What a command works with. */
export interface Session {
  readonly engine: Engine;
  readonly packs: readonly Pack[];
  /** Aborted by the first Ctrl-C; the second ends the program at once. */
  readonly signal: AbortSignal;
}

/** Starts the engine, runs `work`, and ends the engine whatever happens. */
export async function withEngine<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const packs = findPacks();
  const engine = startEngine(engineOptions());
  try {
    return await untilInterrupted((signal) => work({ engine, packs, signal }));
  } finally {
    await engine.close();
  }
}

/** Runs `work` on an open project and closes it whatever happens, so that it is left as one file. */
export async function withBench<T>(
  opening: Promise<Workbench>,
  work: (bench: Workbench) => Promise<T>,
): Promise<T> {
  const bench = await opening;
  try {
    return await work(bench);
  } finally {
    await closeWorkbench(bench);
  }
}
