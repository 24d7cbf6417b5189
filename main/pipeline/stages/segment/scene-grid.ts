import type { PhotoPoint, Rect } from '../../../imaging/geometry.ts';
import { createRaster, type Raster } from '../../../imaging/raster.ts';
import { floatTensor, type Tensor } from '../../../inference/tensor.ts';

/**
 * How a rectangle of the photo lies in a net's square input: scaled to fit, top left, the rest zeros.
 *
 * [Note: Scene grids] The nets see a square of `side` pixels. Features and click maps have a cell per 4 pixels,
 * low features per 16, disparity and mask logits per 2. A cell's centre is at .5; photo pixel edges map linearly.
 */
export interface SceneFit {
  /** The part of the photo that is shown to the net, whole photo px. */
  readonly rect: Rect;
  readonly side: number;
  /** Net pixels that the rectangle takes. */
  readonly width: number;
  readonly height: number;
}

/** Fits a rectangle of the photo into a net's square. */
export function fitScene(rect: Rect, side: number): SceneFit {
  const scale = side / Math.max(rect.width, rect.height);
  return {
    rect,
    side,
    width: Math.max(1, Math.round(rect.width * scale)),
    height: Math.max(1, Math.round(rect.height * scale)),
  };
}

/** A photo point in cells of `step` net pixels. */
export function toCells(
  fit: SceneFit,
  point: PhotoPoint,
  step: number,
): { readonly x: number; readonly y: number } {
  return {
    x: ((point.x - fit.rect.x) * fit.width) / fit.rect.width / step,
    y: ((point.y - fit.rect.y) * fit.height) / fit.rect.height / step,
  };
}

/** u8 sRGB of the fit's own size → `image` f32 [1,3,S,S], values −0.5…0.5, zeros beyond the photo. */
export function toImageTensor(rgb: Raster<Uint8Array>, side: number): Tensor {
  const plane = side * side;
  const data = new Float32Array(3 * plane);
  for (let y = 0; y < rgb.height; y++) {
    for (let x = 0, i = y * rgb.width * 3, to = y * side; x < rgb.width; x++, i += 3, to++) {
      data[to] = rgb.data[i]! / 255 - 0.5;
      data[to + plane] = rgb.data[i + 1]! / 255 - 0.5;
      data[to + 2 * plane] = rgb.data[i + 2]! / 255 - 0.5;
    }
  }
  return floatTensor(data, [1, 3, side, side]);
}

/** A tensor [1,C,h,w] as a raster of C interleaved channels. */
export function toRaster(tensor: Tensor): Raster<Float32Array> {
  const [channels, height, width] = tensor.dims.slice(-3) as [number, number, number];
  const raster = createRaster('f32', width, height, channels);
  const from = tensor.data as Float32Array;
  const plane = width * height;
  for (let c = 0; c < channels; c++) {
    for (let i = 0, to = c; i < plane; i++, to += channels) raster.data[to] = from[c * plane + i]!;
  }
  return raster;
}

/** The tensor [1,C,h,w] of a raster of C interleaved channels. */
export function toTensor(raster: Raster): Tensor {
  const { width, height, channels } = raster;
  const data = new Float32Array(raster.data.length);
  const plane = width * height;
  for (let c = 0; c < channels; c++) {
    for (let i = 0, from = c; i < plane; i++, from += channels) data[c * plane + i] = raster.data[from]!;
  }
  return floatTensor(data, [1, channels, height, width]);
}

/** Only the cells that show the photo: a raster that covers the fit's rectangle exactly, resampled where it must be. */
export function cropToFit(cells: Raster<Float32Array>, fit: SceneFit): Raster<Float32Array> {
  const step = fit.side / cells.width;
  const extent = { width: fit.width / step, height: fit.height / step };
  const width = Math.max(1, Math.round(extent.width));
  const height = Math.max(1, Math.round(extent.height));
  return sampleGrid(cells, { x: 0, y: 0, ...extent }, width, height);
}

/**
 * Bilinear samples at the centres of a `width`×`height` raster that is laid over `area` of a grid.
 * @param area in the grid's cells; may be fractional and reach outside (the border's values go on)
 */
export function sampleGrid(
  grid: Raster<Float32Array>,
  area: Rect,
  width: number,
  height: number,
): Raster<Float32Array> {
  const { channels } = grid;
  const output = createRaster('f32', width, height, channels);
  const columns = samplePositions(area.x, area.width, width, grid.width);
  const rows = samplePositions(area.y, area.height, height, grid.height);
  for (let y = 0, to = 0; y < height; y++) {
    const top = rows.first[y]! * grid.width;
    const bottom = rows.second[y]! * grid.width;
    const down = rows.share[y]!;
    for (let x = 0; x < width; x++) {
      const left = columns.first[x]!;
      const right = columns.second[x]!;
      const across = columns.share[x]!;
      for (let c = 0; c < channels; c++, to++) {
        const upper =
          grid.data[(top + left) * channels + c]! * (1 - across) +
          grid.data[(top + right) * channels + c]! * across;
        const lower =
          grid.data[(bottom + left) * channels + c]! * (1 - across) +
          grid.data[(bottom + right) * channels + c]! * across;
        output.data[to] = upper * (1 - down) + lower * down;
      }
    }
  }
  return output;
}

/** For each output sample the two grid positions around it and the share of the second. */
export interface SamplePositions {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly share: Float32Array;
}

/** Lays `count` samples over `extent` cells from `start` of a grid `size` cells long; clamped to its ends. */
export function samplePositions(start: number, extent: number, count: number, size: number): SamplePositions {
  const first = new Int32Array(count);
  const second = new Int32Array(count);
  const share = new Float32Array(count);
  for (let k = 0; k < count; k++) {
    const at = Math.min(Math.max(start + ((k + 0.5) * extent) / count - 0.5, 0), size - 1);
    first[k] = Math.floor(at);
    second[k] = Math.min(first[k]! + 1, size - 1);
    share[k] = at - first[k]!;
  }
  return { first, second, share };
}
