import type { Frame } from '../../imaging/frame.ts';
import type { Rect } from '../../imaging/geometry.ts';
import { cropRaster, type MaskWindow, type RasterWindow } from '../../imaging/window.ts';
import type { NodeInputs } from '../node.ts';

/** An input as the window it was stored as. */
export async function readWindow(inputs: NodeInputs, name: string): Promise<RasterWindow> {
  const { raster, window } = await inputs.window(name);
  return { raster, rect: window.rect };
}

/** A u8 single-channel input as the window it was stored as; throws TypeError for anything else. */
export async function readMask(inputs: NodeInputs, name: string): Promise<MaskWindow> {
  const { raster, rect } = await readWindow(inputs, name);
  if (!(raster.data instanceof Uint8Array) || raster.channels !== 1) {
    throw new TypeError(
      `Expected a u8 raster of 1 channel for ${name} but received ${raster.channels} channels`,
    );
  }
  return { raster: raster as MaskWindow['raster'], rect };
}

/** The samples of `rect` (photo px, inside the photo) of an input that was stored over the frame. */
export async function readOverFrame(
  inputs: NodeInputs,
  name: string,
  frame: Frame,
  rect: Rect,
): Promise<Frame['raster']> {
  const { raster, rect: from } = await readWindow(inputs, name);
  const base = cropRaster<Uint8Array | Uint16Array>(frame.raster, rect);
  const { channels } = base;
  const x0 = Math.max(rect.x, from.x);
  const x1 = Math.min(rect.x + rect.width, from.x + from.width);
  const y1 = Math.min(rect.y + rect.height, from.y + from.height);
  for (let y = x0 < x1 ? Math.max(rect.y, from.y) : y1; y < y1; y++) {
    const at = ((y - from.y) * from.width + x0 - from.x) * channels;
    const row = raster.data.subarray(at, at + (x1 - x0) * channels);
    base.data.set(row, ((y - rect.y) * rect.width + x0 - rect.x) * channels);
  }
  return base as Frame['raster'];
}
