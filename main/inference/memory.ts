import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { OutOfMemoryError } from '../errors.ts';

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

/** What each preset allows. The larger ones go by the machine: a share of its memory, within limits. */
export const memoryBudgets: Readonly<Record<MemoryPreset, MemoryBudget>> = {
  low: { sessionBytes: 0, artifactBytes: 160 * MB, shrinkArena: true },
  balanced: { sessionBytes: shareOfMemory(0.2, 256, 4096), artifactBytes: 448 * MB, shrinkArena: false },
  high: { sessionBytes: shareOfMemory(0.6, 2048, 65536), artifactBytes: 2048 * MB, shrinkArena: false },
};

function shareOfMemory(share: number, leastMb: number, mostMb: number): number {
  return Math.round(Math.min(mostMb * MB, Math.max(leastMb * MB, share * totalmem())));
}

/** The preset to try next where memory ran out; null below the lowest. */
export function lowerPreset(preset: MemoryPreset): MemoryPreset | null {
  return memoryPresets[memoryPresets.indexOf(preset) - 1] ?? null;
}

/** How a diffusion run spends memory. The same samples come out, up to rounding (tiled VAE: up to the tiles' seams). */
export interface DiffusionPolicy {
  /**
   * Sessions that stay after their part of a run: `all`; `sampling`, the UNet and its controls alone; `none`. Within
   * one loop of steps the UNet and its controls are always loaded together (see `companions` in sessions.ts).
   */
  readonly keep: 'all' | 'sampling' | 'none';
  /** Runs the negative and the positive prompt one after the other and not as one batch of two. */
  readonly sequentialGuidance: boolean;
  /** Longest side, in latent cells, that the VAE takes whole; larger ones go in tiles of the pack's own size. */
  readonly vaeWholeCells: number;
  /** Which weights to take where a pack brings both; graphs have f32 inputs and outputs in either case. */
  readonly precision: 'fp16' | 'fp32';
  /** Steps between previews; 0 for none (a preview costs a decoder's session). */
  readonly previewEvery: number;
}

const diffusionPolicies: Readonly<Record<MemoryPreset, DiffusionPolicy>> = {
  low: { keep: 'none', sequentialGuidance: true, vaeWholeCells: 64, precision: 'fp16', previewEvery: 0 },
  balanced: {
    keep: 'sampling',
    sequentialGuidance: false,
    vaeWholeCells: 128,
    precision: 'fp16',
    previewEvery: 5,
  },
  high: { keep: 'all', sequentialGuidance: false, vaeWholeCells: 256, precision: 'fp32', previewEvery: 2 },
};

/** What a preset means for a diffusion run. */
export function diffusionPolicy(preset: MemoryPreset): DiffusionPolicy {
  return diffusionPolicies[preset];
}

/** Allocation failures as V8, SQLite, onnxruntime's CPU arena, CUDA, DirectML and Dawn word them. */
const allocationFailures =
  /bad[ _]alloc|allocate memory|Array buffer allocation failed|Invalid (typed )?array (buffer )?length|out[ _]of[ _](device[ _]|host[ _])?memory|ERR_MEMORY_ALLOCATION_FAILED|SQLITE_NOMEM|CUDA failure 2\b|CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED|8007000E|Available memory of \d+ is smaller/i;

/** True where an allocation failed: in onnxruntime, in V8 or in SQLite. */
export function isOutOfMemory(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  return allocationFailures.test(`${typeof code === 'string' ? code : ''} ${error.message}`);
}

/** The error for a failed allocation. @param what what was being done, e.g. `running starter/superres-x2` */
export function outOfMemory(what: string, cause: unknown): OutOfMemoryError {
  const next =
    'Close other programs or choose the low memory preset, then run it again: finished steps are kept';
  return new OutOfMemoryError(`Memory ran out while ${what}`, next, { cause });
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
