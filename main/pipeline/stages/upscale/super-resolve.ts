import { createRaster, dtypeOf, fullScale, type Raster } from '../../../imaging/raster.ts';
import { resampleFloat } from '../../../imaging/resample.ts';
import { hasAlpha } from '../../../imaging/samples.ts';
import type { Rect } from '../../../imaging/geometry.ts';
import { planTiles, type Tile } from '../../../imaging/tiles.ts';
import type { Size } from '../../../imaging/window.ts';
import {
  floatData,
  floatTensor,
  type ModelId,
  type ModelRunner,
  type Tensor,
} from '../../../inference/tensor.ts';

/**
 * Tile sides, network overlap included. Time per pixel does not depend on the tile (6.3 µs a core for ×2 at 192 as at
 * 768), so a larger tile only wastes less on overlap: 28 % at 256, 13 % at 512, 8 % at 768; its memory grows with
 * its area, 0.5 GB at 512. One size for all memory presets, because samples near a seam depend on it.
 */
const TILE = 512;
/** Both tiles' share of a seam: each keeps what is at least half of this inside its border. */
const OVERLAP = 32;
/** Rows that bicubic interpolation reads beyond its own. */
const CUBIC_REACH = 2;
/** Runs asked for at a time: while one runs, the next waits at the models process and a third is being prepared. */
const AHEAD = 2;

/** A net that enlarges, and how it wants its tiles. */
export interface EnlargingNet {
  readonly model: ModelId;
  /** What the net enlarges by. */
  readonly factor: number;
  /** Longest side of a tile, overlap included. */
  readonly tile: number;
  readonly overlap: number;
  /** Sides of what the net is shown must be multiples of this; tiles are padded to them with their own border. */
  readonly multiple: number;
  /** The sides a graph insists on; null where it takes any. */
  readonly fixed: Size | null;
  /** [1,3,h,w] RGB 0–1 → [1,3,h·factor,w·factor]. */
  enlarge(input: Tensor): Promise<Float32Array>;
}

/** The starter pack's nets: `input` → `output`, any size. */
export function starterNet(models: ModelRunner, model: ModelId, factor: number): EnlargingNet {
  return {
    model,
    factor,
    tile: TILE,
    overlap: OVERLAP,
    multiple: 1,
    fixed: null,
    enlarge: async (input) => floatData((await models.run(model, { input })).output, 'output'),
  };
}

/**
 * Enlarges a u8 or u16 raster of 1–4 channels by a net. Grey passes as RGB of equal channels and comes back as their
 * mean; alpha is enlarged by bicubic interpolation. Yields bands of whole rows, top to bottom, in the raster's own
 * depth; each band's memory is used again for the next.
 * @param progress called after every tile, 0–1
 */
export async function* superResolve(
  raster: Raster,
  net: EnlargingNet,
  progress: (done: number) => Promise<void>,
): AsyncGenerator<Raster> {
  const { factor } = net;
  const tiles = planNetTiles(raster.width, raster.height, net);
  const runs: Promise<Float32Array>[] = [];
  const begin = (tile: Part | undefined) => {
    if (!tile) return;
    const run = net.enlarge(tileInput(raster, tile, shownSize(tile, net)));
    run.catch(() => {}); // met in its turn, below; until then it must not count as unhandled
    runs.push(run);
  };
  for (let i = 0; i < AHEAD; i++) begin(tiles[i]);
  const tallest = Math.max(...tiles.map((tile) => tile.keep.height)) * factor;
  const memory = createRaster(dtypeOf(raster.data), raster.width * factor, tallest, raster.channels);
  for (const [index, tile] of tiles.entries()) {
    const output = await runs.shift()!;
    begin(tiles[index + AHEAD]);
    const band = firstRows(memory, tile.keep.height * factor);
    const shown = shownSize(tile, net);
    pasteOutput(
      band,
      { data: output, width: shown.width * factor, height: shown.height * factor },
      { rect: scaleRect(tile.rect, factor), keep: scaleRect(tile.keep, factor) },
    );
    await progress((index + 1) / tiles.length);
    if (tile.keep.x + tile.keep.width < raster.width) continue;
    if (hasAlpha(raster)) {
      enlargeAlpha(raster, factor, tile.keep.y, tile.keep.y + tile.keep.height, band);
    }
    yield band;
  }
}

/** What the net is shown of a tile: its fixed size, or the tile's own up to the next multiple. */
function shownSize({ rect }: Part, { fixed, multiple }: EnlargingNet): Size {
  const up = (side: number) => multiple * Math.ceil(side / multiple);
  return fixed ?? { width: up(rect.width), height: up(rect.height) };
}

type Part = Pick<Tile, 'rect' | 'keep'>;

/** Tiles of nearly one size in every column and row, so that the last ones do not overlap more than they must. */
export function planNetTiles(
  width: number,
  height: number,
  { tile, overlap, fixed }: Pick<EnlargingNet, 'tile' | 'overlap' | 'fixed'>,
): Part[] {
  const columns = planTiles(width, 1, fixed?.width ?? evenSide(width, tile, overlap), overlap);
  const rows = planTiles(1, height, fixed?.height ?? evenSide(height, tile, overlap), overlap);
  return rows.flatMap((row) =>
    columns.map((column) => ({ rect: cross(column.rect, row.rect), keep: cross(column.keep, row.keep) })),
  );
}

/** The least side with which as many tiles as `tile` asks for cover a length. */
function evenSide(length: number, tile: number, overlap: number): number {
  const count = Math.max(1, Math.ceil((length - overlap) / (tile - overlap)));
  return Math.max(2 * overlap + 1, Math.ceil((length + (count - 1) * overlap) / count));
}

function cross(column: Rect, row: Rect): Rect {
  return { x: column.x, y: row.y, width: column.width, height: row.height };
}

function scaleRect({ x, y, width, height }: Rect, factor: number): Rect {
  return { x: x * factor, y: y * factor, width: width * factor, height: height * factor };
}

/**
 * Writes the last channel of rows `from` ≤ y < `to`, enlarged by bicubic interpolation, into the last channel of a
 * band that begins at row `from · factor`.
 */
export function enlargeAlpha(raster: Raster, factor: number, from: number, to: number, band: Raster): void {
  const { width, height, channels, data } = raster;
  const first = Math.max(0, from - CUBIC_REACH);
  const rows = Math.min(height, to + CUBIC_REACH) - first;
  const alpha = createRaster('f32', width, rows);
  for (let i = 0, at = first * width * channels + channels - 1; i < alpha.data.length; i++, at += channels) {
    alpha.data[i] = data[at]!;
  }
  const size = { width: width * factor, height: rows * factor };
  const part = { x: 0, y: (from - first) * factor, width: size.width, height: (to - from) * factor };
  const enlarged = resampleFloat(alpha, size, 'cubic', part).data;
  const top = fullScale(data);
  for (let i = 0, at = channels - 1; i < enlarged.length; i++, at += channels) {
    band.data[at] = Math.min(top, Math.max(0, enlarged[i]!)) + 0.5;
  }
}

function firstRows(raster: Raster, height: number): Raster {
  const length = height * raster.width * raster.channels;
  return { ...raster, height, data: raster.data.subarray(0, length) };
}

/** The tile's samples as [1,3,h,w], 0–1; what is shown beyond it repeats its border. */
function tileInput(raster: Raster, { rect }: Part, shown: Size) {
  const { channels, data } = raster;
  const pixels = shown.width * shown.height;
  const input = new Float32Array(3 * pixels);
  const scale = 1 / fullScale(data);
  for (let c = 0; c < 3; c++) {
    const channel = channels >= 3 ? c : 0;
    for (let y = 0; y < shown.height; y++) {
      const row = rect.y + Math.min(y, rect.height - 1);
      let from = (row * raster.width + rect.x) * channels + channel;
      let to = c * pixels + y * shown.width;
      const end = to + shown.width;
      for (let x = 0; x < rect.width; x++, from += channels) input[to++] = data[from]! * scale;
      input.fill(input[to - 1]!, to, end);
    }
  }
  return floatTensor(input, [1, 3, shown.height, shown.width]);
}

/** Puts what the tile keeps into the band that begins at its first kept row, clipped to the sample range and rounded. */
function pasteOutput(
  band: Raster,
  { data: output, width: rowLength, height: rows }: Size & { readonly data: Float32Array },
  { rect, keep }: Part,
): void {
  const { width, channels, data } = band;
  const top = fullScale(data);
  const plane = rowLength * rows;
  if (output.length !== 3 * plane) {
    throw new TypeError(
      `Expected ${rowLength}×${rows} RGB samples from the net but received ${output.length}`,
    );
  }
  for (let y = 0; y < keep.height; y++) {
    let from = (keep.y - rect.y + y) * rowLength + keep.x - rect.x;
    let to = (y * width + keep.x) * channels;
    if (channels >= 3) {
      for (let x = 0; x < keep.width; x++, from++, to += channels) {
        data[to] = Math.min(top, Math.max(0, output[from]! * top + 0.5));
        data[to + 1] = Math.min(top, Math.max(0, output[from + plane]! * top + 0.5));
        data[to + 2] = Math.min(top, Math.max(0, output[from + 2 * plane]! * top + 0.5));
      }
    } else {
      for (let x = 0; x < keep.width; x++, from++, to += channels) {
        const sum = output[from]! + output[from + plane]! + output[from + 2 * plane]!;
        data[to] = Math.min(top, Math.max(0, sum * (top / 3) + 0.5));
      }
    }
  }
}
