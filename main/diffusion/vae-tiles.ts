import { copyPlanes, type Planes } from './planes.ts';

/** One tile's output; blending changes its samples. */
export type PlanarTile = Planes;

/** Where tiles begin along a side: multiples of the stride, the last ones cut short by the border. */
export function tileStarts(length: number, stride: number): number[] {
  return Array.from({ length: Math.ceil(length / stride) }, (_, i) => i * stride);
}

/** The samples of a tile that starts at x, y and is at most `tile` a side. */
export function sliceTile(whole: Planes, x: number, y: number, tile: number): Planes {
  const width = Math.min(tile, whole.width - x);
  const height = Math.min(tile, whole.height - y);
  const data = new Float32Array(whole.channels * width * height);
  copyPlanes(whole, { x, y, width, height }, data, 0);
  return { data, channels: whole.channels, width, height };
}

/**
 * Joins the outputs of overlapping tiles: each fades into the one above and the one to the left over `extent`
 * samples, and is then cut to `tile − extent`. Changes the tiles.
 * Source: `tiled_decode`, `blend_v` and `blend_h` of diffusers' AutoencoderKL.
 */
export function blendTiles(rows: readonly (readonly PlanarTile[])[], extent: number, tile: number): Planes {
  const limit = tile - extent;
  const kept = (length: number) => Math.min(length, limit);
  const width = rows[0]!.reduce((sum, part) => sum + kept(part.width), 0);
  const height = rows.reduce((sum, row) => sum + kept(row[0]!.height), 0);
  const { channels } = rows[0]![0]!;
  const data = new Float32Array(channels * width * height);
  let top = 0;
  for (const [i, row] of rows.entries()) {
    let left = 0;
    for (const [j, part] of row.entries()) {
      if (i > 0) fadeDown(rows[i - 1]![j]!, part, extent);
      if (j > 0) fadeAcross(row[j - 1]!, part, extent);
      copyInto({ data, channels, width, height }, part, left, top, limit);
      left += kept(part.width);
    }
    top += kept(row[0]!.height);
  }
  return { data, channels, width, height };
}

function fadeDown(above: PlanarTile, part: PlanarTile, extent: number): void {
  const length = Math.min(above.height, part.height, extent);
  for (let c = 0; c < part.channels; c++) {
    for (let y = 0; y < length; y++) {
      const share = y / length;
      const from = (c * above.height + above.height - length + y) * above.width;
      const to = (c * part.height + y) * part.width;
      for (let x = 0; x < part.width; x++)
        part.data[to + x] = above.data[from + x]! * (1 - share) + part.data[to + x]! * share;
    }
  }
}

function fadeAcross(before: PlanarTile, part: PlanarTile, extent: number): void {
  const length = Math.min(before.width, part.width, extent);
  for (let row = 0; row < part.channels * part.height; row++) {
    const from = row * before.width + before.width - length;
    const to = row * part.width;
    for (let x = 0; x < length; x++) {
      const share = x / length;
      part.data[to + x] = before.data[from + x]! * (1 - share) + part.data[to + x]! * share;
    }
  }
}

function copyInto(whole: Planes, part: PlanarTile, left: number, top: number, limit: number): void {
  const width = Math.min(part.width, limit);
  for (let c = 0; c < whole.channels; c++) {
    for (let y = 0; y < Math.min(part.height, limit); y++) {
      const from = (c * part.height + y) * part.width;
      const to = (c * whole.height + top + y) * whole.width + left;
      whole.data.set(part.data.subarray(from, from + width), to);
    }
  }
}
