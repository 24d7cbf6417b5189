import { forEachDistanceRow } from './distance.ts';
import { type Rect, clampRect, growRect } from './geometry.ts';
import { type MaskWindow, type Size, assertWindow, cropWindow } from './window.ts';

/** From this sample on a pixel counts as inside a soft mask. */
export const MASK_THRESHOLD = 128;

/**
 * The smallest rectangle, in photo pixels, around all samples ≥ threshold; null where there are none.
 * The default takes in every sample that is not 0.
 */
export function maskBox(mask: MaskWindow, threshold = 1): Rect | null {
  assertWindow(mask, 'mask');
  const { width, height, data } = mask.raster;
  let top = 0;
  while (top < height && !rowReaches(data, top * width, (top + 1) * width, threshold)) top++;
  if (top === height) return null;
  let bottom = height - 1;
  while (!rowReaches(data, bottom * width, (bottom + 1) * width, threshold)) bottom--;
  let left = width;
  let right = -1;
  for (let y = top; y <= bottom; y++) {
    const row = y * width;
    for (let x = 0; x < left; x++) {
      if (data[row + x]! >= threshold) left = x;
    }
    for (let x = width - 1; x > right; x--) {
      if (data[row + x]! >= threshold) right = x;
    }
  }
  return { x: mask.rect.x + left, y: mask.rect.y + top, width: right - left + 1, height: bottom - top + 1 };
}

function rowReaches(data: Uint8Array, from: number, to: number, threshold: number): boolean {
  for (let i = from; i < to; i++) if (data[i]! >= threshold) return true;
  return false;
}

/** The window cut down to the box around its samples ≥ threshold; an empty rectangle where there are none. */
export function trimMask(mask: MaskWindow, threshold = 1): MaskWindow {
  const box = maskBox(mask, threshold) ?? { x: mask.rect.x, y: mask.rect.y, width: 0, height: 0 };
  return box.width === mask.rect.width && box.height === mask.rect.height ? mask : cropWindow(mask, box);
}

/** Number of pixels with samples ≥ threshold. */
export function maskArea(mask: MaskWindow, threshold = MASK_THRESHOLD): number {
  const { data } = mask.raster;
  let area = 0;
  for (let i = 0; i < data.length; i++) if (data[i]! >= threshold) area++;
  return area;
}

/**
 * Grows a mask: every pixel whose centre lies within `radius` photo pixels (Euclidean) of a pixel inside (≥ 128)
 * becomes 255, the others keep their samples. Radius 0 returns the mask as it is. The result's window is the box of
 * the mask grown by the radius, clamped to the photo; nothing outside it is looked at.
 */
export function growMask(mask: MaskWindow, radius: number, photo: Size): MaskWindow {
  assertWindow(mask, 'mask');
  if (!(radius >= 0)) throw new TypeError(`Expected a radius of 0 or more but received ${radius}`);
  if (radius === 0) return mask;
  const box = maskBox(mask);
  if (!box) return mask;
  const reach = Math.floor(radius);
  const window = cropWindow(mask, clampRect(growRect(box, reach), photo.width, photo.height));
  const { width, data } = window.raster;
  const grown = data.slice();
  const bound = radius * radius;
  forEachDistanceRow(window.raster, { of: 'inside', threshold: MASK_THRESHOLD }, reach, (y, squared) => {
    const row = y * width;
    for (let x = 0; x < width; x++) if (squared[x]! <= bound) grown[row + x] = 255;
  });
  return { raster: { ...window.raster, data: grown }, rect: window.rect };
}

/**
 * The alpha of a region with compact support: 0 wherever the region's sample is 0, 255 at `radius` photo pixels and
 * deeper inside, between them smoothstep(d / radius) of the Euclidean distance d to the nearest pixel outside. The
 * photo's own border is no edge of the region. Any sample that is not 0 belongs to the region (soft shadows too).
 * Radius 0 gives 255 in the whole region. Same window as the region.
 */
export function featherAlpha(region: MaskWindow, radius: number, photo: Size): MaskWindow {
  assertWindow(region, 'region');
  if (!(radius >= 0)) throw new TypeError(`Expected a radius of 0 or more but received ${radius}`);
  const { rect, raster } = region;
  const { width, height } = raster;
  const alpha = new Uint8Array(width * height);
  const reach = Math.max(1, Math.ceil(radius));
  const table = featherTable(radius, reach);
  const beyond = {
    left: rect.x > 0,
    top: rect.y > 0,
    right: rect.x + rect.width < photo.width,
    bottom: rect.y + rect.height < photo.height,
  };
  forEachDistanceRow(raster, { of: 'outside', threshold: 1, beyond }, reach, (y, squared) => {
    const row = y * width;
    for (let x = 0; x < width; x++) alpha[row + x] = table[squared[x]!]!;
  });
  return { raster: { width, height, channels: 1, data: alpha }, rect };
}

/** Alpha by squared distance, up to (reach + 1)². */
function featherTable(radius: number, reach: number): Uint8Array {
  const table = new Uint8Array((reach + 1) ** 2 + 1);
  for (let squared = 1; squared < table.length; squared++) {
    const t = radius === 0 ? 1 : Math.min(1, Math.sqrt(squared) / radius);
    table[squared] = Math.round(255 * t * t * (3 - 2 * t));
  }
  return table;
}

/** Per pixel the larger sample of both, in the union's window. */
export function uniteMasks(a: MaskWindow, b: MaskWindow, union: Rect): MaskWindow {
  const out = cropWindow(a, union);
  const other = cropWindow(b, union).raster.data;
  const { data } = out.raster;
  for (let i = 0; i < data.length; i++) if (other[i]! > data[i]!) data[i] = other[i]!;
  return out;
}
