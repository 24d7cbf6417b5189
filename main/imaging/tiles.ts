import type { Rect } from './geometry.ts';
import type { Raster } from './raster.ts';

/** One tile of a plan, in pixels of the raster that is tiled. */
export interface Tile {
  /** What the tile's work reads and produces. */
  readonly rect: Rect;
  /** The part that is this tile's alone when tiles are stitched by cropping; these parts cover the raster once. */
  readonly keep: Rect;
  /** Width of the bands, centred on the sides of `keep`, in which tiles fade over; 0 at the raster's border. */
  readonly fade: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  };
}

interface Span {
  readonly start: number;
  readonly length: number;
  readonly keepStart: number;
  readonly keepEnd: number;
  readonly fadeIn: number;
  readonly fadeOut: number;
}

/**
 * Covers `width × height` with tiles of at most `tile` pixels a side that overlap by at least `overlap`, evenly
 * spread, row by row; they fade over `overlap` pixels, or less where three tiles would meet.
 * Throws TypeError unless 0 ≤ overlap < tile / 2.
 */
export function planTiles(width: number, height: number, tile: number, overlap: number): Tile[] {
  if (!(overlap >= 0 && overlap * 2 < tile)) {
    throw new TypeError(`Expected an overlap below half the tile ${tile} but received ${overlap}`);
  }
  const columns = planSpans(width, tile, overlap);
  return planSpans(height, tile, overlap).flatMap((v) =>
    columns.map((h) => ({
      rect: { x: h.start, y: v.start, width: h.length, height: v.length },
      keep: {
        x: h.keepStart,
        y: v.keepStart,
        width: h.keepEnd - h.keepStart,
        height: v.keepEnd - v.keepStart,
      },
      fade: { left: h.fadeIn, top: v.fadeIn, right: h.fadeOut, bottom: v.fadeOut },
    })),
  );
}

function planSpans(length: number, tile: number, overlap: number): Span[] {
  const size = Math.min(tile, length);
  const count = length <= tile ? 1 : Math.ceil((length - overlap) / (tile - overlap));
  const starts = Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : Math.round((i * (length - size)) / (count - 1)),
  );
  const step = starts[1] ?? 0;
  // The parts kept are at least `step − 1` long, and two fades must fit into one.
  const fade = count > 2 ? Math.min(overlap, step - 1) : overlap;
  return starts.map((start, i) => {
    const before = starts[i - 1];
    const after = starts[i + 1];
    return {
      start,
      length: size,
      keepStart: before === undefined ? 0 : middle(start, before + size),
      keepEnd: after === undefined ? length : middle(after, start + size),
      fadeIn: before === undefined ? 0 : fade,
      fadeOut: after === undefined ? 0 : fade,
    };
  });
}

function middle(a: number, b: number): number {
  return Math.floor((a + b) / 2);
}

/** The same tile in a raster `factor` times as large (whole factors): for super-resolution. */
export function scaleTile(tile: Tile, factor: number): Tile {
  const scale = (rect: Rect): Rect => ({
    x: rect.x * factor,
    y: rect.y * factor,
    width: rect.width * factor,
    height: rect.height * factor,
  });
  const { left, top, right, bottom } = tile.fade;
  return {
    rect: scale(tile.rect),
    keep: scale(tile.keep),
    fade: { left: left * factor, top: top * factor, right: right * factor, bottom: bottom * factor },
  };
}

/**
 * Weights 0–1 along one side of a tile that keeps `keepFrom…keepTo` (tile pixels): straight ramps of the fades' widths
 * centred there. The weights of all tiles add up to 1 in every pixel.
 */
export function fadeWeights(
  length: number,
  keepFrom: number,
  keepTo: number,
  fadeIn: number,
  fadeOut: number,
): Float32Array {
  const weights = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    weights[i] =
      rampUp(i, keepFrom, fadeIn) * (1 - (fadeOut > 0 || keepTo < length ? rampUp(i, keepTo, fadeOut) : 0));
  }
  return weights;
}

function rampUp(at: number, centre: number, width: number): number {
  if (width === 0) return at >= centre ? 1 : 0;
  return Math.min(1, Math.max(0, (at - centre + Math.floor(width / 2) + 0.5) / width));
}

/** Adds a tile's samples, weighted for fading, to an f32 accumulator; the weights of all tiles add up to 1. */
export function addFaded(accumulator: Raster<Float32Array>, samples: Raster, tile: Tile): void {
  const { rect, keep, fade } = tile;
  const { channels } = accumulator;
  const left = keep.x - rect.x;
  const top = keep.y - rect.y;
  const across = fadeWeights(rect.width, left, left + keep.width, fade.left, fade.right);
  const down = fadeWeights(rect.height, top, top + keep.height, fade.top, fade.bottom);
  for (let y = 0; y < rect.height; y++) {
    let to = ((rect.y + y) * accumulator.width + rect.x) * channels;
    let from = y * rect.width * channels;
    for (let x = 0; x < rect.width; x++) {
      const weight = across[x]! * down[y]!;
      for (let c = 0; c < channels; c++) accumulator.data[to++]! += samples.data[from++]! * weight;
    }
  }
}

/** Copies the part of a tile that is its own into the whole: stitching by cropping. */
export function copyKept(whole: Raster, samples: Raster, tile: Tile): void {
  const { rect, keep } = tile;
  const { channels } = whole;
  for (let y = 0; y < keep.height; y++) {
    const from = ((keep.y - rect.y + y) * rect.width + keep.x - rect.x) * channels;
    const to = ((keep.y + y) * whole.width + keep.x) * channels;
    whole.data.set(samples.data.subarray(from, from + keep.width * channels), to);
  }
}
