import type { Raster } from '../../../main/imaging/raster.ts';
import { randomStream } from '../../../main/imaging/random.ts';

export { randomStream };

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
