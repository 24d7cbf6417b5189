import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { MachineError } from '../errors.ts';

/** How much memory Davenport may keep occupied between steps; a step itself takes what it needs. */
export const memoryPresets = ['low', 'balanced', 'high'] as const;
export type MemoryPreset = (typeof memoryPresets)[number];

export interface MemoryBudget {
  /** Bytes of model files whose sessions stay loaded; the session at work always stays. */
  readonly sessionBytes: number;
  /** Bytes of decoded frames and artifacts that the pixels process keeps. */
  readonly artifactBytes: number;
  /** Gives a run's scratch memory back after every run (slower: it is asked for again by the next). */
  readonly shrinkArena: boolean;
}

const MB = 1 << 20;

/** What each preset allows. */
export const memoryBudgets: Readonly<Record<MemoryPreset, MemoryBudget>> = {
  low: { sessionBytes: 0, artifactBytes: 160 * MB, shrinkArena: true },
  balanced: { sessionBytes: 256 * MB, artifactBytes: 448 * MB, shrinkArena: false },
  high: { sessionBytes: 8192 * MB, artifactBytes: 2048 * MB, shrinkArena: false },
};

const allocationFailures =
  /bad[ _]alloc|allocate memory|Array buffer allocation failed|Invalid (typed )?array (buffer )?length|out of memory|ERR_MEMORY_ALLOCATION_FAILED|SQLITE_NOMEM/i;

/** True where an allocation failed: in onnxruntime, in V8 or in SQLite. */
export function isOutOfMemory(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  return allocationFailures.test(`${typeof code === 'string' ? code : ''} ${error.message}`);
}

/** The error for a failed allocation. @param what what was being done, e.g. `running starter/superres-x2` */
export function outOfMemory(what: string, cause: unknown): MachineError {
  const next =
    'Close other programs or choose the low memory preset, then run it again: finished steps are kept';
  return new MachineError(`Memory ran out while ${what}`, next, { cause });
}

/**
 * Threads for one model run: the physical cores this process may use, since a second hardware thread of a core
 * adds no arithmetic units. 0 (onnxruntime's own count, which is the same) where the system does not say.
 */
export function physicalCores(): number {
  const cores =
    process.platform === 'linux' ? linuxCores() : process.platform === 'darwin' ? cpus().length : 0;
  return Math.min(cores, availableParallelism());
}

/** Distinct (package, core) pairs under /sys; 0 where it cannot be read. */
function linuxCores(): number {
  const root = '/sys/devices/system/cpu';
  try {
    const ids = readdirSync(root)
      .filter((name) => /^cpu\d+$/.test(name))
      .map((name) => `${root}/${name}/topology`)
      .map(
        (dir) => readFileSync(`${dir}/physical_package_id`, 'utf8') + readFileSync(`${dir}/core_id`, 'utf8'),
      );
    return new Set(ids).size;
  } catch {
    return 0;
  }
}
