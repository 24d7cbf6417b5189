import { RequestError } from '../errors.ts';
import { linearTable } from '../imaging/color/transfer.ts';
import { sharp } from '../imaging/vips.ts';
import type { LightPicture } from './dress.ts';

/** Longest side a product picture is worked with, px. */
const LONGEST = 2600;
/** Distance from the background, in sRGB steps, from which a pixel does not belong to it. */
const OBJECT_STEPS = 24;
/** Width of the product's rim that may hold some of the background, px. */
const RIM = 3;

/**
 * Cuts the client's product out of its picture: by its own alpha, or off a plain background that reaches the
 * picture's border. Trimmed to what is left.
 * @param bytes an encoded picture (PNG, WebP, TIFF, JPEG)
 * @returns premultiplied linear light
 * @throws RequestError where the picture cannot be read, or has neither transparency nor a plain background
 */
export async function loadProduct(bytes: Uint8Array): Promise<LightPicture> {
  const { data, info } = await decode(bytes);
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
  if (!hasTransparency(pixels)) cutFromBackground(pixels, info.width, info.height);
  return trim(premultiply(pixels, info.width, info.height));
}

async function decode(bytes: Uint8Array) {
  try {
    return await sharp(bytes)
      .rotate()
      .resize(LONGEST, LONGEST, { fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw new RequestError(
      'The product picture cannot be read',
      'Give a PNG with transparency, or a picture on white',
      {
        cause: error,
      },
    );
  }
}

function hasTransparency(rgba: Uint8Array): boolean {
  let clear = 0;
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i]! < 128) clear++;
  return clear > rgba.length / 4 / 200;
}

/**
 * Writes an alpha that is 0 on the plain background connected to the border, and takes the background off the edge:
 * a pixel near the background is taken for a mixture of it and of the product's color further inside.
 */
function cutFromBackground(rgba: Uint8Array, width: number, height: number): void {
  const background = borderColor(rgba, width, height);
  const distance = (i: number) =>
    Math.max(
      Math.abs(rgba[i]! - background[0]),
      Math.abs(rgba[i + 1]! - background[1]),
      Math.abs(rgba[i + 2]! - background[2]),
    );
  const outside = floodFromBorder(width, height, (pixel) => distance(pixel * 4) < OBJECT_STEPS);
  const depth = depthInside(outside, width, height);
  const source = rgba.slice();
  for (let pixel = 0, i = 0; pixel < depth.length; pixel++, i += 4) {
    if (depth[pixel]! > RIM) continue;
    const inner = innerColor(source, depth, pixel, width, height);
    const alpha = inner ? mixtureShare(source, i, inner, background) : 0;
    const colors = inner && alpha > 0.02 ? inner : null;
    rgba[i + 3] = colors ? alpha * 255 + 0.5 : 0;
    if (colors && alpha < 0.96) rgba.set(colors, i);
  }
}

/** Steps to the nearest outside pixel, 0 outside, RIM + 1 for all that is further inside. */
function depthInside(outside: Uint8Array, width: number, height: number): Uint8Array {
  let depth = Uint8Array.from(outside, (v) => (v ? 0 : RIM + 1));
  for (let step = 1; step <= RIM; step++) {
    const next = depth.slice();
    for (let y = 1; y < height - 1; y++) {
      for (let p = y * width + 1; p < (y + 1) * width - 1; p++) {
        if (depth[p]! <= RIM) continue;
        const near = Math.min(depth[p - 1]!, depth[p + 1]!, depth[p - width]!, depth[p + width]!);
        if (near === step - 1) next[p] = step;
      }
    }
    depth = next;
  }
  return depth;
}

/** Mean color of the deepest pixels within reach; null where there are only outside ones. */
function innerColor(
  rgba: Uint8Array,
  depth: Uint8Array,
  pixel: number,
  width: number,
  height: number,
): readonly [number, number, number] | null {
  const [x0, y0] = [pixel % width, Math.floor(pixel / width)];
  let [deepest, n, r, g, b] = [1, 0, 0, 0, 0];
  for (let y = Math.max(0, y0 - RIM - 1); y <= Math.min(height - 1, y0 + RIM + 1); y++) {
    for (let x = Math.max(0, x0 - RIM - 1); x <= Math.min(width - 1, x0 + RIM + 1); x++) {
      const at = y * width + x;
      if (depth[at]! < deepest) continue;
      if (depth[at]! > deepest) [deepest, n, r, g, b] = [depth[at]!, 0, 0, 0, 0];
      n++;
      r += rgba[at * 4]!;
      g += rgba[at * 4 + 1]!;
      b += rgba[at * 4 + 2]!;
    }
  }
  return n > 0 ? [r / n, g / n, b / n] : null;
}

/** How much of the inner color a pixel's mixture with the background holds, 0–1. */
function mixtureShare(
  rgba: Uint8Array,
  i: number,
  inner: readonly [number, number, number],
  background: readonly [number, number, number],
): number {
  let [along, length] = [0, 0];
  for (let c = 0; c < 3; c++) {
    const span = inner[c]! - background[c]!;
    along += (rgba[i + c]! - background[c]!) * span;
    length += span * span;
  }
  return Math.min(1, Math.max(0, along / Math.max(length, 1)));
}

/** The median color of the border; throws where the border is not of one color. */
function borderColor(rgba: Uint8Array, width: number, height: number): readonly [number, number, number] {
  const border: number[] = [];
  for (let x = 0; x < width; x++) border.push(x, (height - 1) * width + x);
  for (let y = 0; y < height; y++) border.push(y * width, y * width + width - 1);
  const median = [0, 1, 2].map((c) => {
    const values = border.map((p) => rgba[p * 4 + c]!).sort((a, b) => a - b);
    return values[values.length >> 1]!;
  }) as [number, number, number];
  const close = border.filter((p) =>
    median.every((m, c) => Math.abs(rgba[p * 4 + c]! - m) <= OBJECT_STEPS * 0.7),
  ).length;
  if (close < border.length * 0.85) {
    throw new RequestError(
      'The product picture has neither transparency nor a plain background',
      'Cut the product out first, or give a picture of it on white',
    );
  }
  return median;
}

/** 1 for pixels connected to the border through pixels that pass. */
function floodFromBorder(width: number, height: number, passes: (pixel: number) => boolean): Uint8Array {
  const seen = new Uint8Array(width * height);
  const stack: number[] = [];
  const visit = (pixel: number) => {
    if (seen[pixel] || !passes(pixel)) return;
    seen[pixel] = 1;
    stack.push(pixel);
  };
  for (let x = 0; x < width; x++) {
    visit(x);
    visit((height - 1) * width + x);
  }
  for (let y = 0; y < height; y++) {
    visit(y * width);
    visit(y * width + width - 1);
  }
  for (let pixel = stack.pop(); pixel !== undefined; pixel = stack.pop()) {
    const x = pixel % width;
    if (x > 0) visit(pixel - 1);
    if (x < width - 1) visit(pixel + 1);
    if (pixel >= width) visit(pixel - width);
    if (pixel < width * (height - 1)) visit(pixel + width);
  }
  return seen;
}

function premultiply(rgba: Uint8Array, width: number, height: number): LightPicture {
  const linear = linearTable(8);
  const data = new Float32Array(width * height * 4);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = rgba[i + 3]! / 255;
    if (alpha === 0) continue;
    for (let c = 0; c < 3; c++) data[i + c] = alpha * linear[rgba[i + c]!]!;
    data[i + 3] = alpha;
  }
  return { width, height, data };
}

/** Cuts off the transparent margin; throws where nothing is left. */
function trim({ width, height, data }: LightPicture): LightPicture {
  let [x0, y0, x1, y1] = [width, height, -1, -1];
  for (let y = 0, i = 3; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      if (data[i]! < 0.1) continue;
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      y1 = y;
    }
  }
  if (x1 < 0) {
    throw new RequestError(
      'The product picture is empty',
      'Give a PNG with transparency, or a picture on white',
    );
  }
  const w = x1 - x0 + 1;
  const h = y1 - y0 + 1;
  const out = new Float32Array(w * h * 4);
  for (let y = 0; y < h; y++) {
    const from = ((y + y0) * width + x0) * 4;
    out.set(data.subarray(from, from + w * 4), y * w * 4);
  }
  return { width: w, height: h, data: out };
}
