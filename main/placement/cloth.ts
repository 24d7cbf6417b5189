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
/** A larger step of depth over that distance is the edge of another part, metres. */
const EDGE = 0.04;
/** Where the catalogue's main light comes from, piece space. */
const KEY = [0, -0.41, 0.912] as const;
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
  const tone = new Float32Array(width * height).fill(1);
  const coat = material.coat ? new Float32Array(width * height) : null;
  let [sum, count] = [0, 0];
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p++) {
      if (matte[p * 3 + 1] === 0) continue;
      const s = surface(x, y);
      const pile = material.pile * (0.9 * (1 - s.facing) ** 2.2 - 0.16 * s.facing);
      tone[p] = Math.max(0.3, weave(s.x, s.y, s.z, Math.abs(s.sideways) > 0.7) + pile);
      if (!coat) continue;
      const lit = Math.max(0, s.half);
      coat[p] = (1 - LOBES.share) * lit ** LOBES.wide + LOBES.share * 3 * lit ** LOBES.narrow;
      sum += coat[p]!;
      count++;
    }
  }
  if (coat && sum > 0) for (let p = 0; p < coat.length; p++) coat[p]! *= count / sum;
  return { tone, coat };
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
  const at = (x: number, y: number, into: Float64Array): number => {
    const d = depth[y * width + x]!;
    for (let k = 0; k < 3; k++)
      into[k] = eye[k]! + d * (ray[k * 3]! * (x + 0.5) + ray[k * 3 + 1]! * (y + 0.5) + ray[k * 3 + 2]!);
    return d;
  };
  const [here, left, right, up, down] = Array.from({ length: 5 }, () => new Float64Array(3)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return (x, y) => {
    const d = at(x, y, here);
    [out.x, out.y, out.z] = here as unknown as [number, number, number];
    const far = Math.max(
      Math.abs(at(Math.max(0, x - SLOPE_REACH), y, left) - d),
      Math.abs(at(Math.min(width - 1, x + SLOPE_REACH), y, right) - d),
      Math.abs(at(x, Math.max(0, y - SLOPE_REACH), up) - d),
      Math.abs(at(x, Math.min(height - 1, y + SLOPE_REACH), down) - d),
    );
    // At the edge of another part the slope says nothing.
    if (!(far < EDGE)) return Object.assign(out, { facing: 0.85, sideways: 0, half: 0.6 });
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

/** Mean over five neighbours along a line, of those that belong to the same part. */
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
      let [sum, count] = [0, 0];
      for (let d = Math.max(-2, -i); d <= 2 && i + d < length; d++) {
        const other = from[p + d * step]!;
        if (!(Math.abs(other - own) < EDGE / 2)) continue;
        sum += other;
        count++;
      }
      out[p] = count > 0 ? sum / count : own;
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
