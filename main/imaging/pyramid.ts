import { createRaster, dtypeOf, type Raster } from './raster.ts';

/** A raster of display samples. */
export type Picture = Raster<Uint8Array> | Raster<Uint16Array>;

/** Width or height of a level: level 0 is full size, each further one half of it, rounded up. */
export function levelLength(length: number, level: number): number {
  return Math.max(1, Math.ceil(length / 2 ** level));
}

/** Levels of a picture, down to the first that fits one tile. */
export function countLevels(width: number, height: number, tile: number): number {
  let levels = 1;
  while (levelLength(Math.max(width, height), levels - 1) > tile) levels += 1;
  return levels;
}

/**
 * Half the size, rounded up, by the mean of 2 × 2 samples; the last row or column of an odd length stands for two.
 * Channels 2 and 4 count as straight alpha and are weighted by it, so that no colour of transparent samples shows.
 */
export function halve(from: Picture): Picture {
  const width = levelLength(from.width, 1);
  const height = levelLength(from.height, 1);
  const to = createRaster(dtypeOf(from.data), width, height, from.channels) as Picture;
  if (from.channels === 2 || from.channels === 4) halveWithAlpha(from, to);
  else halveOpaque(from, to);
  return to;
}

function halveOpaque({ data, width, height, channels }: Picture, to: Picture): void {
  const row = width * channels;
  let at = 0;
  for (let y = 0; y < to.height; y++) {
    const top = 2 * y * row;
    const bottom = 2 * y + 1 < height ? top + row : top;
    for (let x = 0; x < to.width; x++) {
      const left = 2 * x * channels;
      const right = 2 * x + 1 < width ? left + channels : left;
      for (let c = 0; c < channels; c++) {
        const sum =
          data[top + left + c]! +
          data[top + right + c]! +
          data[bottom + left + c]! +
          data[bottom + right + c]!;
        to.data[at++] = (sum + 2) >> 2;
      }
    }
  }
}

function halveWithAlpha({ data, width, height, channels }: Picture, to: Picture): void {
  const row = width * channels;
  const a = channels - 1;
  for (let y = 0; y < to.height; y++) {
    const top = 2 * y * row;
    const bottom = 2 * y + 1 < height ? top + row : top;
    for (let x = 0; x < to.width; x++) {
      const left = 2 * x * channels;
      const right = 2 * x + 1 < width ? left + channels : left;
      const at = (y * to.width + x) * channels;
      const [p, q, r, s] = [top + left, top + right, bottom + left, bottom + right];
      const total = data[p + a]! + data[q + a]! + data[r + a]! + data[s + a]!;
      to.data[at + a] = (total + 2) >> 2;
      if (total === 0) continue;
      for (let c = 0; c < a; c++) {
        const sum =
          data[p + c]! * data[p + a]! +
          data[q + c]! * data[q + a]! +
          data[r + c]! * data[r + a]! +
          data[s + c]! * data[s + a]!;
        to.data[at + c] = Math.round(sum / total);
      }
    }
  }
}
