/**
 * PyTorch's CPU random generator, reproduced so that a seed gives the same noise here as in diffusers:
 * `torch.randn(shape, generator=torch.Generator().manual_seed(seed))`.
 *
 * Sources (PyTorch 2.x): ATen/core/MT19937RNGEngine.h (engine), ATen/core/TransformationHelper.h (uniforms),
 * ATen/core/DistributionsHelper.h (the double path), ATen/native/cpu/DistributionTemplates.h (`normal_fill`).
 *
 * Equal bit for bit to PyTorch on x86-64 with AVX2 or AVX-512 (all current PC builds), whose `normal_fill` uses the
 * polynomials of avx-math.ts. PyTorch on other processors (Apple's, or ATEN_CPU_CAPABILITY=default) computes the
 * same formula with the C library's functions and 2π in double: there the samples of tensors of 16 and more
 * differ from these in the last bits, by 2e-6 at most; uniforms and tensors below 16 do not.
 */
import { logAvx, sinCosAvx } from './avx-math.ts';

const STATE_SIZE = 624;
const STATE_MIDDLE = 397;
const TWO_PI = 2 * Math.PI;
const TWO_PI_FLOAT = Math.fround(TWO_PI);
/** `normal_fill` works on blocks of this many samples; shorter tensors take the double path. */
const BLOCK = 16;

export class TorchGenerator {
  readonly #state = new Uint32Array(STATE_SIZE);
  #next = STATE_SIZE;
  /** The second sample of a Box-Muller pair of the double path, kept for the next short tensor. */
  #spare: number | null = null;

  /** `seed`: any integer, as for `torch.manual_seed`; the engine uses its low 32 bits. Throws RangeError otherwise. */
  constructor(seed: number | bigint) {
    const state = this.#state;
    state[0] = Number(BigInt.asUintN(32, BigInt(seed)));
    for (let i = 1; i < STATE_SIZE; i++) {
      const before = state[i - 1]!;
      state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
    }
  }

  /** The next 32 bits of the Mersenne twister. */
  nextUint32(): number {
    if (this.#next === STATE_SIZE) this.#twist();
    let y = this.#state[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  /** `torch.rand`: fills `out` with float32 uniforms of 24 bits in [0, 1), and returns it. */
  fillUniform(out: Float32Array): Float32Array {
    for (let i = 0; i < out.length; i++) out[i] = this.#nextUniform24();
    return out;
  }

  /** `torch.randn`: fills `out` with standard normal float32 samples, and returns it. */
  fillNormal(out: Float32Array): Float32Array {
    if (out.length < BLOCK) {
      for (let i = 0; i < out.length; i++) out[i] = this.#nextNormalDouble();
      return out;
    }
    this.fillUniform(out);
    for (let start = 0; start + BLOCK <= out.length; start += BLOCK) transformBlock(out, start);
    if (out.length % BLOCK !== 0) {
      // The tail is not filled up: the last 16 samples, some of them already normal, are drawn anew.
      const start = out.length - BLOCK;
      for (let i = start; i < out.length; i++) out[i] = this.#nextUniform24();
      transformBlock(out, start);
    }
    return out;
  }

  /** `torch.randn` of `length` samples in a new array. */
  randn(length: number): Float32Array {
    return this.fillNormal(new Float32Array(length));
  }

  #nextUniform24(): number {
    return (this.nextUint32() & 0xffffff) / 0x1000000;
  }

  /** 53 of 64 bits, the first draw being the high word. */
  #nextUniform53(): number {
    const high = this.nextUint32() & 0x1fffff;
    return (high * 0x100000000 + this.nextUint32()) / 2 ** 53;
  }

  #nextNormalDouble(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    const angle = TWO_PI * this.#nextUniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#nextUniform53()));
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < STATE_SIZE; i++) {
      const mixed = (state[i]! & 0x80000000) | (state[(i + 1) % STATE_SIZE]! & 0x7fffffff);
      const odd = mixed & 1 ? 0x9908b0df : 0;
      state[i] = state[(i + STATE_MIDDLE) % STATE_SIZE]! ^ (mixed >>> 1) ^ odd;
    }
    this.#next = 0;
  }
}

const sinCos = new Float64Array(2);

/** Box-Muller in place on 16 uniforms: the first eight give the radii, the last eight the angles. */
function transformBlock(data: Float32Array, start: number): void {
  for (let i = start; i < start + BLOCK / 2; i++) {
    const radius = Math.fround(Math.sqrt(-2 * logAvx(1 - data[i]!)));
    sinCosAvx(Math.fround(TWO_PI_FLOAT * data[i + BLOCK / 2]!), sinCos);
    data[i] = radius * sinCos[1]!;
    data[i + BLOCK / 2] = radius * sinCos[0]!;
  }
}
