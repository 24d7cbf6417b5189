import { type CropPoint, type PhotoPoint, type Rect, clampRect, growRect } from './geometry.ts';
import type { Size } from './window.ts';

export interface CropOptions {
  /** Margin on every side, as a share of the box's longer side. */
  readonly context: number;
  /** Wanted width ÷ height; the shorter side grows to it where the photo allows. */
  readonly aspect?: number;
  /** Width and height become multiples of this (8 for latents, 64 for most UNets) where the photo is large enough. */
  readonly multiple?: number;
}

/**
 * The photo rectangle a stage works on: the mask's box with context around it, grown to an aspect and to multiples,
 * then shifted and, where that does not suffice, cut to lie inside the photo. Contains the box. All in photo pixels.
 */
export function cropAround(box: Rect, photo: Size, options: CropOptions): Rect {
  if (box.width <= 0 || box.height <= 0) throw new TypeError('Expected a box with pixels in it');
  const inside = clampRect(box, photo.width, photo.height);
  const grown = growRect(inside, Math.round(options.context * Math.max(inside.width, inside.height)));
  const { aspect, multiple = 1 } = options;
  const width = aspect ? Math.max(grown.width, Math.round(grown.height * aspect)) : grown.width;
  const height = aspect ? Math.max(grown.height, Math.round(grown.width / aspect)) : grown.height;
  const x = fitSpan(grown.x + grown.width / 2, width, photo.width, multiple, inside.x, inside.width);
  const y = fitSpan(grown.y + grown.height / 2, height, photo.height, multiple, inside.y, inside.height);
  return { x: x.start, y: y.start, width: x.length, height: y.length };
}

/** A span of at least the box's length around a centre, in whole pixels inside 0…limit. */
function fitSpan(
  centre: number,
  length: number,
  limit: number,
  multiple: number,
  boxStart: number,
  boxLength: number,
) {
  const wanted = Math.ceil(length / multiple) * multiple;
  const largest = Math.floor(limit / multiple) * multiple;
  // Cutting to a multiple must not cut into the box: then the whole side is taken, multiple or not.
  const fitted = wanted <= limit ? wanted : largest >= boxLength ? largest : limit;
  const start = Math.round(Math.min(Math.max(centre - fitted / 2, 0), limit - fitted));
  const first = Math.max(0, boxStart + boxLength - fitted);
  return { start: Math.min(Math.max(start, first), boxStart), length: fitted };
}

/**
 * The size at which a model sees a crop: the crop's aspect, about `pixels` in area (never more than the crop unless
 * `enlarge`), each side a multiple.
 */
export function fitModelSize(crop: Size, pixels: number, multiple: number, enlarge = false): Size {
  const factor = Math.sqrt(pixels / (crop.width * crop.height));
  const scale = enlarge ? factor : Math.min(1, factor);
  const round = (side: number) => Math.max(multiple, Math.round((side * scale) / multiple) * multiple);
  return { width: round(crop.width), height: round(crop.height) };
}

/** A photo point in pixels of a crop that shows `rect` at `size` (its own size where not given). */
export function photoToCrop(point: PhotoPoint, rect: Rect, size: Size = rect): CropPoint {
  return {
    x: ((point.x - rect.x) * size.width) / rect.width,
    y: ((point.y - rect.y) * size.height) / rect.height,
  };
}

/** The inverse of photoToCrop. */
export function cropToPhoto(point: CropPoint, rect: Rect, size: Size = rect): PhotoPoint {
  return {
    x: rect.x + (point.x * rect.width) / size.width,
    y: rect.y + (point.y * rect.height) / size.height,
  };
}
