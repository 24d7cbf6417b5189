import type { Rect } from './geometry.ts';
import type { Raster, Samples } from './raster.ts';

/** Whole photo pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The part of a photo-sized raster that is kept: `raster` holds exactly the photo pixels of `rect`. What lies outside
 * is the background its owner names (0 for masks and alphas, the frame's samples for composites).
 */
export interface RasterWindow<S extends Samples = Samples> {
  readonly raster: Raster<S>;
  readonly rect: Rect;
}

/** A window of a mask: 0 everywhere outside `rect`. */
export type MaskWindow = RasterWindow<Uint8Array>;

/** A whole raster as a window of itself. */
export function wholeWindow<S extends Samples>(raster: Raster<S>): RasterWindow<S> {
  return { raster, rect: { x: 0, y: 0, width: raster.width, height: raster.height } };
}

/**
 * Copies the samples of `rect` (photo pixels) out of a window; what the window does not cover stays 0.
 */
export function cropWindow<S extends Samples>(window: RasterWindow<S>, rect: Rect): RasterWindow<S> {
  const { raster, rect: from } = window;
  const { channels } = raster;
  const data = new (raster.data.constructor as new (length: number) => S)(
    rect.width * rect.height * channels,
  );
  const x0 = Math.max(rect.x, from.x);
  const x1 = Math.min(rect.x + rect.width, from.x + from.width);
  const y0 = Math.max(rect.y, from.y);
  const y1 = Math.min(rect.y + rect.height, from.y + from.height);
  const bottom = x0 < x1 ? y1 : y0;
  for (let y = y0; y < bottom; y++) {
    const source = ((y - from.y) * from.width + x0 - from.x) * channels;
    const row = raster.data.subarray(source, source + (x1 - x0) * channels);
    data.set(row, ((y - rect.y) * rect.width + x0 - rect.x) * channels);
  }
  return { raster: { width: rect.width, height: rect.height, channels, data }, rect };
}

/** Copies the pixels of `rect` out of a whole raster; the rectangle may reach outside (those pixels are 0). */
export function cropRaster<S extends Samples>(raster: Raster<S>, rect: Rect): Raster<S> {
  return cropWindow(wholeWindow(raster), rect).raster;
}

/** Throws TypeError where a window's raster does not fit its rectangle: a programmer's error. */
export function assertWindow(window: RasterWindow, name: string): void {
  const { raster, rect } = window;
  if (raster.width !== rect.width || raster.height !== rect.height) {
    throw new TypeError(
      `Expected a raster of ${rect.width}×${rect.height} for ${name} but received ${raster.width}×${raster.height}`,
    );
  }
}
