declare const space: unique symbol;

/** A point whose coordinate space is part of its type, so that spaces cannot be mixed by accident. */
export interface PointIn<Space extends string> {
  readonly x: number;
  readonly y: number;
  readonly [space]?: Space;
}

/** Pixels of the upright photo; (0,0) is the top-left corner of the top-left pixel. */
export type PhotoPoint = PointIn<'photo'>;
/** Pixels of a crop, relative to the crop's own top-left corner. */
export type CropPoint = PointIn<'crop'>;

/** An axis-aligned rectangle of whole photo pixels: x ≤ px < x + width. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The part of `rect` inside a `width × height` frame; width or height 0 where they do not meet. */
export function clampRect(rect: Rect, width: number, height: number): Rect {
  const x0 = Math.min(Math.max(rect.x, 0), width);
  const y0 = Math.min(Math.max(rect.y, 0), height);
  const x1 = Math.min(Math.max(rect.x + rect.width, x0), width);
  const y1 = Math.min(Math.max(rect.y + rect.height, y0), height);
  return { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
}

/** The smallest rectangle around both; an empty one counts as nothing. */
export function unionRect(a: Rect, b: Rect): Rect {
  if (isEmptyRect(a)) return b;
  if (isEmptyRect(b)) return a;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return { x, y, width: right - x, height: bottom - y };
}

/** `rect` grown by `margin` photo pixels on every side (not clamped). */
export function growRect(rect: Rect, margin: number): Rect {
  return {
    x: rect.x - margin,
    y: rect.y - margin,
    width: rect.width + 2 * margin,
    height: rect.height + 2 * margin,
  };
}

export function isEmptyRect(rect: Rect): boolean {
  return rect.width <= 0 || rect.height <= 0;
}
