import type { Raster } from '../raster.ts';
import { CHANNELS } from './patch.ts';

/** Samples of a raster laid over the crop, at the centres of the level's pixels. */
export function pickNearest(
  over: Raster<Uint8Array>,
  crop: Raster,
  scale: number,
  width: number,
  height: number,
): Uint8Array {
  const picked = new Uint8Array(width * height);
  const kx = over.width / (crop.width * scale);
  const ky = over.height / (crop.height * scale);
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.min(over.height - 1, Math.floor((y + 0.5) * ky)) * over.width;
    for (let x = 0; x < width; x++, i++)
      picked[i] = over.data[row + Math.min(over.width - 1, Math.floor((x + 0.5) * kx))]!;
  }
  return picked;
}

/**
 * Fills the fourth channel with the mean step between neighbours in a 5×5 window, times 4. At coarse levels, where a
 * rug and a plain floor may share a mean colour, it tells them apart (Newson et al., Video Inpainting of Complex
 * Scenes, 2014, section 3.2).
 */
export function measureTexture(color: Uint8Array, hole: Uint8Array, width: number, height: number): void {
  const step = new Float32Array(width * height);
  const weight = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height - 1; y++, i++) {
    for (let x = 0; x < width - 1; x++, i++) {
      if (hole[i] || hole[i + 1] || hole[i + width]) continue;
      const at = i * CHANNELS + 1;
      const green = color[at]!;
      step[i] = Math.abs(color[at + CHANNELS]! - green) + Math.abs(color[at + width * CHANNELS]! - green);
      weight[i] = 1;
    }
  }
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (hole[i]) continue;
      let sum = 0;
      let count = 0;
      for (let wy = Math.max(0, y - 2); wy <= Math.min(height - 1, y + 2); wy++) {
        for (
          let wx = Math.max(0, x - 2), at = wy * width + wx;
          wx <= Math.min(width - 1, x + 2);
          wx++, at++
        ) {
          sum += step[at]!;
          count += weight[at]!;
        }
      }
      color[i * CHANNELS + 3] = count > 0 ? Math.min(255, (4 * sum) / count) : 0;
    }
  }
}

/** {@link Level.edge}; foreground hides what is behind it, so nothing is measured across it. */
export function measureEdges(labels: Uint8Array, width: number, height: number, band: number): Uint16Array {
  const edge = new Uint16Array(labels.length).fill(band);
  const scan = (x: number, first: number, step: number): void => {
    let distance = band;
    let last = 0;
    for (let k = 0, i = first * width + x; k < height; k++, i += step * width) {
      const label = labels[i]!;
      if (label === 0) distance = band;
      else if (label === last) distance = Math.min(band, distance + 1);
      else distance = last === 0 ? band : 0;
      if (distance < edge[i]!) edge[i] = distance;
      last = label;
    }
  };
  for (let x = 0; x < width; x++) {
    scan(x, 0, 1);
    scan(x, height - 1, -1);
  }
  return edge;
}

/** Two passes of the chessboard distance transform, in place. */
export function spreadDistance(distance: Uint8Array, width: number, height: number): void {
  const relax = (i: number, j: number): void => {
    if (distance[j]! + 1 < distance[i]!) distance[i] = distance[j]! + 1;
  };
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (x > 0) relax(i, i - 1);
      if (y === 0) continue;
      relax(i, i - width);
      if (x > 0) relax(i, i - width - 1);
      if (x < width - 1) relax(i, i - width + 1);
    }
  }
  for (let y = height - 1, i = width * height - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--, i--) {
      if (x < width - 1) relax(i, i + 1);
      if (y === height - 1) continue;
      relax(i, i + width);
      if (x > 0) relax(i, i + width - 1);
      if (x < width - 1) relax(i, i + width + 1);
    }
  }
}
