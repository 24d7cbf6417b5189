import { gaussianBlur } from './blur.ts';
import type { Raster } from './raster.ts';

/** The two thresholds of ControlNet's own edge pictures, as sums of absolute Sobel gradients of 8-bit samples. */
const WEAK = 100;
const STRONG = 200;
/** tan 22.5° and tan 67.5°: between which gradients count as diagonal. */
const TAN_LOW = Math.SQRT2 - 1;
const TAN_HIGH = Math.SQRT2 + 1;

interface Gradients {
  readonly across: Int16Array;
  readonly down: Int16Array;
  /** |across| + |down|, with a border of zeros one pixel wide. */
  readonly size: Int32Array;
}

/**
 * Canny's edges of an RGB picture, u8: 255 on an edge one pixel wide, else 0. Sobel gradients of the channel that
 * changes most, thinned to the local maxima across the edge, kept from the strong threshold on together with what
 * hangs together with it above the weak one. The border is repeated.
 * Source: Canny, "A Computational Approach to Edge Detection" (1986), as OpenCV's `Canny(picture, 100, 200)` has it,
 * which the public Canny ControlNets were made with.
 */
export function detectEdges(picture: Raster<Uint8Array>): Raster<Uint8Array> {
  const { width, height } = picture;
  const gradients = measureGradients(picture);
  const edges = new Uint8Array(width * height);
  const open: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (!isRidge(gradients, x, y, width)) continue;
      edges[i] = 1;
      if (gradients.size[(y + 1) * (width + 2) + x + 1]! <= STRONG) continue;
      edges[i] = 255;
      open.push(i);
    }
  }
  follow(edges, open, width, height);
  for (let i = 0; i < edges.length; i++) if (edges[i] !== 255) edges[i] = 0;
  return { width, height, channels: 1, data: edges };
}

/** Makes strong what is weak and touches something strong. */
function follow(edges: Uint8Array, open: number[], width: number, height: number): void {
  for (let i = open.pop(); i !== undefined; i = open.pop()) {
    const x = i % width;
    const y = (i - x) / width;
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
        if (edges[v * width + u] !== 1) continue;
        edges[v * width + u] = 255;
        open.push(v * width + u);
      }
    }
  }
}

/** True for a pixel above the weak threshold whose gradient is the largest across its edge. */
function isRidge({ across, down, size }: Gradients, x: number, y: number, width: number): boolean {
  const row = width + 2;
  const at = (y + 1) * row + x + 1;
  const here = size[at]!;
  if (here <= WEAK) return false;
  const dx = across[y * width + x]!;
  const dy = down[y * width + x]!;
  const steepness = Math.abs(dy) / Math.abs(dx);
  if (steepness < TAN_LOW) return here > size[at - 1]! && here >= size[at + 1]!;
  if (!(steepness <= TAN_HIGH)) return here > size[at - row]! && here >= size[at + row]!;
  const side = (dx ^ dy) < 0 ? -1 : 1;
  return here > size[at - row - side]! && here > size[at + row + side]!;
}

/** Sobel gradients of the channel in which they are largest. */
function measureGradients({ width, height, channels, data }: Raster<Uint8Array>): Gradients {
  const across = new Int16Array(width * height);
  const down = new Int16Array(width * height);
  const size = new Int32Array((width + 2) * (height + 2));
  for (let y = 0; y < height; y++) {
    const above = Math.max(0, y - 1) * width;
    const here = y * width;
    const below = Math.min(height - 1, y + 1) * width;
    for (let x = 0; x < width; x++) {
      const left = Math.max(0, x - 1);
      const right = Math.min(width - 1, x + 1);
      let most = -1;
      for (let c = 0; c < channels; c++) {
        const at = (row: number, column: number) => data[(row + column) * channels + c]!;
        const [nw, ne, sw, se] = [at(above, left), at(above, right), at(below, left), at(below, right)];
        const dx = ne - nw + se - sw + 2 * (at(here, right) - at(here, left));
        const dy = sw - nw + se - ne + 2 * (at(below, x) - at(above, x));
        const sum = Math.abs(dx) + Math.abs(dy);
        if (sum <= most) continue;
        most = sum;
        across[here + x] = dx;
        down[here + x] = dy;
      }
      size[(y + 1) * (width + 2) + x + 1] = most;
    }
  }
  return { across, down, size };
}

/** Standard deviation of the blur whose difference from the picture is its lines, pixels. */
const LINE_BLUR = 6;
/** From here on a pixel counts as part of a line when the lines' usual darkness is measured; its least value. */
const LINE_FROM = 8;
const LEAST_DARKNESS = 16;
const USUAL_LINE = 127;

/**
 * Dark lines of an RGB picture as white ones on black, u8: what is darker than its surroundings in every channel,
 * scaled so that a usual line is 127.
 * Source: the “standard lineart” preprocessor of controlnet_aux (`LineartStandardDetector`).
 */
export function drawLines(picture: Raster<Uint8Array>): Raster<Uint8Array> {
  const { width, height, channels, data } = picture;
  const blurred = gaussianBlur({ ...picture, data: Float32Array.from(data) }, LINE_BLUR).data;
  const darkness = new Float32Array(width * height);
  const counts = new Uint32Array(256);
  for (let i = 0, from = 0; i < darkness.length; i++, from += channels) {
    let least = 255;
    for (let c = from; c < from + channels; c++) least = Math.min(least, blurred[c]! - data[c]!);
    darkness[i] = Math.max(0, least);
    if (least > LINE_FROM) counts[Math.floor(least)]!++;
  }
  const factor = USUAL_LINE / Math.max(LEAST_DARKNESS, medianOf(counts));
  const out = new Uint8Array(darkness.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.min(255, darkness[i]! * factor);
  return { width, height, channels: 1, data: out };
}

/** The median of a histogram, to the middle of its bin; 0 where it is empty. */
function medianOf(counts: Uint32Array): number {
  const half = counts.reduce((sum, n) => sum + n, 0) / 2;
  if (half === 0) return 0;
  let below = 0;
  const bin = counts.findIndex((n) => (below += n) >= half);
  return bin + 0.5;
}
