import { clampRect, type Rect, unionRect } from './geometry.ts';
import { createRaster } from './raster.ts';
import { type MaskWindow, type Size } from './window.ts';

/** One movement of a brush over a mask, in photo pixels. */
export interface Stroke {
  /** `add` paints the object, `erase` takes from it. */
  readonly mode: 'add' | 'erase';
  /** Diameter, photo pixels. */
  readonly size: number;
  /** Share of the radius that is fully painted, 0–1; from there to the rim it fades smoothly. */
  readonly hardness: number;
  /** x and y by turns, along the brush's way; one point alone is a dab. */
  readonly points: readonly number[];
}

/**
 * Paints strokes over a mask, one after the other, in order. A stroke covers a pixel as much as its nearest approach
 * does, however often it passes. Gives a window that holds the mask and every added stroke.
 */
export function paintStrokes(mask: MaskWindow, strokes: readonly Stroke[], photo: Size): MaskWindow {
  const added = strokes.filter((stroke) => stroke.mode === 'add').map((stroke) => strokeRect(stroke, photo));
  const rect = added.reduce(unionRect, mask.rect);
  const raster = createRaster('u8', rect.width, rect.height);
  for (let y = 0; y < mask.rect.height; y++) {
    const from = mask.raster.data.subarray(y * mask.rect.width, (y + 1) * mask.rect.width);
    raster.data.set(from, (mask.rect.y - rect.y + y) * rect.width + mask.rect.x - rect.x);
  }
  const painted: MaskWindow = { raster, rect };
  for (const stroke of strokes) paintStroke(painted, stroke, photo);
  return painted;
}

function paintStroke({ raster, rect }: MaskWindow, stroke: Stroke, photo: Size): void {
  const reach = strokeRect(stroke, photo);
  const x0 = Math.max(reach.x, rect.x);
  const y0 = Math.max(reach.y, rect.y);
  const area = {
    x: x0,
    y: y0,
    width: Math.min(reach.x + reach.width, rect.x + rect.width) - x0,
    height: Math.min(reach.y + reach.height, rect.y + rect.height) - y0,
  };
  if (area.width <= 0 || area.height <= 0) return;
  const cover = coverage(stroke, area);
  for (let y = 0; y < area.height; y++) {
    let at = (y0 - rect.y + y) * rect.width + x0 - rect.x;
    for (let i = y * area.width; i < (y + 1) * area.width; i++, at++) {
      const value = cover[i]!;
      if (stroke.mode === 'add') raster.data[at] = Math.max(raster.data[at]!, value);
      else raster.data[at] = Math.min(raster.data[at]!, 255 - value);
    }
  }
}

/** How much the brush covers each pixel of `area`, 0–255, by the squared distance to the nearest part of its way. */
function coverage({ points, size, hardness }: Stroke, area: Rect): Uint8Array {
  const radius = size / 2;
  const nearest = new Float32Array(area.width * area.height).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < points.length; i += 2) {
    const from = Math.max(0, i - 2);
    approach(nearest, area, radius, points[from]!, points[from + 1]!, points[i]!, points[i + 1]!);
  }
  const cover = new Uint8Array(nearest.length);
  // A hard rim still fades over one pixel, so that it is not jagged.
  const inner = Math.min(radius * hardness, radius - 0.5);
  const outer = Math.max(radius, inner + 1);
  for (let i = 0; i < cover.length; i++) {
    const squared = nearest[i]!;
    if (squared >= outer * outer) continue;
    const t = Math.min(1, Math.max(0, (outer - Math.sqrt(squared)) / (outer - inner)));
    cover[i] = 255 * t * t * (3 - 2 * t) + 0.5;
  }
  return cover;
}

/** Lowers `nearest` to the squared distance from the segment a–b, for pixel centres within `radius` and one. */
function approach(
  nearest: Float32Array,
  area: Rect,
  radius: number,
  ax: number,
  ay: number,
  bx: number,
  by: number,
): void {
  const reach = radius + 1;
  const box = {
    x: Math.floor(Math.min(ax, bx) - reach) - area.x,
    y: Math.floor(Math.min(ay, by) - reach) - area.y,
    width: Math.ceil(Math.abs(bx - ax) + 2 * reach) + 1,
    height: Math.ceil(Math.abs(by - ay) + 2 * reach) + 1,
  };
  const near = clampRect(box, area.width, area.height);
  const dx = bx - ax;
  const dy = by - ay;
  const length = dx * dx + dy * dy;
  for (let y = near.y; y < near.y + near.height; y++) {
    const py = area.y + y + 0.5 - ay;
    for (let x = near.x; x < near.x + near.width; x++) {
      const px = area.x + x + 0.5 - ax;
      const t = length === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length));
      const ex = px - t * dx;
      const ey = py - t * dy;
      const squared = ex * ex + ey * ey;
      const at = y * area.width + x;
      if (squared < nearest[at]!) nearest[at] = squared;
    }
  }
}

/** Pixels that a stroke can reach, inside the photo. */
function strokeRect({ points, size }: Stroke, { width, height }: Size): Rect {
  const xs = points.filter((_, i) => i % 2 === 0);
  const ys = points.filter((_, i) => i % 2 === 1);
  const reach = size / 2 + 1;
  const x = Math.floor(least(xs) - reach);
  const y = Math.floor(least(ys) - reach);
  const right = Math.ceil(-least(xs.map((v) => -v)) + reach);
  const bottom = Math.ceil(-least(ys.map((v) => -v)) + reach);
  return clampRect({ x, y, width: right - x, height: bottom - y }, width, height);
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}
