import type * as Onnx from 'onnxruntime-node';

/** Execution providers of onnxruntime that Davenport knows, the quickest first. */
export const providers = ['cuda', 'dml', 'coreml', 'webgpu', 'cpu'] as const;
export type Provider = (typeof providers)[number];

/**
 * `auto`: CUDA, DirectML or CoreML where the build offers them, else the CPU. WebGPU is tried only when it is asked
 * for: on Linux it may run on a software Vulkan, hundreds of times slower than the CPU, and nothing tells.
 */
export type ProviderChoice = Provider | 'auto';

/** A provider that was tried and could not start, with onnxruntime's reason in one line. */
export interface FailedProvider {
  readonly provider: Provider;
  readonly reason: string;
}

/** What {@link withFallback} gives back: the value, and the honest account of how it came about. */
export interface Fallback<T> {
  readonly value: T;
  readonly provider: Provider;
  readonly failed: readonly FailedProvider[];
}

let onnx: Promise<typeof Onnx> | undefined;

/** Loads onnxruntime, telemetry off (the switch is read once, when the library loads). */
export function loadOnnx(): Promise<typeof Onnx> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  onnx ??= import('onnxruntime-node').then((module) => {
    module.env.logLevel = 'fatal'; // failures come back as errors; standard error belongs to the user
    return module;
  });
  return onnx;
}

/** The providers that this build of onnxruntime was made with; whether one can start shows only when it is tried. */
export async function builtProviders(): Promise<Provider[]> {
  const { listSupportedBackends } = await loadOnnx();
  const names = new Set(listSupportedBackends().map((backend) => backend.name));
  return providers.filter((provider) => names.has(provider));
}

/** The order in which a choice is tried; the CPU always comes last. */
export function providerOrder(
  choice: ProviderChoice,
  built: readonly Provider[],
): { order: Provider[]; missing: FailedProvider[] } {
  const wanted = choice === 'auto' ? providers.filter((p) => p !== 'webgpu' && built.includes(p)) : [choice];
  const missing = wanted
    .filter((provider) => !built.includes(provider))
    .map((provider) => ({
      provider,
      reason: `not part of onnxruntime for ${process.platform} ${process.arch}`,
    }));
  const order = wanted.filter((provider) => built.includes(provider) && provider !== 'cpu');
  return { order: [...order, 'cpu'], missing };
}

/**
 * Tries providers one at a time until one starts. onnxruntime's own list does not fall back: it throws at the first
 * that cannot start and skips silently what it was not built with.
 * @param isFinal true for a failure that the next provider must not paper over
 * @throws what the last provider (the CPU) threw
 */
export async function withFallback<T>(
  order: readonly Provider[],
  start: (provider: Provider) => Promise<T>,
  already: readonly FailedProvider[] = [],
  isFinal: (error: unknown, provider: Provider) => boolean = () => false,
): Promise<Fallback<T>> {
  const failed = [...already];
  for (const provider of order) {
    try {
      return { value: await start(provider), provider, failed };
    } catch (error) {
      if (provider === order.at(-1) || isFinal(error, provider)) throw error;
      failed.push({ provider, reason: firstLine(error) });
    }
  }
  throw new TypeError('Expected at least one provider but received none');
}

/** The first line of an error's message, without the source position onnxruntime puts before it; 200 characters. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = (text.split('\n')[0] ?? '').replace(/^\/.* was false\. /, '');
  return line.slice(0, 200);
}
