import type { Raster } from './raster.ts';

/** Which pixels of a mask have distance 0. */
export interface DistanceSites {
  /** `inside`: samples ≥ threshold; `outside`: samples below it. */
  readonly of: 'inside' | 'outside';
  readonly threshold: number;
  /** Sides beyond which every pixel counts as a site (a window whose surroundings are known to be sites). */
  readonly beyond?: {
    readonly left: boolean;
    readonly top: boolean;
    readonly right: boolean;
    readonly bottom: boolean;
  };
}

/**
 * Exact squared Euclidean distances, in pixels between pixel centres, to the nearest site; everything farther than
 * `limit` (whole pixels) reads (limit + 1)². Rows arrive top to bottom in one reused Int32Array.
 * Two separable passes: distances along columns, then the lower envelope of parabolas along rows
 * (Felzenszwalb & Huttenlocher, Distance Transforms of Sampled Functions, 2012), in integers throughout.
 */
export function forEachDistanceRow(
  mask: Raster<Uint8Array>,
  sites: DistanceSites,
  limit: number,
  visit: (y: number, squared: Int32Array) => void,
): void {
  const { width, height } = mask;
  const columns = columnDistances(mask, sites, limit);
  const far = limit + 1;
  const envelope = new RowEnvelope(width + 2, far * far);
  // One column of padding on each side holds the sites beyond the window.
  const row = new Uint32Array(width + 2);
  row[0] = sites.beyond?.left ? 0 : far;
  row[width + 1] = sites.beyond?.right ? 0 : far;
  const padded = new Int32Array(width + 2);
  const out = padded.subarray(1, width + 1);
  for (let y = 0; y < height; y++) {
    row.set(columns.subarray(y * width, (y + 1) * width), 1);
    envelope.solve(row, far, padded);
    visit(y, out);
  }
}

/** Distances along columns, capped at limit + 1; one byte each where that fits. */
function columnDistances(
  mask: Raster<Uint8Array>,
  sites: DistanceSites,
  limit: number,
): Uint8Array | Uint16Array {
  const { width, height, data } = mask;
  const { threshold, beyond } = sites;
  const far = limit + 1;
  const out = far < 256 ? new Uint8Array(width * height) : new Uint16Array(width * height);
  const inside = sites.of === 'inside';
  for (let x = 0; x < width; x++) out[x] = data[x]! >= threshold === inside ? 0 : beyond?.top ? 1 : far;
  for (let i = width; i < out.length; i++) {
    const above = out[i - width]!;
    out[i] = data[i]! >= threshold === inside ? 0 : above < far ? above + 1 : far;
  }
  if (beyond?.bottom) for (let i = out.length - width; i < out.length; i++) if (out[i]! > 1) out[i] = 1;
  for (let i = out.length - width - 1; i >= 0; i--) {
    const below = out[i + width]! + 1;
    if (below < out[i]!) out[i] = below;
  }
  return out;
}

/** The second pass over one row; keeps its stacks from row to row. */
class RowEnvelope {
  private readonly at: Int32Array;
  private readonly from: Int32Array;
  private readonly farSquared: number;

  constructor(width: number, farSquared: number) {
    this.at = new Int32Array(width);
    this.from = new Int32Array(width + 1);
    this.farSquared = farSquared;
  }

  /** Squared distances along a row, given distances along columns; those ≥ far count as none. */
  solve(columns: Uint32Array, far: number, out: Int32Array): void {
    const top = this.buildEnvelope(columns, far);
    if (top < 0) {
      out.fill(this.farSquared);
      return;
    }
    const { at, from, farSquared } = this;
    for (let k = 0; k <= top; k++) {
      const site = at[k]!;
      const height = columns[site]! * columns[site]!;
      const end = k < top ? from[k + 1]! : out.length;
      for (let x = from[k]!; x < end; x++) {
        const squared = (x - site) * (x - site) + height;
        out[x] = squared < farSquared ? squared : farSquared;
      }
    }
    // Sites inside a run of sites were left out of the envelope.
    for (let x = 0; x < out.length; x++) if (columns[x] === 0) out[x] = 0;
  }

  /** Fills the stacks: parabola k rules from column from[k] on. Returns the last index, −1 for none. */
  private buildEnvelope(columns: Uint32Array, far: number): number {
    const { at, from } = this;
    const width = columns.length;
    let top = -1;
    for (let x = 0; x < width; x++) {
      const g = columns[x]!;
      if (g >= far) continue;
      if (g === 0 && columns[x - 1] === 0 && columns[x + 1] === 0) continue;
      const level = x * x + g * g;
      let start = 0;
      while (top >= 0) {
        const site = at[top]!;
        const height = columns[site]! * columns[site]!;
        // First whole column where the new parabola is strictly lower.
        start = Math.floor((level - site * site - height) / (2 * (x - site))) + 1;
        if (start > from[top]!) break;
        top--;
      }
      if (top < 0) start = 0;
      if (start >= width) continue;
      top++;
      at[top] = x;
      from[top] = start;
    }
    return top;
  }
}

/**
 * Exact Euclidean distance of every pixel to the nearest site, f32 in pixels; Infinity where there is none.
 * For whole small rasters; large ones walk rows with a limit (forEachDistanceRow).
 */
export function distanceTransform(mask: Raster<Uint8Array>, sites: DistanceSites): Raster<Float32Array> {
  const { width, height } = mask;
  const limit = Math.min(65534, Math.ceil(Math.hypot(width, height)) + 1);
  const data = new Float32Array(width * height);
  forEachDistanceRow(mask, sites, limit, (y, squared) => {
    for (let x = 0; x < width; x++) {
      data[y * width + x] = squared[x]! > limit * limit ? Number.POSITIVE_INFINITY : Math.sqrt(squared[x]!);
    }
  });
  return { width, height, channels: 1, data };
}
