import { randomStream } from '../imaging/random.ts';
import type { PieceView, ViewLayers } from './catalogue.ts';
import type { Material } from './prompt-words.ts';
import { viewDepth } from './view-warp.ts';

/** How a covering differs, at a pixel, from the neutral one: all 1 × w × h, rows from the top. */
export interface ClothMaps {
  /** Factor on the covering's diffuse light: its weave, and the pile's dark front and pale edges. */
  readonly tone: Float32Array;
  /** How much a clear coat reflects of the room's main light; its mean over the covering is 1. */
  readonly coat: Float32Array | null;
}

/** Steps of the random lattice; it repeats after that many cells. */
const LATTICE = 64;
/** Pixels to either side over which the surface's slope is measured. */
const SLOPE_REACH = 3;
/** A slope that changes by more over that distance is the edge of another part, metres. */
const EDGE = 0.04;
/** Where the catalogue's main light comes from, piece space. */
const KEY = [0, -0.41, 0.912] as const;
/** The least factor: no weave is black. */
const DARKEST = 0.3;
/** Exponents of the coat's wide and narrow highlight, and the narrow one's share. */
const LOBES = { wide: 7, narrow: 38, share: 0.4 } as const;

/**
 * What a material adds to a rendered view: yarn and loops of their true size, as a solid texture in the piece's own
 * metres so that it follows every surface in perspective, the sheen of a pile, and the highlights of a coat.
 */
export function clothMaps(layers: ViewLayers, view: PieceView, material: Material): ClothMaps {
  const { width, height, matte } = layers;
  const surface = createSurface(layers, view);
  const weave = weaveOf(material);
  const size = width * height;
  const tone = new Float32Array(size).fill(1);
  const pile = new Float32Array(size).fill(Number.NaN);
  const highlight = new Float32Array(size).fill(Number.NaN);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      if (matte[p * 3 + 1] === 0) continue;
      const s = surface(x, y);
      tone[p] = weave(s.x, s.y, s.z, Math.abs(s.sideways) > 0.7);
      if (material.pile > 0) pile[p] = material.pile * (0.9 * (1 - s.facing) ** 2.2 - 0.16 * s.facing);
      if (!material.coat) continue;
      const lit = Math.max(0, s.half);
      highlight[p] = (1 - LOBES.share) * lit ** LOBES.wide + LOBES.share * 3 * lit ** LOBES.narrow;
    }
  }
  const sheen = material.pile > 0 ? medianOfNine(pile, width, height) : null;
  for (let p = 0; p < size; p++) {
    if (matte[p * 3 + 1] !== 0) tone[p] = Math.max(DARKEST, tone[p]! + (sheen ? sheen[p]! : 0));
  }
  return { tone, coat: material.coat ? toMeanOne(medianOfNine(highlight, width, height)) : null };
}

/** Scaled to a mean of 1; 0 where there is none. */
function toMeanOne(values: Float32Array): Float32Array {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  const scale = sum > 0 ? count / sum : 1;
  return values.map((value) => (Number.isNaN(value) ? 0 : value * scale));
}

/**
 * The median over each pixel and its neighbours, NaN where the pixel is. Slopes are measured on depth in 8 bits: on
 * surfaces that hardly show, single pixels come out wrong.
 */
function medianOfNine(values: Float32Array, width: number, height: number): Float32Array {
  const out = new Float32Array(values.length).fill(Number.NaN);
  const near = new Float32Array(9);
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      if (Number.isNaN(values[p]!)) continue;
      let count = 0;
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const value = values[v * width + u]!;
          if (!Number.isNaN(value)) near[count++] = value;
        }
      }
      out[p] = near.subarray(0, count).sort()[count >> 1]!;
    }
  }
  return out;
}

/** A point of the surface: where it is (metres), and how it faces. */
interface SurfaceSample {
  x: number;
  y: number;
  z: number;
  /** Cosine between its normal and the line of sight, 0–1. */
  facing: number;
  /** The normal's share along x: ±1 on a piece's sides. */
  sideways: number;
  /** Cosine between its normal and the half vector of camera and main light. */
  half: number;
}

/** A reader of the surface at a pixel; it returns the same object every time. */
function createSurface(layers: ViewLayers, view: PieceView): (x: number, y: number) => SurfaceSample {
  const { width, height } = layers;
  const depth = smoothDepth(layers, view);
  const { ray, eye } = invertProjection(view.projection);
  const out: SurfaceSample = { x: 0, y: 0, z: 0, facing: 1, sideways: 0, half: 0 };
  const at = (x: number, y: number, into: Float64Array): void => {
    const d = depth[y * width + x]!;
    for (let k = 0; k < 3; k++)
      into[k] = eye[k]! + d * (ray[k * 3]! * (x + 0.5) + ray[k * 3 + 1]! * (y + 0.5) + ray[k * 3 + 2]!);
  };
  const [here, left, right, up, down] = Array.from({ length: 5 }, () => new Float64Array(3)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return (x, y) => {
    at(x, y, here);
    [out.x, out.y, out.z] = here as unknown as [number, number, number];
    const across = sameSurface(depth, y * width + x, 1, x, width);
    const along = sameSurface(depth, y * width + x, width, y, height);
    if (!across || !along) return Object.assign(out, { facing: 0.85, sideways: 0, half: 0.6 });
    at(x + across[0], y, left);
    at(x + across[1], y, right);
    at(x, y + along[0], up);
    at(x, y + along[1], down);
    const [ax, ay, az] = [right[0]! - left[0]!, right[1]! - left[1]!, right[2]! - left[2]!];
    const [bx, by, bz] = [down[0]! - up[0]!, down[1]! - up[1]!, down[2]! - up[2]!];
    let [nx, ny, nz] = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
    const length = Math.hypot(nx, ny, nz) || 1;
    let [vx, vy, vz] = [eye[0]! - here[0]!, eye[1]! - here[1]!, eye[2]! - here[2]!];
    const sight = Math.hypot(vx, vy, vz) || 1;
    [vx, vy, vz] = [vx / sight, vy / sight, vz / sight];
    const sign = nx * vx + ny * vy + nz * vz < 0 ? -1 / length : 1 / length;
    [nx, ny, nz] = [nx * sign, ny * sign, nz * sign];
    out.facing = Math.min(1, nx * vx + ny * vy + nz * vz);
    out.sideways = nx;
    const [hx, hy, hz] = [vx + KEY[0], vy + KEY[1], vz + KEY[2]];
    out.half = (nx * hx + ny * hy + nz * hz) / (Math.hypot(hx, hy, hz) || 1);
    return out;
  };
}

/**
 * Between which pixels of a line, relative to the one at hand, the surface's slope is to be measured: to both sides
 * where the surface goes on, else to the side that is nearer. A surface seen at a grazing angle rises steeply and is no
 * edge: what tells an edge is that the slope changes.
 * @param place of the pixel in its line of `length`
 * @returns null where nothing of the surface is to either side
 */
function sameSurface(
  depth: Float32Array,
  pixel: number,
  step: number,
  place: number,
  length: number,
): readonly [number, number] | null {
  const [before, after] = [Math.min(SLOPE_REACH, place), Math.min(SLOPE_REACH, length - 1 - place)];
  const own = depth[pixel]!;
  const fall = (own - depth[pixel - before * step]!) / before;
  const rise = (depth[pixel + after * step]! - own) / after;
  if (isOneSlope(fall, rise, EDGE / SLOPE_REACH)) return [-before, after];
  if (Math.abs(fall) <= Math.abs(rise) || (Number.isNaN(rise) && !Number.isNaN(fall))) return [-before, 0];
  return Number.isNaN(rise) ? null : [0, after];
}

/** Camera rays (3×3, row-major: pixel and 1 → direction of unit depth) and the camera's place, in piece space. */
function invertProjection(m: readonly number[]) {
  const [a, b, c, d, e, f, g, h, i] = [m[0]!, m[1]!, m[2]!, m[4]!, m[5]!, m[6]!, m[8]!, m[9]!, m[10]!];
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const ray = [
    e * i - f * h,
    c * h - b * i,
    b * f - c * e,
    f * g - d * i,
    a * i - c * g,
    c * d - a * f,
    d * h - e * g,
    b * g - a * h,
    a * e - b * d,
  ].map((v) => v / det);
  const eye = [0, 1, 2].map(
    (k) => -(ray[k * 3]! * m[3]! + ray[k * 3 + 1]! * m[7]! + ray[k * 3 + 2]! * m[11]!),
  );
  return { ray, eye };
}

/** Depth in metres, its steps of 8 bits smoothed away where the piece is; NaN elsewhere. */
function smoothDepth({ width, height, matte }: ViewLayers, view: PieceView): Float32Array {
  let depth = new Float32Array(width * height);
  for (let p = 0; p < depth.length; p++)
    depth[p] = matte[p * 3]! > 0 ? viewDepth(view, matte[p * 3 + 2]!) : Number.NaN;
  for (let pass = 0; pass < 3; pass++) {
    depth = smoothLines(depth, width, height, 1, width);
    depth = smoothLines(depth, height, width, width, 1);
  }
  return depth;
}

/** Whether two steps of depth, one after the other, lie on one surface: alike, as far as such steep ones can be. */
function isOneSlope(fall: number, rise: number, tolerance: number): boolean {
  return Math.abs(rise - fall) < Math.max(tolerance, Math.max(Math.abs(rise), Math.abs(fall)) / 2);
}

/** Mean over five neighbours along a line: of pairs to both sides that lie on one slope, else of those nearby. */
function smoothLines(
  from: Float32Array,
  length: number,
  lines: number,
  step: number,
  line: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(from.length);
  for (let k = 0; k < lines; k++) {
    for (let i = 0; i < length; i++) {
      const p = k * line + i * step;
      const own = from[p]!;
      let [sum, count] = [own, 1];
      for (let d = 1; d <= 2; d++) {
        const before = i >= d ? from[p - d * step]! - own : Number.NaN;
        const after = i + d < length ? from[p + d * step]! - own : Number.NaN;
        const isSlope = isOneSlope(-before, after, EDGE / 2);
        for (const other of [before, after]) {
          if (!isSlope && !(Math.abs(other) < EDGE / 2)) continue;
          sum += own + other;
          count++;
        }
      }
      out[p] = sum / count;
    }
  }
  return out;
}

const lattice = Float32Array.from({ length: LATTICE ** 3 }, randomStream(5));

const mix = (a: number, b: number, t: number) => a + (b - a) * t;

/** Smooth noise of mean 0.5, 0–1, one cell to a unit. */
function noise(x: number, y: number, z: number): number {
  const [fx, fy, fz] = [Math.floor(x), Math.floor(y), Math.floor(z)];
  const wrap = LATTICE - 1;
  const [x0, y0, z0] = [fx & wrap, (fy & wrap) * LATTICE, (fz & wrap) * LATTICE * LATTICE];
  const [x1, y1, z1] = [
    (x0 + 1) & wrap,
    (((fy & wrap) + 1) & wrap) * LATTICE,
    (((fz & wrap) + 1) & wrap) * LATTICE * LATTICE,
  ];
  const [tx, ty, tz] = [x - fx, y - fy, z - fz];
  const low = mix(
    mix(lattice[x0 + y0 + z0]!, lattice[x1 + y0 + z0]!, tx),
    mix(lattice[x0 + y1 + z0]!, lattice[x1 + y1 + z0]!, tx),
    ty,
  );
  const high = mix(
    mix(lattice[x0 + y0 + z1]!, lattice[x1 + y0 + z1]!, tx),
    mix(lattice[x0 + y1 + z1]!, lattice[x1 + y1 + z1]!, tx),
    ty,
  );
  return mix(low, high, tz);
}

type Weave = (x: number, y: number, z: number, side: boolean) => number;

/** The factor of a material's weave at a point of its surface (metres); `side` where the surface looks along x. */
function weaveOf({ weave, yarn, relief }: Material): Weave {
  if (relief === 0) return () => 1;
  const k = 1 / yarn;
  switch (weave) {
    case 'loops':
      return (x, y, z) => {
        const loop = 1 - Math.abs(2 * noise(x * k, y * k, z * k) - 1) * 1.6;
        const curl = noise(x * k * 2.3 + 7, y * k * 2.3, z * k * 2.3) - 0.5;
        return 1 + relief * (loop - 0.42 + 0.7 * curl);
      };
    case 'specks':
      return (x, y, z) => {
        const fleck = noise(x * k, y * k, z * k) - 0.5;
        const thread = noise(x * k * 0.5 + 3, (y + z) * k * 2, z * k * 0.5) - 0.5;
        return 1 + relief * (2.2 * fleck * Math.abs(fleck) * 2.4 + 0.8 * thread);
      };
    case 'threads':
      return (x, y, z, side) => {
        const [a, b] = side ? [y * k, z * k] : [x * k, (y + z) * k];
        return 1 + relief * (noise(a * 0.06, b, 11) + noise(a, b * 0.06, 37) - 1);
      };
    case 'ribs':
      return (x, y, _z, side) => {
        const rib = Math.cos((side ? y : x) * k * 2 * Math.PI);
        return 1 + relief * (rib < 0 ? rib * 0.9 : rib * 0.45);
      };
    case 'brushed':
      return (x, y, z) => 1 + relief * (noise(x * k, y * k, z * k * 0.5) - 0.5) * 2;
  }
}
