import type { MemoryPreset } from '../inference/memory.ts';
import type { Provider, ProviderChoice } from '../inference/providers.ts';
import type { ModelDescription } from '../inference/sessions.ts';
import type { ModelId } from '../inference/tensor.ts';
import type { ChildHost } from './child-host.ts';
import type {
  DraftPicture,
  DraftRequest,
  EvictionRequest,
  ExportRequest,
  ExportResult,
  ImportRequest,
  ImportResult,
  KeepRequest,
  MaskPreview,
  NodeRequest,
  NodeResult,
  PreviewRequest,
} from './jobs.ts';
import type { ModelsProcess } from './models-process.ts';
import type { SmallPicture } from './protocol.ts';

export interface EngineOptions {
  /** How children are started; forks of this Node by default. */
  readonly host?: ChildHost;
  /** Folders that packs are looked for in; DAVENPORT_PACKS and the bundled one by default. */
  readonly packs?: readonly string[];
  readonly provider?: ProviderChoice;
  readonly preset?: MemoryPreset;
  /** Threads of one model run; the physical cores by default. */
  readonly threads?: number;
  /** A models process to share with other engines ({@link startModels}); else this engine starts its own. */
  readonly models?: ModelsProcess;
  /** URLs of modules whose `nodes` (StageNodes) are looked in before the stages' own. */
  readonly modules?: readonly string[];
  /** Takes lines for whoever looks into a failure: how a process ended, and its last words. */
  readonly log?: (line: string) => void;
  /** Makes previews while a diffusion pack paints; they come with the progress. */
  readonly previews?: boolean;
}

export interface JobOptions {
  /** 0–1, with a few words on what is being done; at most 25 times a second. */
  readonly onProgress?: (done: number, label?: string, preview?: SmallPicture) => void;
  readonly signal?: AbortSignal;
}

/**
 * The engine's parent side. Jobs are done one after the other; ids and values cross, never pixels. Every method
 * rejects with a DavenportError: the job's own, CancelledError, or a MachineError that names a process that ended.
 */
export interface Engine {
  /**
   * Runs one node and commits it to the project. Where memory runs out, both children are started again under the next
   * lower preset, which then holds until the engine is closed, and the node is tried once more.
   */
  runNode(request: NodeRequest, options?: JobOptions): Promise<NodeResult>;
  /** Reads, decodes and verifies a photo; keeps it in a project where one is named. */
  importPhoto(request: ImportRequest, options?: JobOptions): Promise<ImportResult>;
  /** Writes a stored artifact to a file. */
  exportArtifact(request: ExportRequest, options?: JobOptions): Promise<ExportResult>;
  /** The coarse masks that clicks may mean, from an encoded photo: small and quick, for the next click to be made. */
  previewMask(request: PreviewRequest, options?: JobOptions): Promise<MaskPreview>;
  /** How a chain of nodes would come out, at a fraction of the photo's size; nothing of it is kept. */
  draft(request: DraftRequest, options?: JobOptions): Promise<DraftPicture>;
  /** Declared inputs and outputs of a model, and the provider its session really got. Loads it. */
  describeModel(model: ModelId, options?: JobOptions): Promise<ModelDescription>;
  /** Ends the session of one model, or all, and gives its memory back. */
  releaseModels(model?: ModelId): Promise<void>;
  /** Execution providers of the onnxruntime build. */
  providers(): Promise<readonly Provider[]>;
  /** Keeps a picture file in a project. @returns its SHA-256 */
  keepPicture(request: KeepRequest, options?: JobOptions): Promise<string>;
  /** Copies what can be read of a damaged project into a new one; see main/store/recover.ts. */
  recoverProject(path: string, to: string): Promise<void>;
  /** Copies a project as it stands into another file, whole or not at all. */
  copyProject(path: string, to: string): Promise<void>;
  /** Removes runs and what they wrote from a project. */
  dropRuns(project: string, fingerprints: readonly string[]): Promise<void>;
  /** Lets go of the open project file, after what may go has gone. The next job opens it again. */
  closeProject(evict?: EvictionRequest): Promise<void>;
  /** Ends both children; what is running is cancelled. */
  close(): Promise<void>;
  /** The same once everything that was asked for by now is done. */
  finish(): Promise<void>;
  /** True while a job is being done or waits. */
  readonly isBusy: boolean;
  /** The memory preset in force. */
  readonly preset: MemoryPreset;
  /** Process ids of the children that are running, for tests and `doctor`. */
  readonly pids: { readonly models: number | undefined; readonly pixels: number | undefined };
}
