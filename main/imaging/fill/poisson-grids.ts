/** The grids of multigrid: from the pixels of a region to ever coarser cells of 2×2. */

/** One grid; every array has a border of one cell, so that neighbours need no test. */
export interface GridLevel {
  /** With the border. */
  readonly width: number;
  readonly height: number;
  /** Conductance to the right and the lower neighbour; 0 where there is no link. */
  readonly east: Float32Array;
  readonly south: Float32Array;
  /** 1 / diagonal; 0 outside the region. */
  readonly inverse: Float32Array;
  readonly value: Float32Array;
  readonly rhs: Float32Array;
  /** Room for the conjugate gradients. */
  readonly wanted: Float32Array;
  readonly solution: Float32Array;
  readonly direction: Float32Array;
  readonly image: Float32Array;
}

/** A grid in the making. */
export interface Cells {
  readonly width: number;
  readonly height: number;
  readonly mask: Uint8Array;
  /** What holds a cell in place besides its neighbours: pins and screen. */
  readonly holds: Float32Array;
  /** Null where cells are pixels: those of one value are linked. */
  readonly links: { readonly east: Float32Array; readonly south: Float32Array } | null;
}

function linkEast({ mask, links, width }: Cells, i: number, x: number): number {
  if (links) return links.east[i]!;
  return x < width - 1 && mask[i] !== 0 && mask[i + 1] === mask[i] ? 1 : 0;
}

function linkSouth({ mask, links, width }: Cells, i: number): number {
  if (links) return links.south[i]!;
  return mask[i] !== 0 && mask[i + width] === mask[i] ? 1 : 0;
}

/** The grid of 2×2 cells. */
export function coarsen(cells: Cells): Cells {
  const { width, height, mask, holds } = cells;
  const nw = (width + 1) >> 1;
  const nh = (height + 1) >> 1;
  const out = { mask: new Uint8Array(nw * nh), holds: new Float32Array(nw * nh) };
  const links = { east: new Float32Array(nw * nh), south: new Float32Array(nw * nh) };
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (!mask[i]) continue;
      const at = (y >> 1) * nw + (x >> 1);
      out.mask[at] = 1;
      out.holds[at]! += holds[i]!;
      // Two links lead across, and the centres are twice as far apart.
      if (x & 1) links.east[at]! += linkEast(cells, i, x) / 2;
      if (y & 1) links.south[at]! += linkSouth(cells, i) / 2;
    }
  }
  return { width: nw, height: nh, ...out, links };
}

export function makeLevel(cells: Cells): GridLevel {
  const { width, height, mask, holds } = cells;
  const pw = width + 2;
  const size = pw * (height + 2);
  const east = new Float32Array(size);
  const south = new Float32Array(size);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0, at = (y + 1) * pw + 1; x < width; x++, i++, at++) {
      east[at] = linkEast(cells, i, x);
      south[at] = linkSouth(cells, i);
    }
  }
  const inverse = new Float32Array(size);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0, at = (y + 1) * pw + 1; x < width; x++, i++, at++) {
      if (!mask[i]) continue;
      const diagonal = east[at]! + east[at - 1]! + south[at]! + south[at - pw]! + holds[i]!;
      // A lone pixel with nothing to hold on to stays 0.
      inverse[at] = diagonal > 0 ? 1 / diagonal : 0;
    }
  }
  return {
    width: pw,
    height: height + 2,
    east,
    south,
    inverse,
    value: new Float32Array(size),
    rhs: new Float32Array(size),
    wanted: new Float32Array(size),
    solution: new Float32Array(size),
    direction: new Float32Array(size),
    image: new Float32Array(size),
  };
}
