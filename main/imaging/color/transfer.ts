/** sRGB's transfer curve (IEC 61966-2-1), as functions and as tables for whole images. */

/** sRGB value → linear light, both 0–1. */
export function srgbToLinear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** Linear light → sRGB value, both 0–1. */
export function linearToSrgb(linear: number): number {
  return linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055;
}

let toLinear8: Float32Array | undefined;
let toLinear16: Float32Array | undefined;
let toSrgb8Table: Uint8Array | undefined;
let toSrgb16Table: Uint16Array | undefined;

/** 256 or 65536 entries: sample → linear light 0–1. */
export function linearTable(depth: 8 | 16): Float32Array {
  if (depth === 8) return (toLinear8 ??= Float32Array.from({ length: 256 }, (_, i) => srgbToLinear(i / 255)));
  if (!toLinear16) {
    toLinear16 = new Float32Array(65536);
    for (let i = 0; i < 65536; i++) toLinear16[i] = srgbToLinear(i / 65535);
  }
  return toLinear16;
}

/**
 * Number of steps of the encoding tables: index = √linear · SRGB_TABLE_STEPS, rounded. The square root spreads the
 * dark end, so that every 8-bit code is hit exactly and 16-bit codes are off by 1 at most.
 */
export const SRGB_TABLE_STEPS = 65535;

/** Table for `linear → sRGB`: `table[(Math.sqrt(linear) * SRGB_TABLE_STEPS + 0.5) | 0]`, linear 0–1. */
export function srgbTable(depth: 8): Uint8Array;
export function srgbTable(depth: 16): Uint16Array;
export function srgbTable(depth: 8 | 16): Uint8Array | Uint16Array;
export function srgbTable(depth: 8 | 16): Uint8Array | Uint16Array {
  if (depth === 8) return (toSrgb8Table ??= fillSrgbTable(new Uint8Array(SRGB_TABLE_STEPS + 1), 255));
  return (toSrgb16Table ??= fillSrgbTable(new Uint16Array(SRGB_TABLE_STEPS + 1), 65535));
}

function fillSrgbTable<T extends Uint8Array | Uint16Array>(table: T, scale: number): T {
  for (let i = 0; i <= SRGB_TABLE_STEPS; i++) {
    table[i] = Math.round(linearToSrgb((i / SRGB_TABLE_STEPS) ** 2) * scale);
  }
  return table;
}
