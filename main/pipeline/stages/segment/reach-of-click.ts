import { colorLikelihood } from '../../../imaging/color-likelihood.ts';
import type { Raster } from '../../../imaging/raster.ts';

/** Deviation of the neighbourhood whose colours a click stands for, of the picture's long side. */
const NEIGHBOURHOOD = 0.015;
/** What a way costs per pixel, times the picture's long side: through the click's own colours, and more through others. */
const STEP = 0.2;
const FOREIGN = 3;

/** How far everything is from a click, for a correction. */
export interface ClickReach {
  /**
   * Length of the cheapest way from the click, f32 per pixel: short through its colours, however far they go, long
   * through others (geodesic distance: Criminisi, Sharp and Blake 2008; Gulshan et al. 2010).
   */
  readonly distance: Float32Array;
  /** Logarithm of how much likelier a pixel's colour is near the click than elsewhere, ±6. */
  readonly likeness: Float32Array;
}

/**
 * What a correcting click reaches: what looks like its neighbourhood and hangs together with it. So one click takes a
 * whole rail or leg along and stops at the floor beside it.
 * @param rgb u8, 3 channels
 * @param labels one per pixel; only pixels of the click's own label show its colours
 * @param click index of its pixel
 */
export function reachOfClick(rgb: Raster<Uint8Array>, labels: Uint8Array, click: number): ClickReach {
  const { width, height } = rgb;
  const longSide = Math.max(width, height);
  const likeness = colorLikelihood(rgb, nearClick(width, height, labels, click, NEIGHBOURHOOD * longSide));
  const cost = likeness.map((ratio) => (STEP + FOREIGN / (1 + Math.exp(ratio))) / longSide);
  return { distance: cheapestWays(cost, width, height, click), likeness };
}

/** exp(−d²/2σ²) around a pixel, 0 where the label is another. */
function nearClick(
  width: number,
  height: number,
  labels: Uint8Array,
  click: number,
  sigma: number,
): Float32Array {
  const share = new Float32Array(width * height);
  const [cx, cy] = [click % width, Math.floor(click / width)];
  const reach = Math.ceil(4 * sigma);
  for (let y = Math.max(0, cy - reach); y <= Math.min(height - 1, cy + reach); y++) {
    for (let x = Math.max(0, cx - reach); x <= Math.min(width - 1, cx + reach); x++) {
      const i = y * width + x;
      const square = (x - cx) ** 2 + (y - cy) ** 2;
      if (labels[i] === labels[click]) share[i] = Math.exp(-square / (2 * sigma * sigma));
    }
  }
  return share;
}

/** Dijkstra over eight neighbours; a step costs the mean of its ends' costs times its length. */
function cheapestWays(cost: Float32Array, width: number, height: number, start: number): Float32Array {
  const distance = new Float32Array(cost.length).fill(Infinity);
  const queue = new Queue(cost.length);
  distance[start] = 0;
  queue.push(start, 0);
  for (let i = queue.pop(distance); i >= 0; i = queue.pop(distance)) {
    const x = i % width;
    const y = (i - x) / width;
    for (let dy = y > 0 ? -1 : 0; dy <= (y + 1 < height ? 1 : 0); dy++) {
      for (let dx = x > 0 ? -1 : 0; dx <= (x + 1 < width ? 1 : 0); dx++) {
        const j = i + dy * width + dx;
        const step = dx !== 0 && dy !== 0 ? Math.SQRT1_2 : 0.5;
        const way = Math.fround(distance[i]! + step * (cost[i]! + cost[j]!));
        if (way >= distance[j]!) continue;
        distance[j] = way;
        queue.push(j, way);
      }
    }
  }
  return distance;
}

/** A binary heap of pixels by their distance when they were pushed; outdated ones are passed over. */
class Queue {
  #keys: Float32Array;
  #pixels: Int32Array;
  #length = 0;

  constructor(capacity: number) {
    this.#keys = new Float32Array(capacity);
    this.#pixels = new Int32Array(capacity);
  }

  push(pixel: number, key: number): void {
    if (this.#length === this.#keys.length) this.#grow();
    let k = this.#length++;
    for (; k > 0; ) {
      const up = (k - 1) >> 1;
      if (this.#keys[up]! <= key) break;
      this.#keys[k] = this.#keys[up]!;
      this.#pixels[k] = this.#pixels[up]!;
      k = up;
    }
    this.#keys[k] = key;
    this.#pixels[k] = pixel;
  }

  /** The nearest pixel, or −1 where none is left. */
  pop(distance: Float32Array): number {
    while (this.#length > 0) {
      const pixel = this.#pixels[0]!;
      const key = this.#keys[0]!;
      this.#removeFirst();
      if (key <= distance[pixel]!) return pixel;
    }
    return -1;
  }

  #removeFirst(): void {
    const last = --this.#length;
    const key = this.#keys[last]!;
    let k = 0;
    for (;;) {
      let down = 2 * k + 1;
      if (down >= last) break;
      if (down + 1 < last && this.#keys[down + 1]! < this.#keys[down]!) down++;
      if (this.#keys[down]! >= key) break;
      this.#keys[k] = this.#keys[down]!;
      this.#pixels[k] = this.#pixels[down]!;
      k = down;
    }
    this.#keys[k] = key;
    this.#pixels[k] = this.#pixels[last]!;
  }

  #grow(): void {
    const keys = new Float32Array(2 * this.#keys.length);
    const pixels = new Int32Array(keys.length);
    keys.set(this.#keys);
    pixels.set(this.#pixels);
    this.#keys = keys;
    this.#pixels = pixels;
  }
}
