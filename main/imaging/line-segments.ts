/** A straight edge between two points of the picture it was found in, corner-based pixels. */
export interface LineSegment {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Half the range of directions that one segment's pixels may have. */
const TOLERANCE = Math.PI / 8;
/** The weakest gradient whose direction is still one, grey levels per px. */
const LEAST_GRADIENT = 3;
/** A straight edge's pixels lie this close to its axis, px (root mean square), and fill so much of its length. */
const LARGEST_SPREAD = 1.1;
const LEAST_FILL = 0.8;
const NO_ANGLE = 10;

interface GradientField {
  readonly width: number;
  readonly height: number;
  /** Direction along the edge, radians; NO_ANGLE where the picture is flat. */
  readonly angle: Float32Array;
  readonly magnitude: Float32Array;
  /** Pixels with an angle, strongest first. */
  readonly order: Uint32Array;
}

interface Rectangle extends LineSegment {
  readonly length: number;
  readonly straight: boolean;
}

/**
 * Finds straight edges by growing regions of like gradient direction and fitting rectangles to them, after the line
 * segment detector of Grompone von Gioi, Jakubowicz, Morel and Randall (LSD, 2010); a least length stands in for its
 * count of false alarms.
 * @param grey 0–255, row-major; best slightly smoothed, as a reduced picture is
 * @param leastLength shortest segment kept, px
 */
export function detectLineSegments(
  grey: Float32Array,
  width: number,
  height: number,
  leastLength: number,
): LineSegment[] {
  const field = measureGradients(grey, width, height);
  const used = new Uint8Array(grey.length);
  const region = new Uint32Array(grey.length);
  const segments: LineSegment[] = [];
  for (const seed of field.order) {
    if (used[seed]) continue;
    let count = growRegion(field, used, region, seed, TOLERANCE);
    if (count < leastLength) continue;
    let rectangle = fitRectangle(field, region, count);
    if (!rectangle.straight) {
      for (let k = 0; k < count; k++) used[region[k]!] = 0;
      count = growRegion(field, used, region, seed, TOLERANCE / 2);
      if (count < leastLength) continue;
      rectangle = fitRectangle(field, region, count);
    }
    if (rectangle.length >= leastLength && rectangle.straight) {
      const { x1, y1, x2, y2 } = rectangle;
      segments.push({ x1, y1, x2, y2 });
    }
  }
  return segments;
}

/** Gradients over 2×2 pixels: the value at index (x, y) belongs to the corner point (x + 1, y + 1). */
function measureGradients(grey: Float32Array, width: number, height: number): GradientField {
  const angle = new Float32Array(grey.length).fill(NO_ANGLE);
  const magnitude = new Float32Array(grey.length);
  const bins = 1024;
  const binOf = new Uint16Array(grey.length);
  const counts = new Uint32Array(bins + 1);
  let strong = 0;
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      const i = y * width + x;
      const falling = grey[i + width + 1]! - grey[i]!;
      const rising = grey[i + 1]! - grey[i + width]!;
      const gx = (falling + rising) / 2;
      const gy = (falling - rising) / 2;
      const size = Math.hypot(gx, gy);
      if (size <= LEAST_GRADIENT) continue;
      magnitude[i] = size;
      angle[i] = Math.atan2(gx, -gy);
      const bin = bins - 1 - Math.min(bins - 1, Math.floor(size * 4));
      binOf[i] = bin;
      counts[bin + 1]!++;
      strong++;
    }
  }
  for (let b = 0; b < bins; b++) counts[b + 1]! += counts[b]!;
  const order = new Uint32Array(strong);
  for (let i = 0; i < grey.length; i++) if (magnitude[i]! > 0) order[counts[binOf[i]!]!++] = i;
  return { width, height, angle, magnitude, order };
}

/** Collects into `region` the pixels connected to the seed whose direction fits the region's mean; returns how many. */
function growRegion(
  field: GradientField,
  used: Uint8Array,
  region: Uint32Array,
  seed: number,
  tolerance: number,
): number {
  const { width, height, angle } = field;
  let mean = angle[seed]!;
  let sumX = Math.cos(mean);
  let sumY = Math.sin(mean);
  region[0] = seed;
  used[seed] = 1;
  let count = 1;
  for (let k = 0; k < count; k++) {
    const at = region[k]!;
    const cx = at % width;
    const cy = (at - cx) / width;
    for (let y = Math.max(0, cy - 1); y <= Math.min(height - 1, cy + 1); y++) {
      for (let x = Math.max(0, cx - 1); x <= Math.min(width - 1, cx + 1); x++) {
        const i = y * width + x;
        const a = angle[i]!;
        if (used[i] || a === NO_ANGLE || angleBetween(a, mean) > tolerance) continue;
        used[i] = 1;
        region[count++] = i;
        sumX += Math.cos(a);
        sumY += Math.sin(a);
        mean = Math.atan2(sumY, sumX);
      }
    }
  }
  return count;
}

function angleBetween(a: number, b: number): number {
  const difference = Math.abs(a - b);
  return difference > Math.PI ? 2 * Math.PI - difference : difference;
}

/** The region's extent along its main axis, and whether it is an edge rather than a blob or an arc. */
function fitRectangle(field: GradientField, region: Uint32Array, count: number): Rectangle {
  const { width, magnitude } = field;
  let sum = 0;
  let cx = 0;
  let cy = 0;
  for (let k = 0; k < count; k++) {
    const i = region[k]!;
    const m = magnitude[i]!;
    sum += m;
    cx += m * (i % width);
    cy += m * Math.floor(i / width);
  }
  cx /= sum;
  cy /= sum;
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let k = 0; k < count; k++) {
    const i = region[k]!;
    const dx = (i % width) - cx;
    const dy = Math.floor(i / width) - cy;
    const m = magnitude[i]!;
    xx += m * dx * dx;
    yy += m * dy * dy;
    xy += m * dx * dy;
  }
  const spread = Math.sqrt((xx + yy - Math.hypot(xx - yy, 2 * xy)) / 2 / sum);
  const theta = 0.5 * Math.atan2(2 * xy, xx - yy);
  const ux = Math.cos(theta);
  const uy = Math.sin(theta);
  let from = 0;
  let to = 0;
  for (let k = 0; k < count; k++) {
    const i = region[k]!;
    const dx = (i % width) - cx;
    const dy = Math.floor(i / width) - cy;
    const along = dx * ux + dy * uy;
    if (along < from) from = along;
    if (along > to) to = along;
  }
  const length = to - from;
  const x0 = cx + 1;
  const y0 = cy + 1;
  return {
    x1: x0 + from * ux,
    y1: y0 + from * uy,
    x2: x0 + to * ux,
    y2: y0 + to * uy,
    length,
    straight: spread <= Math.max(LARGEST_SPREAD, 0.006 * length) && count >= LEAST_FILL * length,
  };
}
