import { growRect, clampRect, type Rect } from '../geometry.ts';
import type { Raster } from '../raster.ts';
import { HELD } from './blend.ts';
import { createPoissonRegion, solvePoisson } from './poisson.ts';
import type { Transfer } from './transfer.ts';

type Picture = Raster<Uint8Array> | Raster<Uint16Array>;

/** What is coarser than this counts as light and tone, not as texture: standard deviation as a share of the hole's shorter side. */
const COARSE = 0.05;
/** … at least, px. */
const LEAST_SIGMA = 3;
/** Cells per standard deviation: the coarse part is worked out on a coarser grid. */
const CELLS_PER_SIGMA = 2.5;
/** How far around the hole the surface shows how much its tone changes by itself, standard deviations. */
const REACH = 6;
/** Steps of the tone greater than so many times what most around the hole are (this quantile) are edges, and stay. */
const EDGE_STEPS = 2;
const MOST_STEPS = 0.5;

/** The coarse grid over a part of the crop. */
interface Grid {
  /** What it covers, crop px. */
  readonly rect: Rect;
  readonly width: number;
  readonly height: number;
  /** Pixels per cell. */
  readonly cell: number;
  /** The surface of each cell; 0 where neither it nor the hole is. */
  readonly labels: Uint8Array;
  /** 1 for cells with a part of the hole. */
  readonly hole: Uint8Array;
}

/**
 * Lets the light and tone of a fill follow what is all around it: of what was copied only texture and edges stay; what
 * changes slowly runs from rim to rim as smoothly as it can (a membrane). A piece that was copied from a brighter place
 * brings its texture then, not its brightness.
 *
 * The fill's coarse part L (smoothed within each surface) is taken apart by its own steps: those no greater than the
 * surface's usual ones are tone. The correction c that takes them out has ∇c = −∇L there, ∇c = 0 along edges and c = 0
 * at the rim (a Poisson equation on a coarse grid).
 *
 * @param crop the filled picture; changed in place, inside the hole only
 * @param holds one byte per crop pixel, see {@link HELD}
 */
export function evenLight(transfer: Transfer, crop: Picture, holds: Uint8Array): void {
  const { rect } = transfer;
  if (rect.width === 0) return;
  const sigma = Math.max(LEAST_SIGMA, COARSE * Math.min(rect.width, rect.height));
  const grid = layGrid(transfer, crop, holds, sigma);
  const inside = new Uint8Array(grid.labels.length);
  for (let i = 0; i < inside.length; i++) if (grid.hole[i]) inside[i] = grid.labels[i]!;
  const tones = Array.from({ length: crop.channels }, (_, c) =>
    smoothTone(grid, transfer, crop, holds, c, sigma / grid.cell),
  );
  const lost = shareSteps(grid, tones, measureSteps(grid, tones));
  const pins = countPins(grid);
  const region = createPoissonRegion(inside, pins, grid.width, grid.height, 0);
  const most = crop.data instanceof Uint8Array ? 255 : 65535;
  const solve = { tolerance: (0.05 * most) / 255, iterations: 4 };
  for (let c = 0; c < crop.channels; c++) {
    const rhs = divergence(grid, tones[c]!, lost);
    const correction = solvePoisson(region, rhs, grid.width, grid.height, solve);
    addCorrection(transfer, crop, grid, correction, c, most);
  }
}

/** Labels and hole on the coarse grid. */
function layGrid(
  { rect, inside, completion }: Transfer,
  crop: Picture,
  holds: Uint8Array,
  sigma: number,
): Grid {
  const cell = Math.max(1, Math.floor(sigma / CELLS_PER_SIGMA));
  const area = clampRect(growRect(rect, Math.ceil(REACH * sigma)), crop.width, crop.height);
  const width = Math.ceil(area.width / cell);
  const height = Math.ceil(area.height / cell);
  const labels = new Uint8Array(width * height);
  const hole = new Uint8Array(width * height);
  for (let y = 0; y < area.height; y++) {
    const at = (area.y + y) * crop.width + area.x;
    const row = Math.floor(y / cell) * width;
    const ry = area.y + y - rect.y;
    for (let x = 0; x < area.width; x++) {
      const i = row + Math.floor(x / cell);
      const rx = area.x + x - rect.x;
      const within = rx >= 0 && ry >= 0 && rx < rect.width && ry < rect.height;
      const label = within ? inside[ry * rect.width + rx]! : 0;
      if (label > 0) {
        // The hole decides what a cell is; among its surfaces the last one does.
        hole[i] = 1;
        labels[i] = label;
      } else if (hole[i] === 0 && holds[at + x] === HELD) labels[i] = completion.labels.data[at + x]!;
    }
  }
  return { rect: area, width, height, cell, labels, hole };
}

/** One channel of the picture, smoothed within each surface by a Gaussian of `sigma` cells; one value per cell. */
function smoothTone(
  grid: Grid,
  { rect, inside, completion }: Transfer,
  crop: Picture,
  holds: Uint8Array,
  channel: number,
  sigma: number,
): Float32Array {
  const { width, height, cell, labels } = grid;
  const sums = new Float32Array(labels.length);
  const counts = new Float32Array(labels.length);
  for (let y = 0; y < grid.rect.height; y++) {
    const at = (grid.rect.y + y) * crop.width + grid.rect.x;
    const row = Math.floor(y / cell) * width;
    const ry = grid.rect.y + y - rect.y;
    for (let x = 0; x < grid.rect.width; x++) {
      const i = row + Math.floor(x / cell);
      const rx = grid.rect.x + x - rect.x;
      const within = rx >= 0 && ry >= 0 && rx < rect.width && ry < rect.height;
      const made = within ? inside[ry * rect.width + rx]! : 0;
      const label = made > 0 ? made : holds[at + x] === HELD ? completion.labels.data[at + x]! : 0;
      if (label === 0 || label !== labels[i]) continue;
      sums[i]! += crop.data[(at + x) * crop.channels + channel]!;
      counts[i]!++;
    }
  }
  const tone = new Float32Array(labels.length);
  for (const label of new Set(labels)) {
    if (label === 0) continue;
    const own = Float32Array.from(sums, (value, i) => (labels[i] === label ? value : 0));
    const weights = Float32Array.from(counts, (value, i) => (labels[i] === label ? value : 0));
    blur(own, width, height, sigma);
    blur(weights, width, height, sigma);
    for (let i = 0; i < tone.length; i++) {
      if (labels[i] === label && weights[i]! > 0) tone[i] = own[i]! / weights[i]!;
    }
  }
  return tone;
}

/** Three box filters each way come near to a Gaussian; nothing is beyond the border. */
function blur(values: Float32Array, width: number, height: number, sigma: number): void {
  const radius = Math.max(1, Math.round((Math.sqrt(4 * sigma * sigma + 1) - 1) / 2));
  const line = new Float32Array(Math.max(width, height));
  for (let round = 0; round < 3; round++) {
    for (let y = 0; y < height; y++) slide(values, y * width, 1, width, radius, line);
    for (let x = 0; x < width; x++) slide(values, x, width, height, radius, line);
  }
}

/** A running sum along one line, in place. */
function slide(
  values: Float32Array,
  start: number,
  stride: number,
  length: number,
  radius: number,
  line: Float32Array,
): void {
  for (let k = 0; k < length; k++) line[k] = values[start + k * stride]!;
  let sum = 0;
  for (let k = 0; k < Math.min(radius, length); k++) sum += line[k]!;
  for (let k = 0; k < length; k++) {
    if (k + radius < length) sum += line[k + radius]!;
    if (k > radius) sum -= line[k - radius - 1]!;
    values[start + k * stride] = sum;
  }
}

/** Every pair of neighbouring cells. */
function forEachLink(width: number, height: number, visit: (p: number, q: number) => void): void {
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (x + 1 < width) visit(i, i + 1);
      if (y + 1 < height) visit(i, i + width);
    }
  }
}

/** By label, the step of the tone between neighbouring cells above which it is an edge, squared and over all channels. */
type Steps = ReadonlyMap<number, number>;

function measureSteps({ width, height, labels, hole }: Grid, tones: readonly Float32Array[]): Steps {
  const known = new Map<number, number[]>();
  forEachLink(width, height, (p, q) => {
    if (labels[p] !== labels[q] || labels[p] === 0 || hole[p] || hole[q]) return;
    const list = known.get(labels[p]!) ?? [];
    if (list.length === 0) known.set(labels[p]!, list);
    list.push(squaredStep(tones, p, q));
  });
  return new Map(
    [...known].map(([label, list]) => {
      list.sort((a, b) => a - b);
      return [label, EDGE_STEPS ** 2 * list[Math.floor(MOST_STEPS * list.length)]!];
    }),
  );
}

function squaredStep(tones: readonly Float32Array[], a: number, b: number): number {
  let sum = 0;
  for (const tone of tones) sum += (tone[a]! - tone[b]!) ** 2;
  return sum;
}

/** What share of the step to the right and to the lower neighbour is tone, 0–1. */
interface Shares {
  readonly east: Float32Array;
  readonly south: Float32Array;
}

function shareSteps({ width, height, labels }: Grid, tones: readonly Float32Array[], limits: Steps): Shares {
  const east = new Float32Array(labels.length);
  const south = new Float32Array(labels.length);
  forEachLink(width, height, (p, q) => {
    const ratio = (squaredStep(tones, p, q) / Math.max(1e-6, limits.get(labels[p]!) ?? 0)) ** 2;
    (q === p + 1 ? east : south)[p] = 1 / (1 + ratio);
  });
  return { east, south };
}

/** Known cells of its own surface beside each cell of the hole. */
function countPins({ width, height, labels, hole }: Grid): Float32Array {
  const pins = new Float32Array(labels.length);
  forEachLink(width, height, (p, q) => {
    if (labels[p] !== labels[q] || labels[p] === 0 || hole[p] === hole[q]) return;
    pins[hole[p] ? p : q]!++;
  });
  return pins;
}

/** The right-hand side: for every cell of the hole what the steps to its neighbours lose. */
function divergence(grid: Grid, tone: Float32Array, lost: Shares): Float32Array {
  const { width, height, labels, hole } = grid;
  const rhs = new Float32Array(labels.length);
  forEachLink(width, height, (p, q) => {
    if (labels[p] !== labels[q] || labels[p] === 0 || (!hole[p] && !hole[q])) return;
    const step = (q === p + 1 ? lost.east[p]! : lost.south[p]!) * (tone[p]! - tone[q]!);
    if (hole[p]) rhs[p]! -= step;
    if (hole[q]) rhs[q]! += step;
  });
  return rhs;
}

/** Adds the correction to the hole's samples, interpolated between the cells of a pixel's own surface. */
function addCorrection(
  { rect, inside }: Transfer,
  crop: Picture,
  grid: Grid,
  correction: Float32Array,
  channel: number,
  most: number,
): void {
  const { width, height, cell, labels } = grid;
  for (let y = 0, i = 0; y < rect.height; y++) {
    const gy = (rect.y + y - grid.rect.y + 0.5) / cell - 0.5;
    const y0 = Math.max(0, Math.floor(gy));
    const y1 = Math.min(height - 1, y0 + 1);
    const fy = Math.max(0, gy - y0);
    let at = ((rect.y + y) * crop.width + rect.x) * crop.channels + channel;
    for (let x = 0; x < rect.width; x++, i++, at += crop.channels) {
      const label = inside[i]!;
      if (label === 0) continue;
      const gx = (rect.x + x - grid.rect.x + 0.5) / cell - 0.5;
      const x0 = Math.max(0, Math.floor(gx));
      const x1 = Math.min(width - 1, x0 + 1);
      const fx = Math.max(0, gx - x0);
      const a = y0 * width;
      const b = y1 * width;
      const wa = labels[a + x0] === label ? (1 - fx) * (1 - fy) : 0;
      const wb = labels[a + x1] === label ? fx * (1 - fy) : 0;
      const wc = labels[b + x0] === label ? (1 - fx) * fy : 0;
      const wd = labels[b + x1] === label ? fx * fy : 0;
      const weight = wa + wb + wc + wd;
      if (weight === 0) continue;
      const sum =
        wa * correction[a + x0]! +
        wb * correction[a + x1]! +
        wc * correction[b + x0]! +
        wd * correction[b + x1]!;
      crop.data[at] = Math.min(most, Math.max(0, Math.round(crop.data[at]! + sum / weight)));
    }
  }
}
