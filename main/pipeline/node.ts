import type { Rect } from '../imaging/geometry.ts';
import type { Frame } from '../imaging/frame.ts';
import type { Raster } from '../imaging/raster.ts';
import type { MemoryPreset } from '../inference/memory.ts';
import type { PackManifest } from '../inference/pack-manifest.ts';
import type { ModelRunner } from '../inference/tensor.ts';

/** Values that survive canonical JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/**
 * What lies outside a stored window: `zero`, or the samples of the node's own frame (a composite equals its frame
 * outside the edit, so only the edit is stored).
 */
export type Background = 'zero' | 'frame';

/** How a raster is written: in full, or as a window of a larger raster over a background. */
export interface Window {
  /** Size of the whole raster the window belongs to. */
  readonly width: number;
  readonly height: number;
  /** Where the given raster sits in it. */
  readonly rect: Rect;
  readonly background: Background;
}

/** A raster read back with the window it was written as; `raster` holds the window's samples only. */
export interface WindowedRaster {
  readonly raster: Raster;
  readonly window: Window;
}

/** Reads the artifacts of upstream nodes by the input names of the plan. Samples are shared: do not change them. */
export interface NodeInputs {
  /** The whole raster (a window is expanded over its background). */
  raster(name: string): Promise<Raster>;
  /** Only what was stored; for a raster stored in full the window is the whole. */
  window(name: string): Promise<WindowedRaster>;
  json<T>(name: string): Promise<T>;
  has(name: string): boolean;
}

/**
 * Writes this node's artifacts; each name is one of the plan's outputs and is written once. A raster that was written
 * is shared with the nodes that follow: do not change it afterwards.
 */
export interface NodeOutputs {
  raster(name: string, raster: Raster, window?: Window): Promise<void>;
  json(name: string, value: unknown): Promise<void>;
  /**
   * Writes a large raster in bands of whole rows, top to bottom, without holding it in memory. A band's memory may be
   * used again for the next.
   */
  bands(
    name: string,
    shape: { width: number; height: number; channels: number; dtype: 'u8' | 'u16' },
    rows: AsyncIterable<Raster>,
  ): Promise<void>;
}

/** Reads verified files of a pack (catalogue pictures and the like). */
export interface PackFiles {
  /** Bytes of a file that pack.json lists; throws a MachineError where it is missing or its hash is wrong. */
  read(pack: string, file: string): Promise<Uint8Array>;
  /** Files that pack.json lists under a prefix. */
  list(pack: string, prefix: string): readonly string[];
  /** What the pack's pack.json says; throws a RequestError where the pack is not installed. */
  manifest(pack: string): PackManifest;
}

/** Everything one node may touch while it runs, in the pixels process. */
export interface NodeContext<P = JsonObject> {
  readonly params: P;
  /** The photo this edit starts from: the upright source, or the composite of the edit before. */
  frame(): Promise<Frame>;
  readonly inputs: NodeInputs;
  readonly outputs: NodeOutputs;
  readonly models: ModelRunner;
  readonly packs: PackFiles;
  /** How much memory the engine may use: see `diffusionPolicy` in main/inference/memory.ts. */
  readonly memory: MemoryPreset;
  /** Bytes of a file kept in the project (an imported mask, a product picture), by SHA-256. */
  blob(sha256: string): Promise<Uint8Array>;
  /** Records a number or a short text beside the node's run. */
  metric(name: string, value: number | string | boolean): void;
  /** Reports progress, 0–1, and lets cancellation in; call it in every long loop: `await ctx.progress(i / n)`. */
  progress(done: number, label?: string): Promise<void>;
  /** Shows how far a picture has come, RGB u8 of any size; absent where nobody looks. */
  readonly preview?: (picture: Raster<Uint8Array>, done: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/** One node's work. Throws DavenportErrors for what the user can understand. */
export type NodeRun = (context: NodeContext<never>) => Promise<void>;

/** The nodes a stage implements, by node id. */
export type StageNodes = Readonly<Record<string, NodeRun>>;
