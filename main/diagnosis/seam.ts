import { growRect, clampRect, type Rect } from '../imaging/geometry.ts';
import type { Raster } from '../imaging/raster.ts';
import { fullScale } from '../imaging/raster.ts';
import type { MaskWindow } from '../imaging/window.ts';

/** How far beside the border its surroundings are looked at, photo px. */
const FLANK = 8;
/** Around the placed object its own outline is an edge by right, photo px. */
const OUTLINE = 6;
/** Luminance steps per pixel (of 255) from which the photo has an edge of its own there. */
const OWN_EDGE = 8;
/** Added to the surroundings' gradient, so that a clean wall does not make a seam of its last bit. */
const QUIET = 0.6;
/** Fewer pixels of border than this say nothing. */
const LEAST_PIXELS = 200;

/** Reads rectangles of the photo, and of the composite. Both in the frame's own samples. */
export interface SeamPictures {
  readonly width: number;
  readonly height: number;
  readonly frame: (rect: Rect) => Raster;
  readonly composite: (rect: Rect) => Raster;
  /** Alpha of the placed object; null where there is none. */
  readonly object: MaskWindow | null;
}

/**
 * The tell "seam": the mean luminance gradient on the edit's soft border over that beside it, where neither the photo
 * nor the placed object's outline has an edge of its own. About 1 where the edit melts in; null where too little of
 * the border can be judged.
 * @param alpha the composite's, photo pixels: 0 outside, 255 inside, the border between
 */
export function measureSeam(alpha: MaskWindow, pictures: SeamPictures): number | null {
  const rect = clampRect(growRect(alpha.rect, FLANK + 1), pictures.width, pictures.height);
  if (rect.width < 3 || rect.height < 3) return null;
  const border = markBorder(alpha, rect);
  const near = dilate(border, rect, FLANK);
  const outline = pictures.object ? dilate(markObject(pictures.object, rect), rect, OUTLINE) : null;
  const before = gradient(pictures.frame(rect));
  const after = gradient(pictures.composite(rect));
  let on = 0;
  let beside = 0;
  let pixelsOn = 0;
  let pixelsBeside = 0;
  for (let i = 0; i < border.length; i++) {
    if (near[i] === 0 || outline?.[i] || before[i]! > OWN_EDGE) continue;
    if (border[i]) {
      on += after[i]!;
      pixelsOn += 1;
    } else if (after[i]! <= OWN_EDGE) {
      beside += after[i]!;
      pixelsBeside += 1;
    }
  }
  if (pixelsOn < LEAST_PIXELS || pixelsBeside < LEAST_PIXELS) return null;
  return (on / pixelsOn + QUIET) / (beside / pixelsBeside + QUIET);
}

/** 1 on the soft border of an alpha, over `rect`; a hard one is its two pixels on either side. */
function markBorder({ raster, rect: own }: MaskWindow, rect: Rect): Uint8Array {
  const marks = new Uint8Array(rect.width * rect.height);
  const { data, width, height } = raster;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = data[y * width + x]!;
      if (value === 0) continue;
      const isSoft = value < 255;
      const left = x > 0 ? data[y * width + x - 1]! : 0;
      const right = x + 1 < width ? data[y * width + x + 1]! : 0;
      const above = y > 0 ? data[(y - 1) * width + x]! : 0;
      const below = y + 1 < height ? data[(y + 1) * width + x]! : 0;
      if (isSoft || left === 0 || right === 0 || above === 0 || below === 0)
        marks[(own.y + y - rect.y) * rect.width + own.x + x - rect.x] = 1;
    }
  }
  return marks;
}

function markObject({ raster, rect: own }: MaskWindow, rect: Rect): Uint8Array {
  const marks = new Uint8Array(rect.width * rect.height);
  for (let y = Math.max(own.y, rect.y); y < Math.min(own.y + own.height, rect.y + rect.height); y++) {
    for (let x = Math.max(own.x, rect.x); x < Math.min(own.x + own.width, rect.x + rect.width); x++) {
      if (raster.data[(y - own.y) * own.width + x - own.x]! > 0)
        marks[(y - rect.y) * rect.width + x - rect.x] = 1;
    }
  }
  return marks;
}

/** Marks everything within a square of `radius` around a mark: rows, then columns. */
function dilate(marks: Uint8Array, { width, height }: Rect, radius: number): Uint8Array {
  const rows = new Uint8Array(marks.length);
  const all = new Uint8Array(marks.length);
  for (let y = 0; y < height; y++) spread(marks, rows, y * width, 1, width, radius);
  for (let x = 0; x < width; x++) spread(rows, all, x, width, height, radius);
  return all;
}

function spread(
  from: Uint8Array,
  to: Uint8Array,
  start: number,
  step: number,
  count: number,
  radius: number,
): void {
  let reach = -1;
  for (let i = 0; i < count; i++) {
    if (from[start + i * step]) reach = i + radius;
    if (i <= reach) to[start + i * step] = 1;
  }
  reach = count;
  for (let i = count - 1; i >= 0; i--) {
    if (from[start + i * step]) reach = i - radius;
    if (i >= reach) to[start + i * step] = 1;
  }
}

/** Magnitude of the luminance gradient (Rec. 601, of 255, per pixel) by central differences; 0 on the rim. */
function gradient({ data, width, height, channels }: Raster): Float32Array {
  const scale = 255 / fullScale(data);
  const luma = new Float32Array(width * height);
  for (let i = 0, at = 0; i < luma.length; i++, at += channels) {
    luma[i] =
      channels >= 3
        ? scale * (0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!)
        : scale * data[at]!;
  }
  const magnitude = new Float32Array(luma.length);
  for (let y = 1; y + 1 < height; y++) {
    for (let i = y * width + 1; i < (y + 1) * width - 1; i++) {
      const dx = luma[i + 1]! - luma[i - 1]!;
      const dy = luma[i + width]! - luma[i - width]!;
      magnitude[i] = Math.sqrt(dx * dx + dy * dy) / 2;
    }
  }
  return magnitude;
}
