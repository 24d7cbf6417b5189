/** Planar samples, [channels, height, width]. */
export interface Planes {
  readonly data: Float32Array;
  readonly channels: number;
  readonly width: number;
  readonly height: number;
}

/** A window of latents, in cells. */
export interface CellRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Copies a window of all planes to `out` from `at` on; gives the next position. */
export function copyPlanes(
  { data, channels, width, height }: Planes,
  rect: CellRect,
  out: Float32Array,
  at: number,
): number {
  if (rect.width === width && rect.height === height) {
    out.set(data, at);
    return at + data.length;
  }
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < rect.height; y++, at += rect.width) {
      const from = (c * height + rect.y + y) * width + rect.x;
      out.set(data.subarray(from, from + rect.width), at);
    }
  }
  return at;
}

/** A window in the pixels that the cells stand for. */
export function scaleCells({ x, y, width, height }: CellRect, factor: number): CellRect {
  return { x: x * factor, y: y * factor, width: width * factor, height: height * factor };
}
