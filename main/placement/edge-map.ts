import { fitGuidedModel, type GuidedModel } from '../imaging/guided-filter.ts';
import type { Rect } from '../imaging/geometry.ts';
import type { Raster } from '../imaging/raster.ts';
import { cropRaster } from '../imaging/window.ts';
import type { SceneDepth } from './depth-scale.ts';

/** A 0–1 map over a rectangle of the depth map, as linear models of the photo's color (see GuidedModel). */
export interface EdgeMap {
  /** Depth map pixels. */
  readonly rect: Rect;
  readonly model: GuidedModel;
  /** Depth map pixels per photo px. */
  readonly scale: { readonly x: number; readonly y: number };
}

export function followEdges(
  scene: SceneDepth,
  rect: Rect,
  rough: Float32Array,
  scale: EdgeMap['scale'],
): EdgeMap {
  const guide = cropRaster(scene.guide, rect);
  const radius = Math.max(2, Math.round(scene.depth.width / 200));
  return { rect, model: fitGuidedModel(guide, rough, radius, 2e-4), scale };
}

/**
 * An edge map at photo resolution: the models are scaled bilinearly and applied to the photo's own color (He and Sun,
 * Fast Guided Filter, 2015). Values are steepened around one half, so that flat areas become exactly 0 or 1.
 * @param photo f32 RGB 0–1 of `rect`
 * @param rect photo px
 * @returns 0–1, one value per pixel of `rect`
 */
export function sharpenToPhoto(map: EdgeMap, photo: Raster<Float32Array>, rect: Rect): Float32Array {
  const { width, height } = map.model;
  const out = new Float32Array(rect.width * rect.height);
  const line = new Float32Array(width * 4);
  for (let row = 0, o = 0, i = 0; row < rect.height; row++) {
    const v = Math.min(Math.max((rect.y + row + 0.5) * map.scale.y - map.rect.y - 0.5, 0), height - 1);
    mixModelRows(map.model, v, line);
    for (let col = 0; col < rect.width; col++, o++, i += 3) {
      const u = Math.min(Math.max((rect.x + col + 0.5) * map.scale.x - map.rect.x - 0.5, 0), width - 1);
      const left = u | 0;
      const f = u - left;
      const a = left * 4;
      const b = f > 0 ? a + 4 : a;
      const red = line[a]! + f * (line[b]! - line[a]!);
      const green = line[a + 1]! + f * (line[b + 1]! - line[a + 1]!);
      const blue = line[a + 2]! + f * (line[b + 2]! - line[a + 2]!);
      const offset = line[a + 3]! + f * (line[b + 3]! - line[a + 3]!);
      const value = red * photo.data[i]! + green * photo.data[i + 1]! + blue * photo.data[i + 2]! + offset;
      out[o] = Math.min(1, Math.max(0, (value - 0.2) / 0.6));
    }
  }
  return out;
}

/** The models of a fractional row, interleaved: red, green, blue, offset. */
function mixModelRows(
  { red, green, blue, offset, width, height }: GuidedModel,
  v: number,
  out: Float32Array,
): void {
  const top = Math.floor(v) * width;
  const low = Math.min(Math.floor(v) + 1, height - 1) * width;
  const f = v - Math.floor(v);
  [red, green, blue, offset].forEach((plane, c) => {
    for (let x = 0; x < width; x++) {
      const a = plane[top + x]!;
      out[x * 4 + c] = a + f * (plane[low + x]! - a);
    }
  });
}
