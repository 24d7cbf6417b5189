import type { Rect } from '../imaging/geometry.ts';
import type { LightPicture } from './dress.ts';
import { invert3, multiply3 } from '../imaging/matrix.ts';
import { applyHomography, type Homography } from './homography.ts';

/**
 * Lays a picture into a rectangle of the photo through a homography: reduced by area first where the photo is
 * coarser, then interpolated with Catmull–Rom (Keys, Cubic Convolution Interpolation, 1981) on premultiplied samples.
 * @param toPhoto pixels of the picture → photo px
 * @param rect photo px
 * @returns premultiplied linear light for the rectangle
 */
export function warpPicture(picture: LightPicture, toPhoto: Homography, rect: Rect): LightPicture {
  const ratio = pixelsPerPixel(picture, toPhoto);
  const source = ratio > 1.15 ? reduce(picture, ratio) : picture;
  const toSource = multiply3(
    [source.width / picture.width, 0, 0, 0, source.height / picture.height, 0, 0, 0, 1],
    invert3(toPhoto),
  );
  return interpolate(source, toSource, rect);
}

/** The photo rectangle that a picture covers, grown to whole pixels and by one more; not clamped. */
export function coveredRect(
  size: { readonly width: number; readonly height: number },
  toPhoto: Homography,
): Rect {
  const corners = [0, size.width].flatMap((x) => [0, size.height].map((y) => applyHomography(toPhoto, x, y)));
  const x0 = Math.floor(Math.min(...corners.map((p) => p.x))) - 1;
  const y0 = Math.floor(Math.min(...corners.map((p) => p.y))) - 1;
  const x1 = Math.ceil(Math.max(...corners.map((p) => p.x))) + 1;
  const y1 = Math.ceil(Math.max(...corners.map((p) => p.y))) + 1;
  return { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
}

/** How many of the picture's pixels fall on one of the photo's along an edge, in the middle of the picture. */
export function pixelsPerPixel(
  { width, height }: { readonly width: number; readonly height: number },
  toPhoto: Homography,
): number {
  const [x, y] = [width / 2, height / 2];
  const at = applyHomography(toPhoto, x, y);
  const right = applyHomography(toPhoto, x + 1, y);
  const below = applyHomography(toPhoto, x, y + 1);
  const area = Math.abs((right.x - at.x) * (below.y - at.y) - (right.y - at.y) * (below.x - at.x));
  return 1 / Math.sqrt(area);
}

/** Area average to 1/ratio of the size. */
function reduce({ width, height, data }: LightPicture, ratio: number): LightPicture {
  const w = Math.max(1, Math.round(width / ratio));
  const h = Math.max(1, Math.round(height / ratio));
  const across = new Float32Array(w * height * 4);
  averageLines(data, across, { lines: height, from: width, to: w, step: 4, line: width * 4, outLine: w * 4 });
  const out = new Float32Array(w * h * 4);
  averageLines(across, out, {
    lines: w,
    from: height,
    to: h,
    step: w * 4,
    line: 4,
    outLine: 4,
    outStep: w * 4,
  });
  return { width: w, height: h, data: out };
}

interface LineLayout {
  readonly lines: number;
  readonly from: number;
  readonly to: number;
  /** Samples from one pixel to the next along the line, and from one line to the next. */
  readonly step: number;
  readonly line: number;
  readonly outLine: number;
  readonly outStep?: number;
}

/** Averages RGBA pixels along lines by the length each source pixel covers of a target pixel. */
function averageLines(source: Float32Array, out: Float32Array, layout: LineLayout): void {
  const { lines, from, to, step, line, outLine, outStep = 4 } = layout;
  const ratio = from / to;
  for (let t = 0; t < to; t++) {
    const start = t * ratio;
    const end = Math.min(from, start + ratio);
    for (let s = Math.floor(start); s < end; s++) {
      const weight = (Math.min(end, s + 1) - Math.max(start, s)) / ratio;
      for (let k = 0, i = s * step, o = t * outStep; k < lines; k++, i += line, o += outLine) {
        out[o]! += weight * source[i]!;
        out[o + 1]! += weight * source[i + 1]!;
        out[o + 2]! += weight * source[i + 2]!;
        out[o + 3]! += weight * source[i + 3]!;
      }
    }
  }
}

/** Fractions of a pixel for which the kernel is tabled. */
const PHASES = 256;
const kernel = new Float32Array((PHASES + 1) * 4);
for (let p = 0; p <= PHASES; p++) {
  const t = p / PHASES;
  kernel.set(
    [
      ((2 - t) * t - 1) * t * 0.5,
      ((3 * t - 5) * t * t + 2) * 0.5,
      ((4 - 3 * t) * t + 1) * t * 0.5,
      (t - 1) * t * t * 0.5,
    ],
    p * 4,
  );
}

function interpolate(source: LightPicture, h: Homography, rect: Rect): LightPicture {
  const out = new Float32Array(rect.width * rect.height * 4);
  const { width, height } = source;
  const limitX = width + 1;
  const limitY = height + 1;
  const step = [h[0]!, h[3]!, h[6]!] as const;
  for (let row = 0; row < rect.height; row++) {
    const y = rect.y + row + 0.5;
    const x = rect.x + 0.5;
    let a = h[0]! * x + h[1]! * y + h[2]!;
    let b = h[3]! * x + h[4]! * y + h[5]!;
    let w = h[6]! * x + h[7]! * y + h[8]!;
    for (let col = 0, o = row * rect.width * 4; col < rect.width; col++, o += 4) {
      const u = a / w - 0.5;
      const v = b / w - 0.5;
      if (u > -2 && v > -2 && u < limitX && v < limitY) samplePixel(source, u, v, out, o);
      a += step[0];
      b += step[1];
      w += step[2];
    }
  }
  return { width: rect.width, height: rect.height, data: out };
}

/** Writes one interpolated pixel, kept inside 0 ≤ alpha ≤ 1 and color ≥ 0 (the kernel overshoots). */
function samplePixel(source: LightPicture, u: number, v: number, out: Float32Array, o: number): void {
  const { width, height, data } = source;
  const x0 = Math.floor(u);
  const y0 = Math.floor(v);
  const kx = Math.round((u - x0) * PHASES) * 4;
  const ky = Math.round((v - y0) * PHASES) * 4;
  let r = 0;
  let g = 0;
  let b = 0;
  let a = 0;
  for (let j = 0; j < 4; j++) {
    const y = y0 - 1 + j;
    if (y < 0 || y >= height) continue;
    const wy = kernel[ky + j]!;
    if (wy === 0) continue;
    for (let i = 0; i < 4; i++) {
      const x = x0 - 1 + i;
      if (x < 0 || x >= width) continue;
      const k = (y * width + x) * 4;
      const weight = wy * kernel[kx + i]!;
      r += weight * data[k]!;
      g += weight * data[k + 1]!;
      b += weight * data[k + 2]!;
      a += weight * data[k + 3]!;
    }
  }
  if (a <= 0.002) return;
  const fit = a > 1 ? 1 / a : 1;
  out[o] = r > 0 ? r * fit : 0;
  out[o + 1] = g > 0 ? g * fit : 0;
  out[o + 2] = b > 0 ? b * fit : 0;
  out[o + 3] = a * fit;
}
