import { fullScale, type Raster } from '../../../imaging/raster.ts';

/**
 * Writes one channel of rows `from` ≤ y < `to` of a raster, enlarged by a whole factor, into the same channel of a
 * band that begins at row `from · factor`. Catmull-Rom cubic (a = −½, Keys 1981), pixel centres aligned, edges
 * repeated.
 */
export function enlargeChannel(
  raster: Raster,
  channel: number,
  factor: number,
  from: number,
  to: number,
  band: Raster,
): void {
  const { width, height, channels, data } = raster;
  const phases = cubicPhases(factor);
  const column = new Float32Array(width + 4); // two pixels repeated at either end
  const top = fullScale(band.data);
  for (let row = from * factor; row < to * factor; row++) {
    const { first, weights } = phases[row % factor]!;
    const y = Math.floor(row / factor) + first;
    column.fill(0);
    for (let tap = 0; tap < 4; tap++) {
      const start = Math.min(height - 1, Math.max(0, y + tap)) * width * channels + channel;
      const weight = weights[tap]!;
      for (let x = 0, at = start; x < width; x++, at += channels) column[x + 2]! += weight * data[at]!;
    }
    column[0] = column[1] = column[2]!;
    column[width + 2] = column[width + 3] = column[width + 1]!;
    let out = (row - from * factor) * band.width * channels + channel;
    for (let x = 0; x < width; x++) {
      for (const { first: left, weights: w } of phases) {
        const i = x + 2 + left;
        const value =
          w[0]! * column[i]! + w[1]! * column[i + 1]! + w[2]! * column[i + 2]! + w[3]! * column[i + 3]!;
        band.data[out] = Math.min(top, Math.max(0, value)) + 0.5;
        out += channels;
      }
    }
  }
}

/** For each of the `factor` positions inside a source pixel: the first of its four taps, relative, and their weights. */
function cubicPhases(factor: number): { first: number; weights: number[] }[] {
  return Array.from({ length: factor }, (_, k) => {
    const position = (k + 0.5) / factor - 0.5;
    const first = Math.floor(position) - 1;
    return { first, weights: [0, 1, 2, 3].map((tap) => catmullRom(Math.abs(position - first - tap))) };
  });
}

function catmullRom(d: number): number {
  if (d < 1) return 1.5 * d ** 3 - 2.5 * d ** 2 + 1;
  return d < 2 ? -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2 : 0;
}
