import type * as Onnx from 'onnxruntime-node';
import { type PackManifest } from './pack-manifest.ts';
import { modelOf, type Pack } from './packs.ts';
import type { FailedProvider, Provider } from './providers.ts';
import type { ModelId } from './tensor.ts';

/**
 * Models that must not push each other out: the UNets and controls of one pack take turns at every step, and loading
 * one takes longer than running it. A preview's small decoder, loaded between two steps, pushes none of them out.
 */
export function companions(packs: readonly Pack[], model: ModelId): (other: ModelId) => boolean {
  const { manifest } = modelOf(packs, model).pack;
  if (isPreview(manifest, model)) return takesTurns;
  const own = `${manifest.id}/`;
  return (other) =>
    manifest.diffusion !== undefined && takesTurns(model) && takesTurns(other) && other.startsWith(own);
}

function takesTurns(model: ModelId): boolean {
  return /\/(unet|controlnet_[\w-]+)$/.test(model);
}

function isPreview({ adapter, diffusion }: PackManifest, model: ModelId): boolean {
  if (adapter?.kind === 'taesd') return true;
  const preview = diffusion?.preview;
  return preview !== undefined && 'model' in preview && model.endsWith(`/${preview.model}`);
}

/** Weights from this size on are not laid out anew for the processor: that takes seconds and doubles them in memory. */
const LARGE_WEIGHTS = 1 << 30;

/** WebGPU would run a pack's fused attention without complaint, and give other numbers. */
export function unfitForWebGpu(packs: readonly Pack[], model: ModelId): FailedProvider[] {
  const { manifest } = modelOf(packs, model).pack;
  if (manifest.diffusion?.attention !== 'fused') return [];
  return [
    { provider: 'webgpu', reason: 'it computes fused attention wrongly: convert with plain attention' },
  ];
}

/** Sequential execution and a fixed thread count: the same samples on any run of one machine. */
export function sessionOptions(
  provider: Provider,
  threads: number,
  bytes: number,
): Onnx.InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    // DirectML has no memory patterns and refuses a session that asks for them.
    ...(provider === 'dml' ? { enableMemPattern: false } : {}),
    extra: {
      session: {
        // Threads that go on waiting busily after a run take the processors from the process that asked for it.
        force_spinning_stop: '1',
        ...(bytes >= LARGE_WEIGHTS ? { disable_prepacking: '1' } : {}),
      },
    },
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  };
}
