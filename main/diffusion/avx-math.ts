/**
 * `log`, `sin` and `cos` of float32 as PyTorch's AVX2 kernels compute them: the Cephes polynomials of
 * `log256_ps` and `sincos256_ps` in ATen/native/cpu/avx_mathfun.h, with the multiply-adds that the compiler
 * fuses. A fused multiply-add of float32 is one rounding of the double result, which is what `fround(a·b + c)`
 * does: the product of two float32 is exact in double.
 */

const { fround } = Math;
const SQRT_HALF = fround(Math.SQRT1_2);
const LOG_POLYNOMIAL = Float32Array.of(
  7.0376836292e-2,
  -1.151461031e-1,
  1.167699874e-1,
  -1.2420140846e-1,
  1.4249322787e-1,
  -1.6668057665e-1,
  2.0000714765e-1,
  -2.4999993993e-1,
  3.3333331174e-1,
);
/** ln 2 in two parts. */
const LN2_LOW = fround(-2.1219444e-4);
const LN2_HIGH = fround(0.693359375);

const FOUR_OVER_PI = fround(1.27323954473516);
/** −π/4 in three parts (Cody and Waite). */
const REDUCE_HIGH = fround(-0.78515625);
const REDUCE_MIDDLE = fround(-2.4187564849853515625e-4);
const REDUCE_LOW = fround(-3.77489497744594e-8);
const COS_0 = fround(2.443315711809948e-5);
const COS_1 = fround(-1.388731625493765e-3);
const COS_2 = fround(4.166664568298827e-2);
const SIN_0 = fround(-1.9515295891e-4);
const SIN_1 = fround(8.3321608736e-3);
const SIN_2 = fround(-1.6666654611e-1);

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Natural logarithm of a positive, normal float32. */
export function logAvx(value: number): number {
  float[0] = value;
  let exponent = (bits[0]! >>> 23) - 126;
  bits[0] = (bits[0]! & 0x7fffff) | 0x3f000000;
  let x = float[0]!;
  if (x < SQRT_HALF) {
    exponent -= 1;
    x = fround(fround(x - 1) + x);
  } else {
    x = fround(x - 1);
  }
  const z = fround(x * x);
  let y = LOG_POLYNOMIAL[0]!;
  for (let i = 1; i < LOG_POLYNOMIAL.length; i++) y = fround(y * x + LOG_POLYNOMIAL[i]!);
  y = fround(fround(y * x) * z + fround(exponent * LN2_LOW));
  y = fround(y - z * 0.5);
  return fround(fround(x + y) + exponent * LN2_HIGH);
}

/** Writes sin and cos of a non-negative float32 (here at most 2π) to `out[0]` and `out[1]`. */
export function sinCosAvx(value: number, out: Float64Array): void {
  const octant = (Math.trunc(fround(value * FOUR_OVER_PI)) + 1) & ~1;
  let x = fround(octant * REDUCE_HIGH + value);
  x = fround(octant * REDUCE_MIDDLE + x);
  x = fround(octant * REDUCE_LOW + x);
  const z = fround(x * x);

  let even = fround(fround(COS_0 * z + COS_1) * z + COS_2);
  even = fround(fround(even * z) * z - fround(z * 0.5));
  even = fround(even + 1);

  let odd = fround(fround(SIN_0 * z + SIN_1) * z + SIN_2);
  odd = fround(fround(odd * z) * x + x);

  const swapped = (octant & 2) !== 0;
  const sin = swapped ? even : odd;
  const cos = swapped ? odd : even;
  out[0] = octant & 4 ? -sin : sin;
  out[1] = (octant - 2) & 4 ? cos : -cos;
}
