import type { Frame } from '../frame.ts';
import { type Curve, SRGB_COLORANTS, type Shaper } from './icc.ts';
import { type Matrix3, invert3, multiply3 } from '../matrix.ts';
import { SRGB_TABLE_STEPS, linearTable, srgbTable } from './transfer.ts';

type Samples = Frame['raster'];

/*
 * [Note: Matrix profiles]
 * A colour management module resamples 16-bit matrix profiles into a coarse lookup table, which costs up to ten 8-bit
 * codes in dark saturated colours. Curves and one 3 × 3 matrix are exact and faster, so profiles that consist of them
 * are computed here; only lookup-table profiles go through libvips. Relative colorimetric, clipped to the gamut.
 */

/** RGB(A) or grey(A) samples in a shaper profile → sRGB of the same depth; grey becomes RGB, alpha is kept. */
export function shaperToSrgb(raster: Samples, shaper: Shaper): Samples {
  const depth = raster.data instanceof Uint16Array ? 16 : 8;
  const curves = tabulate(shaper.curves, depth);
  const encode = srgbTable(depth);
  if (!shaper.colorants) return expandGrey(raster, curves[0]!, encode);
  const toSrgb = multiply3(invert3(columns(SRGB_COLORANTS)), columns(shaper.colorants));
  return transformRgb(raster, curves, toSrgb, [encode, encode, encode]);
}

/** RGB(A) samples in sRGB → an RGB shaper profile of the same depth; alpha is kept. */
export function srgbToShaper(raster: Samples, shaper: Shaper): Samples {
  const depth = raster.data instanceof Uint16Array ? 16 : 8;
  const linear = linearTable(depth);
  if (!shaper.colorants) throw new TypeError('Expected an RGB profile but received a grey one');
  const fromSrgb = multiply3(invert3(columns(shaper.colorants)), columns(SRGB_COLORANTS));
  return transformRgb(raster, [linear, linear, linear], fromSrgb, invertCurves(shaper.curves, depth));
}

/** RGB(A) in sRGB → grey(A) of the same luminance (Rec. 709 weights) in `curve`, or in sRGB's own where null. */
export function srgbToGrey(raster: Samples, curve: Curve | null): Samples {
  const { width, height, channels, data } = raster;
  const depth = data instanceof Uint16Array ? 16 : 8;
  const linear = linearTable(depth);
  const encode = curve ? invertCurves([curve], depth)[0]! : srgbTable(depth);
  const outChannels = channels === 4 ? 2 : 1;
  const out = sameType(data, width * height * outChannels);
  for (let from = 0, to = 0; from < data.length; from += channels, to += outChannels) {
    const y =
      0.2126 * linear[data[from]!]! + 0.7152 * linear[data[from + 1]!]! + 0.0722 * linear[data[from + 2]!]!;
    out[to] = encode[tableIndex(y)]!;
    if (outChannels === 2) out[to + 1] = data[from + 3]!;
  }
  return { width, height, channels: outChannels, data: out } as Samples;
}

function transformRgb(
  raster: Samples,
  decode: readonly Float32Array[],
  matrix: Matrix3,
  encode: readonly (Uint8Array | Uint16Array)[],
): Samples {
  const { width, height, channels, data } = raster;
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = matrix;
  const [decodeR, decodeG, decodeB] = decode as [Float32Array, Float32Array, Float32Array];
  const [encodeR, encodeG, encodeB] = encode as [Uint8Array, Uint8Array, Uint8Array];
  const out = sameType(data, data.length);
  for (let i = 0; i < data.length; i += channels) {
    const r = decodeR[data[i]!]!;
    const g = decodeG[data[i + 1]!]!;
    const b = decodeB[data[i + 2]!]!;
    out[i] = encodeR[tableIndex(m0 * r + m1 * g + m2 * b)]!;
    out[i + 1] = encodeG[tableIndex(m3 * r + m4 * g + m5 * b)]!;
    out[i + 2] = encodeB[tableIndex(m6 * r + m7 * g + m8 * b)]!;
    if (channels === 4) out[i + 3] = data[i + 3]!;
  }
  return { width, height, channels, data: out } as Samples;
}

function expandGrey(raster: Samples, curve: Float32Array, encode: Uint8Array | Uint16Array): Samples {
  const { width, height, channels, data } = raster;
  const outChannels = channels === 2 ? 4 : 3;
  const out = sameType(data, width * height * outChannels);
  for (let from = 0, to = 0; from < data.length; from += channels, to += outChannels) {
    const value = encode[tableIndex(curve[data[from]!]!)]!;
    out[to] = value;
    out[to + 1] = value;
    out[to + 2] = value;
    if (channels === 2) out[to + 3] = data[from + 1]!;
  }
  return { width, height, channels: outChannels, data: out } as Samples;
}

/** Where an encoding table holds a linear value; values outside 0–1 are clipped. */
function tableIndex(linear: number): number {
  if (linear <= 0) return 0;
  return linear >= 1 ? SRGB_TABLE_STEPS : (Math.sqrt(linear) * SRGB_TABLE_STEPS + 0.5) | 0;
}

function tabulate(curves: readonly Curve[], depth: 8 | 16): Float32Array[] {
  const last = depth === 8 ? 255 : 65535;
  return mapOnce(curves, (curve) => {
    const table = new Float32Array(last + 1);
    for (let i = 0; i <= last; i++) table[i] = curve(i / last);
    return table;
  });
}

/** Tables laid out like srgbTable's (index √linear) for the inverses of increasing curves. */
function invertCurves(curves: readonly Curve[], depth: 8 | 16): (Uint8Array | Uint16Array)[] {
  const last = depth === 8 ? 255 : 65535;
  return mapOnce(curves, (curve) => {
    const table = depth === 8 ? new Uint8Array(SRGB_TABLE_STEPS + 1) : new Uint16Array(SRGB_TABLE_STEPS + 1);
    // Walks the codes upward; each linear value takes the nearer of the two codes around it, in code units.
    let code = 0;
    let low = curve(0);
    let high = curve(1 / last);
    for (let i = 0; i <= SRGB_TABLE_STEPS; i++) {
      const linear = (i / SRGB_TABLE_STEPS) ** 2;
      while (code < last - 1 && high <= linear) {
        code++;
        low = high;
        high = curve((code + 1) / last);
      }
      const share = high > low ? (linear - low) / (high - low) : 1;
      table[i] = share >= 0.5 ? code + 1 : code;
    }
    return table;
  });
}

function mapOnce<T>(curves: readonly Curve[], make: (curve: Curve) => T): T[] {
  const made = new Map<Curve, T>();
  return curves.map((curve) => {
    if (!made.has(curve)) made.set(curve, make(curve));
    return made.get(curve)!;
  });
}

function columns(colorants: readonly (readonly [number, number, number])[]): Matrix3 {
  const [r, g, b] = [colorants[0]!, colorants[1]!, colorants[2]!];
  return [r[0], g[0], b[0], r[1], g[1], b[1], r[2], g[2], b[2]];
}

function sameType(data: Uint8Array | Uint16Array, length: number): Uint8Array | Uint16Array {
  return data instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);
}
