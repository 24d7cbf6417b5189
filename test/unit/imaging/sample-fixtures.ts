import type { Raster } from '../../../main/imaging/raster.ts';

/** Mulberry32: a seeded stream of numbers in [0, 1). */
export function randomStream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Uniform 8-bit noise that hits 0 and 255. */
export function noise8(width: number, height: number, channels: number, seed: number): Raster<Uint8Array> {
  const random = randomStream(seed);
  return {
    width,
    height,
    channels,
    data: Uint8Array.from({ length: width * height * channels }, () => Math.floor(random() * 256)),
  };
}

/** Uniform 16-bit noise. */
export function noise16(width: number, height: number, channels: number, seed: number): Raster<Uint16Array> {
  const random = randomStream(seed);
  return {
    width,
    height,
    channels,
    data: Uint16Array.from({ length: width * height * channels }, () => Math.floor(random() * 65536)),
  };
}
