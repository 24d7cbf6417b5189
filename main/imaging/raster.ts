/** Sample types: u8 0–255, u16 0–65535, f32 in the unit each function's docstring names. */
export type Samples = Uint8Array | Uint16Array | Float32Array;

export type Dtype = 'u8' | 'u16' | 'f32';

/**
 * An image in memory: interleaved samples, row-major, top-left origin, `data.length === width·height·channels`.
 * Channels: 1 grey or mask, 2 grey + alpha, 3 RGB, 4 RGB + straight alpha.
 */
export interface Raster<S extends Samples = Samples> {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: S;
}

/** One channel, u8: 0 outside, 255 inside, between them the soft edge. Always in photo pixels. */
export type Mask = Raster<Uint8Array>;

/** Makes a zeroed raster. */
export function createRaster(
  dtype: 'u8',
  width: number,
  height: number,
  channels?: number,
): Raster<Uint8Array>;
export function createRaster(
  dtype: 'u16',
  width: number,
  height: number,
  channels?: number,
): Raster<Uint16Array>;
export function createRaster(
  dtype: 'f32',
  width: number,
  height: number,
  channels?: number,
): Raster<Float32Array>;
export function createRaster(dtype: Dtype, width: number, height: number, channels?: number): Raster;
export function createRaster(dtype: Dtype, width: number, height: number, channels = 1): Raster {
  return { width, height, channels, data: createSamples(dtype, width * height * channels) };
}

/** Zeroed samples of a dtype. */
export function createSamples(dtype: Dtype, length: number): Samples {
  if (dtype === 'u8') return new Uint8Array(length);
  if (dtype === 'u16') return new Uint16Array(length);
  return new Float32Array(length);
}

/** The dtype of a sample array. */
export function dtypeOf(data: Samples): Dtype {
  if (data instanceof Uint8Array) return 'u8';
  return data instanceof Uint16Array ? 'u16' : 'f32';
}

/** The sample value that means full scale: 255, 65535 or 1. */
export function fullScale(data: Samples): number {
  if (data instanceof Uint8Array) return 255;
  return data instanceof Uint16Array ? 65535 : 1;
}
