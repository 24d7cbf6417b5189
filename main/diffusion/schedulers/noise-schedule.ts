/**
 * The noise schedule a model was trained with. Every intermediate is rounded to float32 where PyTorch holds a
 * float32 tensor, so that rounded timesteps and interpolated sigmas come out as in diffusers.
 */
export interface NoiseScheduleOptions {
  readonly trainTimesteps: number;
  readonly betaStart: number;
  readonly betaEnd: number;
  /** `scaled_linear`: √β is linear (Stable Diffusion); `linear`: β is. */
  readonly betaSchedule: 'scaled_linear' | 'linear';
  /** Rescale so that the last timestep is pure noise. */
  readonly zeroTerminalSnr: boolean;
}

const { fround, sqrt } = Math;

/** ᾱ of each training timestep, [trainTimesteps] float32, descending. Source: diffusers' `alphas_cumprod`. */
export function alphasCumprod(options: NoiseScheduleOptions): Float32Array {
  const betas = linearBetas(options);
  const alphas = betas.map((beta) => 1 - beta);
  if (!options.zeroTerminalSnr) return cumprod(alphas);
  return cumprod(rescaleToZeroTerminalSnr(alphas));
}

/** σ = √((1−ᾱ)/ᾱ) of each training timestep, ascending; Infinity where ᾱ is 0. */
export function trainSigmas(cumprods: Float32Array): Float32Array {
  return cumprods.map((bar) => sqrt(fround(fround(1 - bar) / bar)));
}

/**
 * ᾱ with the last value lifted from 0 to 2⁻²⁴, as the σ-based samplers do under zero-terminal SNR so that the
 * first σ is 4096 and not infinite.
 */
export function liftTerminal(cumprods: Float32Array): Float32Array {
  const lifted = cumprods.slice();
  lifted[lifted.length - 1] = 2 ** -24;
  return lifted;
}

function linearBetas(options: NoiseScheduleOptions): Float32Array {
  const { betaStart, betaEnd, trainTimesteps } = options;
  if (options.betaSchedule === 'linear') return torchLinspace(betaStart, betaEnd, trainTimesteps);
  return torchLinspace(sqrt(betaStart), sqrt(betaEnd), trainTimesteps).map((root) => root * root);
}

/** `torch.linspace` of float32: counted from both ends towards the middle. */
function torchLinspace(from: number, to: number, count: number): Float32Array {
  const start = fround(from);
  const end = fround(to);
  const step = fround(fround(end - start) / (count - 1));
  const half = Math.floor(count / 2);
  return Float32Array.from({ length: count }, (_, i) =>
    i < half ? start + step * i : end - step * (count - 1 - i),
  );
}

/** `torch.cumprod` on the CPU: the product runs in double, each result is rounded. */
function cumprod(factors: Float32Array): Float32Array {
  let product = 1;
  return factors.map((factor) => {
    product *= factor;
    return product;
  });
}

/**
 * α of a schedule shifted and scaled so that √ᾱ ends at 0 and starts where it did.
 * Source: Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed", algorithm 1.
 */
function rescaleToZeroTerminalSnr(alphas: Float32Array): Float32Array {
  const roots = cumprod(alphas).map((bar) => sqrt(bar));
  const first = roots[0]!;
  const last = roots[roots.length - 1]!;
  const scale = fround(first / fround(first - last));
  const bars = roots.map((root) => fround(fround(root - last) * scale) ** 2);
  // By way of β, as diffusers does: two more roundings.
  return bars.map((bar, i) => 1 - fround(1 - fround(i === 0 ? bar : bar / bars[i - 1]!)));
}
