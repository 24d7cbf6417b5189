import {
  createFloorPlane,
  type FloorPlane,
  type FloorPoint,
  horizonAt,
  photoToFloor,
  roomToPhoto,
} from './floor-plane.ts';
import { minimize } from './minimize.ts';
import { bearingOf, pieceToFloor, type Pose } from './projection.ts';
import type { PieceKind } from './prompt-words.ts';
import { compareHull, type Hidden, type Silhouette } from './silhouette.ts';

/** The old object as a seat standing on the floor: what its outline says about its place and size. */
export interface OldObject {
  readonly kind: PieceKind;
  /** Centre of its footprint, metres of the floor plane. */
  readonly position: FloorPoint;
  /** Direction of its back: angle from Z towards X of room space, radians. */
  readonly yaw: number;
  /** Metres of the floor plane, across, front to back, and up. */
  readonly width: number;
  readonly depth: number;
  readonly height: number;
  /**
   * Metres of the floor plane per true metre, if the object is as large as such things are. The floor plane's own
   * metres rest on an assumed camera height.
   */
  readonly metre: number;
  /** Share of the outline that the fit misses; 0.1 is a good fit. */
  readonly mismatch: number;
}

/** Usual sizes of seats in metres, and how much they vary (logarithm). */
const usual: Readonly<
  Record<PieceKind, { readonly size: readonly number[]; readonly spread: readonly number[] }>
> = {
  sofa: { size: [2.05, 0.92, 0.84], spread: [0.28, 0.16, 0.16] },
  armchair: { size: [0.84, 0.84, 0.9], spread: [0.18, 0.16, 0.18] },
};

/** How far off the floor plane's metres may be (logarithm). */
const METRE_SPREAD = 0.2;
/** Floor-plane metres per true metre from which on a fit is doubted. */
const TOO_LARGE = 1.35;
/** Mismatch of the outline that weighs as much as one spread of a size. */
const OUTLINE_SPREAD = 0.03;
/** How exactly furniture follows the walls, radians. */
const WALL_SPREAD = (9 * Math.PI) / 180;

/**
 * Finds place, turn and size of the old object from its outline: a seat-shaped hull on the floor plane is fitted to
 * it, with usual sizes, the directions of the walls and a front that faces the camera as prior knowledge.
 * @param depth metres along the camera's axis that a depth map says it is away; null where unknown
 */
export function fitOldObject(
  plane: FloorPlane,
  silhouette: Silhouette,
  depth: number | null = null,
): OldObject {
  if (isMostlyHidden(silhouette)) return fitSeat(plane, hideAll(silhouette), depth);
  const first = fitSeat(plane, silhouette, depth);
  if (first.metre < TOO_LARGE || !silhouette.hidden.includes('maybe')) return first;
  // Too large for a seat: it is nearer than its lower end seems, which something may hide.
  const hidden = silhouette.hidden.map((v): Hidden => (v === 'no' ? 'no' : 'yes'));
  const second = fitSeat(plane, { ...silhouette, hidden }, depth);
  return second.metre < first.metre * 0.87 ? second : first;
}

/** Share of the lower outline from which on what hides it is taken to hide all of it: beds have straight edges. */
const MOSTLY_HIDDEN = 0.55;

/** True where something in front hides most of a thing's lower end. */
export function isMostlyHidden({ hidden, bottoms }: Silhouette): boolean {
  const columns = hidden.filter((_, i) => !Number.isNaN(bottoms[i]!));
  return columns.filter((v) => v === 'yes').length > MOSTLY_HIDDEN * columns.length;
}

function hideAll(silhouette: Silhouette): Silhouette {
  return { ...silhouette, hidden: silhouette.hidden.map((): Hidden => 'yes') };
}

function fitSeat(plane: FloorPlane, silhouette: Silhouette, depth: number | null): OldObject {
  const seen: Seen = { plane, silhouette, depth, depthSpread: depthSpread(silhouette) };
  const best = searchSeats(seen, 240);
  const again = minimize(
    (x) => costOf(seen, best.kind, x),
    [...best.x],
    [0.03, 0.01, 0.06, 0.04, 0.04, 0.04],
    500,
  );
  const { pose, size } = unpack(again.x);
  return {
    kind: best.kind,
    position: pose.position,
    yaw: pose.yaw,
    width: size[0]!,
    depth: size[1]!,
    height: size[2]!,
    metre: Math.exp(metreOf(best.kind, size)),
    mismatch: compareHull(silhouette, seatHull(plane, pose, size)),
  };
}

/** The best seat of either kind from all starting points, each followed for some evaluations. */
function searchSeats(seen: Seen, evaluations: number) {
  let best: { cost: number; x: Float64Array; kind: PieceKind } | null = null;
  for (const kind of ['sofa', 'armchair'] as const) {
    for (const start of startingPoints(seen.plane, seen.silhouette, kind)) {
      const cost = (x: Float64Array) => costOf(seen, kind, x);
      const found = minimize(cost, start, [0.08, 0.03, 0.2, 0.12, 0.1, 0.1], evaluations);
      if (!best || found.cost < best.cost) best = { ...found, kind };
    }
  }
  return best!;
}

/**
 * The plane itself, or, where the object would stand at or above its horizon, one with a horizon high enough for it to
 * stand on the floor.
 */
export function lowerUnder(plane: FloorPlane, { box }: Silhouette): FloorPlane {
  const foot = box.y + box.height;
  const needed = Math.max(0.25 * box.height, 0.06 * plane.height);
  const horizon = horizonAt(plane, box.x + box.width / 2);
  if (foot - horizon >= needed) return plane;
  return createFloorPlane({ ...plane, horizon: plane.horizon - (needed - (foot - horizon)) });
}

/** A plane as sure as this is not questioned by the object that stands on it. */
const SURE_PLANE = 0.6;
/** How far off the tilt of a plane that is a mere guess may be, radians, and the tilts that are tried. */
const TILT_SPREAD = 0.22;
const TILTS = [-0.45, -0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3];

/**
 * The plane, tilted so that a usual seat fits the old object's outline best; the less sure the plane is of itself, the
 * further. A guessed horizon makes a chair next to the camera as tall as a door.
 */
export function levelByObject(plane: FloorPlane, silhouette: Silhouette, depth: number | null): FloorPlane {
  if (plane.confidence >= SURE_PLANE) return plane;
  const spread = 0.02 + TILT_SPREAD * (1 - plane.confidence / SURE_PLANE);
  let best = { cost: Number.POSITIVE_INFINITY, plane };
  for (const tilt of TILTS) {
    const pitch = Math.atan2(plane.horizon - plane.principal.y, plane.focal) + tilt;
    if (Math.abs(pitch) > 1.2) continue;
    const horizon = plane.principal.y + Math.tan(pitch) * plane.focal;
    const tilted = lowerUnder(createFloorPlane({ ...plane, horizon }), silhouette);
    const seen: Seen = { plane: tilted, silhouette, depth, depthSpread: depthSpread(silhouette) };
    const cost = searchSeats(seen, 110).cost + (tilt / spread) ** 2;
    if (cost < best.cost) best = { cost, plane: tilt === 0 ? lowerUnder(plane, silhouette) : tilted };
  }
  return best.plane;
}

/** Parameters: log distance, bearing, turn against the line of sight, log width, log depth, log height. */
function unpack(x: Float64Array): { readonly pose: Pose; readonly size: readonly number[] } {
  const distance = Math.exp(x[0]!);
  const bearing = x[1]!;
  return {
    pose: {
      position: { x: distance * Math.sin(bearing), y: distance * Math.cos(bearing) },
      yaw: bearing + x[2]!,
      scale: 1,
    },
    size: [Math.exp(x[3]!), Math.exp(x[4]!), Math.exp(x[5]!)],
  };
}

function startingPoints(plane: FloorPlane, { box }: Silhouette, kind: PieceKind): number[][] {
  const foot = photoToFloor(plane, { x: box.x + box.width / 2, y: box.y + box.height * 0.97 });
  if (!foot) throw new RangeError('Expected an object that stands below the horizon');
  const bearing = bearingOf(foot);
  const [width, depth, height] = usual[kind].size.map(Math.log) as [number, number, number];
  const distance = Math.log(Math.hypot(foot.x, foot.y) + Math.exp(depth) / 2);
  const turns = [-1.1, -0.6, -0.2, 0.2, 0.6, 1.1];
  if (plane.heading !== null) {
    for (let k = -2; k <= 2; k++) {
      const turn = wrap(plane.heading + (k * Math.PI) / 2 - bearing);
      if (Math.abs(turn) < 1.4) turns.push(turn);
    }
  }
  return turns.map((turn) => [distance, bearing, turn, width, depth, height]);
}

function costOf(
  { plane, silhouette, depth, depthSpread: spreadOfDepth }: Seen,
  kind: PieceKind,
  x: Float64Array,
): number {
  const { pose, size } = unpack(x);
  const turn = x[2]!;
  if (Math.abs(turn) > 1.55 || Math.abs(x[1]!) > 1.4) return 1e6;
  const hull = seatHull(plane, pose, size);
  if (hull.length < 12) return 1e6;
  const metre = metreOf(kind, size);
  const { size: expected, spread } = usual[kind];
  let prior = (metre / METRE_SPREAD) ** 2 + (turn / 1.2) ** 4;
  for (let i = 0; i < 3; i++) prior += ((Math.log(size[i]! / expected[i]!) - metre) / spread[i]!) ** 2;
  if (depth !== null) {
    const front = Math.exp(x[0]!) * Math.cos(x[1]!) - size[1]! * 0.2;
    prior += Math.min(9, (Math.log(Math.max(front, 0.1) / depth) / spreadOfDepth) ** 2);
  }
  prior += kindCost(silhouette, kind);
  if (plane.heading !== null) {
    const off = Math.abs(wrap((pose.yaw - plane.heading) * 4) / 4);
    prior += plane.confidence * Math.min((off / WALL_SPREAD) ** 2, 2);
  }
  return (compareHull(silhouette, hull) / OUTLINE_SPREAD) ** 2 / 4 + prior;
}

/** Sofas are seldom seen so end-on that their box is narrower than this over its height; what it costs below. */
const SOFA_ASPECT = 1.5;
const NARROW_COST = 8;

function kindCost({ box, cut }: Silhouette, kind: PieceKind): number {
  if (kind !== 'sofa' || cut.left || cut.right) return 0;
  return NARROW_COST * Math.max(0, SOFA_ASPECT - box.width / box.height);
}

/** What the fit is made to. */
interface Seen {
  readonly plane: FloorPlane;
  readonly silhouette: Silhouette;
  readonly depth: number | null;
  readonly depthSpread: number;
}

/** How far the depth map may be off (logarithm): where the feet are seen, the floor tells better than any map. */
function depthSpread({ hidden, bottoms }: Silhouette): number {
  let [columns, covered] = [0, 0];
  bottoms.forEach((y, i) => {
    if (Number.isNaN(y)) return;
    columns++;
    if (hidden[i] === 'yes') covered++;
  });
  return covered > 0.3 * columns ? 0.2 : 0.4;
}

/** Logarithm of floor-plane metres per true metre: the sizes' weighted mean excess over the usual. */
function metreOf(kind: PieceKind, size: readonly number[]): number {
  const { size: expected, spread } = usual[kind];
  let sum = 0;
  let weights = 1 / METRE_SPREAD ** 2;
  for (let i = 0; i < 3; i++) {
    const weight = 1 / spread[i]! ** 2;
    sum += weight * Math.log(size[i]! / expected[i]!);
    weights += weight;
  }
  return sum / weights;
}

/** Corners of a seat: its footprint, its arms at two thirds of the height, and its back. Photo px. */
function seatHull(plane: FloorPlane, pose: Pose, size: readonly number[]): { x: number; y: number }[] {
  const [w, d, h] = size as readonly [number, number, number];
  const points: { x: number; y: number }[] = [];
  const add = (x: number, y: number, z: number) => {
    const floor = pieceToFloor(pose, x, y);
    const seen = roomToPhoto(plane, { x: floor.x, y: z, z: floor.y });
    if (seen) points.push(seen);
  };
  for (const side of [-0.5, 0.5]) {
    add(side * w * 0.96, -d * 0.48, 0);
    add(side * w * 0.96, d * 0.48, 0);
    add(side * w, -d * 0.47, h * 0.3);
    add(side * w, -d * 0.42, h * 0.64);
    add(side * w * 0.97, d * 0.2, h);
    add(side * w * 0.97, d * 0.5, h);
  }
  return points;
}

/** An angle in (−π, π]. */
function wrap(angle: number): number {
  return Math.atan2(Math.sin(angle), Math.cos(angle));
}
