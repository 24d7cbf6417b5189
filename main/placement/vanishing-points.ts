import type { LineSegment } from '../imaging/line-segments.ts';
import { ASSUMED_FIELD_OF_VIEW, type Vec3, cross, dot, focalFromFieldOfView, normalize } from './camera.ts';
import { climb } from './climb.ts';

/**
 * A camera among walls at right angles. Either the principal point is the centre and the camera is pitched, or the
 * verticals are parallel and the principal point is off the centre (`pitch` 0): a shift lens, verticals straightened
 * in the raw converter, or a crop.
 */
export interface RoomCamera {
  readonly focal: number;
  readonly principalX: number;
  readonly principalY: number;
  /** Radians: positive looks up. */
  readonly pitch: number;
  /** Radians: positive where the horizon's right end is lower. */
  readonly roll: number;
  /** Radians in [0, π/2): one family of walls, from forward towards right. */
  readonly heading: number;
}

export interface VanishingPoints {
  readonly camera: RoomCamera;
  /** Row of the horizon at the principal point's column, px. */
  readonly horizon: number;
  /** Share of the segments' weight that points at one of the three vanishing points, 0–1. */
  readonly support: number;
  /** 0–1: how much worse a horizon moved by 5 % of the height would explain the segments. */
  readonly confidence: number;
}

/** What is known before looking; angles in radians. */
export interface CameraPrior {
  /** Focal length in px where a file says it; else the usual field of view is only preferred. */
  readonly focal?: number;
}

/** A segment as evidence: middle, unit direction, weight, tolerance (sine of the angle), normal of its sight plane. */
interface Evidence {
  readonly count: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly dx: Float64Array;
  readonly dy: Float64Array;
  readonly weight: Float64Array;
  readonly tolerance: Float64Array;
}

const HYPOTHESES = 1500;
/** Log-scale spread of focal lengths of interior photos, and spreads of pitch, roll (radians), centre (of the height). */
const SPREAD = { focal: 0.3, pitch: 0.2, roll: 0.03, shift: 0.12 };
/** How much of the support one standard deviation costs. */
const PRIOR_COST = 0.012;
/** A shifted camera must explain this much more than a pitched one to be believed. */
const SHIFT_COST = 0.01;

/**
 * Finds the camera whose three orthogonal vanishing points explain most of the segments: RANSAC over pairs of
 * near-vertical segments, one horizontal segment and a range of focal lengths, then a climb. (Manhattan assumption:
 * Coughlan and Yuille 1999; sampling from line segments after Bazin and Pollefeys 2012.) Seeded: the same for the same.
 * @param segments in px of a picture `width`×`height`
 * @returns null with fewer than 12 segments
 */
export function findVanishingPoints(
  segments: readonly LineSegment[],
  width: number,
  height: number,
  prior: CameraPrior = {},
): VanishingPoints | null {
  const inside = segments.filter((segment) => !liesAlongBorder(segment, width, height));
  if (inside.length < 12) return null;
  const evidence = weighSegments(inside, width, height);
  const frame: SearchFrame = {
    width,
    height,
    focal: prior.focal ?? focalFromFieldOfView(Math.max(width, height), ASSUMED_FIELD_OF_VIEW),
    focalSpread: prior.focal ? 0.03 : SPREAD.focal,
  };
  const pitched = refine(evidence, frame, drawHypotheses(evidence, frame), false);
  const shifted = refine(evidence, frame, [pitched.vector, ...drawLevelHypotheses(evidence, frame)], true);
  const best = shifted.score > pitched.score + SHIFT_COST ? shifted : pitched;
  const camera = toCamera(best.vector, frame);
  return {
    camera,
    horizon: horizonRow(camera),
    support: supportOf(evidence, camera),
    confidence: confidenceOf(evidence, frame, best, best === shifted),
  };
}

interface SearchFrame {
  readonly width: number;
  readonly height: number;
  readonly focal: number;
  readonly focalSpread: number;
}

/** log(focal / frame.focal), pitch, roll, heading, shift of the principal point (of the height). */
type CameraVector = readonly [number, number, number, number, number];

function toCamera([logFocal, pitch, roll, heading, shift]: CameraVector, frame: SearchFrame): RoomCamera {
  const quarter = Math.PI / 2;
  return {
    focal: frame.focal * Math.exp(logFocal),
    principalX: frame.width / 2,
    principalY: frame.height * (0.5 + shift),
    pitch,
    roll,
    heading: ((heading % quarter) + quarter) % quarter,
  };
}

/** Unit normal of the floor, up, in camera space. */
export function upOf({ pitch, roll }: RoomCamera): Vec3 {
  return [Math.sin(roll) * Math.cos(pitch), -Math.cos(roll) * Math.cos(pitch), Math.sin(pitch)];
}

/** Row of the horizon at the principal point's column, px. */
export function horizonRow(camera: RoomCamera): number {
  return camera.principalY + (camera.focal * Math.tan(camera.pitch)) / Math.cos(camera.roll);
}

/** The room's three directions in camera space: up and both horizontals. */
export function roomDirections(camera: RoomCamera): readonly [Vec3, Vec3, Vec3] {
  const up = upOf(camera);
  const lean = up[2];
  const forward = normalize([-lean * up[0], -lean * up[1], 1 - lean * lean]);
  const right = cross(forward, up);
  const c = Math.cos(camera.heading);
  const s = Math.sin(camera.heading);
  const along: Vec3 = [
    c * forward[0] + s * right[0],
    c * forward[1] + s * right[1],
    c * forward[2] + s * right[2],
  ];
  return [up, along, cross(along, up)];
}

/** A frame around a picture (a scan's, a depth camera's) says nothing of the room. */
function liesAlongBorder({ x1, y1, x2, y2 }: LineSegment, width: number, height: number): boolean {
  const margin = 0.025 * Math.min(width, height);
  const level = Math.abs(y2 - y1) < 0.02 * Math.abs(x2 - x1);
  const upright = Math.abs(x2 - x1) < 0.02 * Math.abs(y2 - y1);
  return (
    (level && (y1 < margin || y1 > height - margin)) || (upright && (x1 < margin || x1 > width - margin))
  );
}

/**
 * Length counts, but many short parallels near each other (blinds, ribs, book spines) count as fewer: each weighs
 * its length over the square root of how many lie close by in place and direction.
 */
function weighSegments(segments: readonly LineSegment[], width: number, height: number): Evidence {
  const diagonal = Math.hypot(width, height);
  const count = segments.length;
  const make = () => new Float64Array(count);
  const evidence = { count, x: make(), y: make(), dx: make(), dy: make(), weight: make(), tolerance: make() };
  const lengths = make();
  for (const [i, s] of segments.entries()) {
    const length = Math.hypot(s.x2 - s.x1, s.y2 - s.y1);
    lengths[i] = length;
    evidence.x[i] = (s.x1 + s.x2) / 2;
    evidence.y[i] = (s.y1 + s.y2) / 2;
    evidence.dx[i] = (s.x2 - s.x1) / length;
    evidence.dy[i] = (s.y2 - s.y1) / length;
    evidence.tolerance[i] = 0.02 + 0.8 / length;
  }
  for (let i = 0; i < count; i++) {
    let alike = 0;
    for (let k = 0; k < count; k++) {
      const near =
        Math.hypot(evidence.x[i]! - evidence.x[k]!, evidence.y[i]! - evidence.y[k]!) < 0.08 * diagonal;
      const turn = Math.abs(evidence.dx[i]! * evidence.dy[k]! - evidence.dy[i]! * evidence.dx[k]!);
      if (near && turn < 0.1) alike += lengths[k]!;
    }
    evidence.weight[i] = Math.min(lengths[i]!, 0.3 * diagonal) / Math.sqrt(alike / lengths[i]!);
  }
  const total = evidence.weight.reduce((sum, w) => sum + w, 0);
  for (let i = 0; i < count; i++) evidence.weight[i]! /= total;
  return evidence;
}

/** Share of the weight explained: 1 − (error / tolerance)² of each segment towards its best vanishing point. */
function supportOf(evidence: Evidence, camera: RoomCamera): number {
  const { focal, principalX, principalY } = camera;
  const [a, b, c] = roomDirections(camera);
  const ax = focal * a[0] + principalX * a[2];
  const ay = focal * a[1] + principalY * a[2];
  const bx = focal * b[0] + principalX * b[2];
  const by = focal * b[1] + principalY * b[2];
  const cx = focal * c[0] + principalX * c[2];
  const cy = focal * c[1] + principalY * c[2];
  let support = 0;
  for (let i = 0; i < evidence.count; i++) {
    const x = evidence.x[i]!;
    const y = evidence.y[i]!;
    const dx = evidence.dx[i]!;
    const dy = evidence.dy[i]!;
    const error = Math.min(
      misalignment(ax - x * a[2], ay - y * a[2], dx, dy),
      misalignment(bx - x * b[2], by - y * b[2], dx, dy),
      misalignment(cx - x * c[2], cy - y * c[2], dx, dy),
    );
    const tolerance = evidence.tolerance[i]!;
    const share = error / (tolerance * tolerance);
    if (share < 1) support += evidence.weight[i]! * (1 - share);
  }
  return support;
}

/** Squared sine of the angle between two directions, the second of unit length. */
function misalignment(tx: number, ty: number, dx: number, dy: number): number {
  const sine = tx * dy - ty * dx;
  return (sine * sine) / (tx * tx + ty * ty + 1e-12);
}

const squared = (value: number, spread: number) => (value / spread) ** 2;

function scoreOf(evidence: Evidence, frame: SearchFrame, v: CameraVector): number {
  const unlikely =
    squared(v[0], frame.focalSpread) +
    squared(v[1], SPREAD.pitch) +
    squared(v[2], SPREAD.roll) +
    squared(v[4], SPREAD.shift);
  return supportOf(evidence, toCamera(v, frame)) - PRIOR_COST * unlikely;
}

/** Pitch and roll from two near-vertical segments, heading from a third, for a range of focal lengths. */
function drawHypotheses(evidence: Evidence, frame: SearchFrame): CameraVector[] {
  const random = seededRandom(20261);
  const verticals = pickable(evidence, (i) => Math.abs(evidence.dx[i]!) < 0.35);
  const others = pickable(evidence, (i) => Math.abs(evidence.dy[i]!) < 0.97);
  const hypotheses: CameraVector[] = [];
  for (let n = 0; n < HYPOTHESES; n++) {
    const logFocal = frame.focalSpread * (((n % 7) - 3) / 2);
    const tilt =
      n % 3 !== 0 && verticals.length >= 2
        ? tiltFromVerticals(
            evidence,
            frame,
            logFocal,
            pickFrom(verticals, random()),
            pickFrom(verticals, random()),
          )
        : { pitch: SPREAD.pitch * (2 * random() - 1) * 1.5, roll: SPREAD.roll * (random() - 0.5) };
    const other = pickFrom(others, random());
    if (!tilt || other === undefined) continue;
    const guess: CameraVector = [logFocal, tilt.pitch, tilt.roll, 0, 0];
    hypotheses.push([
      logFocal,
      tilt.pitch,
      tilt.roll,
      headingFrom(evidence, toCamera(guess, frame), other),
      0,
    ]);
  }
  return hypotheses;
}

/** Level cameras with the principal point off the centre. */
function drawLevelHypotheses(evidence: Evidence, frame: SearchFrame): CameraVector[] {
  const random = seededRandom(20262);
  const others = pickable(evidence, (i) => Math.abs(evidence.dy[i]!) < 0.97);
  const hypotheses: CameraVector[] = [];
  for (let n = 0; n < HYPOTHESES / 2 && others.length > 0; n++) {
    const guess: CameraVector = [
      frame.focalSpread * (((n % 7) - 3) / 2),
      0,
      0,
      0,
      SPREAD.shift * 2 * (2 * random() - 1),
    ];
    const heading = headingFrom(evidence, toCamera(guess, frame), pickFrom(others, random())!);
    hypotheses.push([guess[0], 0, 0, heading, guess[4]]);
  }
  return hypotheses;
}

/** Indices repeated in proportion to weight, so that drawing one evenly prefers the long. */
function pickable(evidence: Evidence, wanted: (index: number) => boolean): readonly number[] {
  const chosen: number[] = [];
  for (let i = 0; i < evidence.count; i++) {
    if (!wanted(i)) continue;
    const copies = Math.max(1, Math.round(evidence.weight[i]! * evidence.count * 2));
    for (let k = 0; k < copies; k++) chosen.push(i);
  }
  return chosen;
}

function pickFrom(indices: readonly number[], at: number): number | undefined {
  return indices[Math.floor(at * indices.length)];
}

/** Normal of the plane through the camera and a segment, in camera space. */
function sightNormal(evidence: Evidence, camera: RoomCamera, i: number): Vec3 {
  const x = (evidence.x[i]! - camera.principalX) / camera.focal;
  const y = (evidence.y[i]! - camera.principalY) / camera.focal;
  return normalize(cross([x, y, 1], [evidence.dx[i]!, evidence.dy[i]!, 0]));
}

function tiltFromVerticals(
  evidence: Evidence,
  frame: SearchFrame,
  logFocal: number,
  first: number | undefined,
  second: number | undefined,
): { pitch: number; roll: number } | null {
  if (first === undefined || second === undefined || first === second) return null;
  const camera = toCamera([logFocal, 0, 0, 0, 0], frame);
  const meeting = cross(sightNormal(evidence, camera, first), sightNormal(evidence, camera, second));
  const length = Math.hypot(...meeting);
  if (length < 1e-3) return null;
  const sign = meeting[1] > 0 ? -1 / length : 1 / length;
  const pitch = Math.asin(meeting[2] * sign);
  const roll = Math.atan2(meeting[0] * sign, -meeting[1] * sign);
  return Math.abs(pitch) < 0.7 && Math.abs(roll) < 0.2 ? { pitch, roll } : null;
}

/** Heading of the horizontal line that a segment would be. */
function headingFrom(evidence: Evidence, camera: RoomCamera, i: number): number {
  const [up, forward, right] = roomDirections({ ...camera, heading: 0 });
  const level = cross(up, sightNormal(evidence, camera, i));
  return Math.atan2(dot(level, right), dot(level, forward));
}

interface Scored {
  readonly vector: CameraVector;
  readonly score: number;
}

/** The best of the hypotheses after climbing from the best few; `level` frees the shift and holds the pitch at 0. */
function refine(
  evidence: Evidence,
  frame: SearchFrame,
  hypotheses: readonly CameraVector[],
  level: boolean,
): Scored {
  const free = level ? [0, 2, 3, 4] : [0, 1, 2, 3];
  const start = hypotheses.map((vector): Scored => {
    const v: CameraVector = level ? [vector[0], 0, vector[2], vector[3], vector[4]] : vector;
    return { vector: v, score: scoreOf(evidence, frame, v) };
  });
  start.sort((a, b) => b.score - a.score);
  let best: Scored = { vector: [0, 0, 0, 0, 0], score: -Infinity };
  for (const { vector } of start.slice(0, 6)) {
    const climbed = climb(
      (v) => scoreOf(evidence, frame, v as unknown as CameraVector),
      vector,
      free,
      [0.08, 0.04, 0.015, 0.04, 0.04],
    );
    if (climbed.score > best.score)
      best = { vector: climbed.vector as unknown as CameraVector, score: climbed.score };
  }
  return best;
}

/** Drop in score when the horizon is pushed 5 % of the height either way and the rest may adapt; 0.04 counts as sure. */
function confidenceOf(evidence: Evidence, frame: SearchFrame, best: Scored, level: boolean): number {
  const drops = [-0.05, 0.05].map((push) => {
    const [logFocal, pitch, roll, heading, shift] = best.vector;
    const focal = frame.focal * Math.exp(logFocal);
    const moved: CameraVector = level
      ? [logFocal, pitch, roll, heading, shift + push]
      : [logFocal, Math.atan(Math.tan(pitch) + (push * frame.height) / focal), roll, heading, shift];
    const score = (v: readonly number[]) =>
      scoreOf(evidence, frame, holdHorizon(v as unknown as CameraVector, moved, frame, level));
    return best.score - climb(score, moved, [0, 2, 3], [0.08, 0.04, 0.015, 0.04, 0.04]).score;
  });
  return Math.min(1, Math.max(0, Math.min(...drops) / 0.04));
}

/** `v` with the pitch that keeps the horizon of `held`, whatever the focal length. */
function holdHorizon(v: CameraVector, held: CameraVector, frame: SearchFrame, level: boolean): CameraVector {
  if (level) return v;
  const rise = Math.tan(held[1]) * Math.exp(held[0] - v[0]);
  return [v[0], Math.atan(rise), v[2], v[3], v[4]];
}

/** Uniform numbers in [0, 1) (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
