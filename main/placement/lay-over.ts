import { linearTable, SRGB_TABLE_STEPS, srgbTable } from '../imaging/color/transfer.ts';
import type { Frame } from '../imaging/frame.ts';
import type { Rect } from '../imaging/geometry.ts';
import { hasAlpha } from '../imaging/samples.ts';
import { cropWindow, type MaskWindow, type RasterWindow } from '../imaging/window.ts';
import type { LightPicture } from './dress.ts';

/** Linear light above which a neutral picture is compressed, so that highlights keep some shape below white. */
const SHOULDER = 0.8;

/**
 * Encodes premultiplied linear light as straight sRGB samples with alpha.
 * @param visible factor on alpha per pixel, 0–1; all visible where left out
 */
export function encodePicture(picture: LightPicture, depth: 8 | 16, visible?: Float32Array): Frame['raster'] {
  const { width, height, data } = picture;
  const table = depth === 8 ? srgbTable(8) : srgbTable(16);
  const full = depth === 8 ? 255 : 65535;
  const out = depth === 8 ? new Uint8Array(data.length) : new Uint16Array(data.length);
  for (let i = 0, p = 0; i < data.length; i += 4, p++) {
    const cover = data[i + 3]!;
    if (cover <= 0) continue;
    const alpha = Math.round(full * cover * (visible ? visible[p]! : 1));
    if (alpha === 0) continue;
    out[i + 3] = alpha;
    for (let c = 0; c < 3; c++) {
      const light = compress(data[i + c]! / cover);
      out[i + c] = table[(Math.sqrt(light) * SRGB_TABLE_STEPS + 0.5) | 0]!;
    }
  }
  return { width, height, channels: 4, data: out } as Frame['raster'];
}

function compress(light: number): number {
  if (light <= SHOULDER) return light;
  return SHOULDER + (1 - SHOULDER) * Math.tanh((light - SHOULDER) / (1 - SHOULDER));
}

/**
 * Lays a shadow and then an object over a plate, in linear light (by sRGB's curve, which the profiles photos come in
 * follow closely). Samples that neither touches stay exactly as they are.
 * @param plate in the frame's depth, profile and channels
 * @param object the same size and colors with one more channel of straight alpha, or with the plate's own
 * @param shadow u8 of the same size, 255 where all light is blocked
 * @returns a new raster like the plate
 */
export function layOver(
  plate: Frame['raster'],
  object: Frame['raster'] | null,
  shadow: Uint8Array | null,
): Frame['raster'] {
  const { width, height, channels } = plate;
  const depth = plate.data instanceof Uint8Array ? 8 : 16;
  const linear = linearTable(depth);
  const table = depth === 8 ? srgbTable(8) : srgbTable(16);
  const full = depth === 8 ? 255 : 65535;
  const colors = channels - (hasAlpha(plate) ? 1 : 0);
  const data = plate.data.slice() as Uint8Array | Uint16Array;
  const over = object?.data;
  const stride = object?.channels ?? 0;
  for (let p = 0, i = 0; p < width * height; p++, i += channels) {
    const alpha = over ? over[p * stride + stride - 1]! / full : 0;
    const dark = shadow ? shadow[p]! : 0;
    if (alpha === 0 && dark === 0) continue;
    const keep = (1 - alpha) * (1 - dark / 255);
    for (let c = 0; c < colors; c++) {
      const own = alpha > 0 ? alpha * linear[over![p * stride + c]!]! : 0;
      const light = keep * linear[data[i + c]!]! + own;
      data[i + c] = table[(Math.sqrt(light) * SRGB_TABLE_STEPS + 0.5) | 0]!;
    }
    if (colors < channels) data[i + colors] = Math.max(data[i + colors]!, alpha * full);
  }
  return { width, height, channels, data } as Frame['raster'];
}

/**
 * Lays a placed object and its shadow over the plate's samples of a rectangle.
 * @param plate samples of `rect` (photo px) in the frame's depth, profile and channels
 * @param object window of the frame's colors (see `srgbToFrame`) with one channel of straight alpha
 * @param shadow window of u8, 255 where all light is blocked
 */
export function layObject(
  plate: Frame['raster'],
  rect: Rect,
  object: RasterWindow,
  shadow: MaskWindow,
): Frame['raster'] {
  const over = cropWindow(object, rect).raster as Frame['raster'];
  return layOver(plate, over, cropWindow(shadow, rect).raster.data);
}
