/** Bits of each color channel that are told apart. */
const BITS = 4;
const BINS = 1 << BITS;

/** How often colors occur in a sample of pixels: a histogram of 16³ bins, each counted with its neighbours. */
export interface ColorModel {
  /** Pixels counted. */
  readonly total: number;
  /** How many of them have nearly the color at index `at` of interleaved u8 samples (red first). */
  count(colors: Uint8Array, at: number): number;
}

/** Collects the colors of a sample, pixel by pixel; `finish` ends it. */
export function collectColors(): { add(colors: Uint8Array, at: number): void; finish(): ColorModel } {
  const counts = new Uint32Array(BINS ** 3);
  let total = 0;
  return {
    add: (colors, at) => {
      counts[binOf(colors, at)]!++;
      total++;
    },
    finish: () => {
      const near = addNeighbours(counts);
      return { total, count: (colors, at) => near[binOf(colors, at)]! };
    },
  };
}

function binOf(colors: Uint8Array, at: number): number {
  const shift = 8 - BITS;
  return (((colors[at]! >> shift) << BITS) + (colors[at + 1]! >> shift)) * BINS + (colors[at + 2]! >> shift);
}

/** Counts of a bin and those next to it in every channel. */
function addNeighbours(counts: Uint32Array): Uint32Array {
  let from = counts;
  for (const stride of [1, BINS, BINS * BINS]) {
    const to = from.slice();
    for (let bin = 0; bin < from.length; bin++) {
      const place = Math.floor(bin / stride) % BINS;
      if (place > 0) to[bin]! += from[bin - stride]!;
      if (place < BINS - 1) to[bin]! += from[bin + stride]!;
    }
    from = to;
  }
  return from;
}
