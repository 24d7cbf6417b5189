import { randomStream } from '../imaging/random.ts';
import type { LineSegment } from '../imaging/line-segments.ts';
import { ASSUMED_FIELD_OF_VIEW, cross, dot, focalFromFieldOfView } from './camera.ts';
import { climb } from './climb.ts';
import { type Evidence, liesAlongBorder, sightNormal, supportOf, weighSegments } from './line-evidence.ts';
import { horizonRow, type RoomCamera, roomDirections } from './room-camera.ts';

export interface VanishingPoints {
  readonly camera: RoomCamera;
  /** Row of the horizon at the principal point's column, px. */
  readonly horizon: number;
  /** Share of the segments' weight that points at one of the three vanishing points, 0–1. */
  readonly support: number;
  /** 0–1: how narrowly the segments tie the horizon down; 0 where it may be off by a tenth of the height. */
  readonly confidence: number;
}

/** What is known before looking; angles in radians. */
export interface CameraPrior {
  /** Focal length in px where a file says it; else the usual field of view is only preferred. */
  readonly focal?: number;
  /** The horizon lies above this row: the top of the floor that is seen, px. */
  readonly above?: number;
  /** The horizon lies below this row: the bottom of the ceiling that is seen, px. */
  readonly below?: number;
}

const HYPOTHESES = 1500;
/** Log-scale spread of focal lengths of interior photos, and spreads of pitch, roll (radians), centre (of the height). */
const SPREAD = { focal: 0.3, pitch: 0.2, roll: 0.03, shift: 0.12 };
/** How much of the support one standard deviation costs. */
const PRIOR_COST = 0.012;
/** A shifted camera must explain this much more than a pitched one to be believed. */
const SHIFT_COST = 0.01;
/** Difference of score that makes a camera e times as likely. */
const TEMPERATURE = 0.012;
/** Standard deviation of the horizon, of the height, at which nothing can be said to be known. */
const DOUBTFUL_SPREAD = 0.1;
/** What it costs to put the horizon a tenth of the height beyond what the floor or the ceiling allow. */
const BEYOND_COST = 0.1;
/** Photos of rooms look down a little, radians. */
const USUAL_PITCH = -0.04;

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
    above: prior.above ?? Infinity,
    below: prior.below ?? -Infinity,
  };
  const pitched = refine(evidence, frame, drawHypotheses(evidence, frame), false);
  const levels = [pitched[0]!.vector, ...drawLevelHypotheses(evidence, frame)];
  const shifted = refine(evidence, frame, levels, true);
  const level = shifted[0]!.score > pitched[0]!.score + SHIFT_COST;
  const found = level ? shifted : pitched;
  const { vector, spread } = weighHorizons(evidence, frame, found, level);
  const camera = toCamera(vector, frame);
  return {
    camera,
    horizon: horizonRow(camera),
    support: supportOf(evidence, camera),
    confidence: Math.max(0, 1 - spread / DOUBTFUL_SPREAD),
  };
}

interface SearchFrame {
  readonly width: number;
  readonly height: number;
  readonly focal: number;
  readonly focalSpread: number;
  readonly above: number;
  readonly below: number;
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

const squared = (value: number, spread: number) => (value / spread) ** 2;

function scoreOf(evidence: Evidence, frame: SearchFrame, v: CameraVector): number {
  const unlikely =
    squared(v[0], frame.focalSpread) +
    squared(v[1] - (v[4] === 0 ? USUAL_PITCH : 0), SPREAD.pitch) +
    squared(v[2], SPREAD.roll) +
    squared(v[4], SPREAD.shift);
  const camera = toCamera(v, frame);
  const row = horizonRow(camera);
  const beyond = Math.max(0, row - frame.above, frame.below - row) / frame.height;
  return supportOf(evidence, camera) - PRIOR_COST * unlikely - BEYOND_COST * 10 * beyond;
}

/** Pitch and roll from two near-vertical segments, heading from a third, for a range of focal lengths. */
function drawHypotheses(evidence: Evidence, frame: SearchFrame): CameraVector[] {
  const random = randomStream(20261);
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
  const random = randomStream(20262);
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

/** First steps of a climb, for each coordinate, and of the horizon's distribution (of the height). */
const STEPS = [0.08, 0.04, 0.015, 0.04, 0.04];
const HORIZON_STEP = 0.04;

interface Scored {
  readonly vector: CameraVector;
  readonly score: number;
}

/** The best few hypotheses after climbing, best first; `level` frees the shift and holds the pitch at 0. */
function refine(
  evidence: Evidence,
  frame: SearchFrame,
  hypotheses: readonly CameraVector[],
  level: boolean,
): readonly Scored[] {
  const start = hypotheses.map((vector): Scored => {
    const v: CameraVector = level ? [vector[0], 0, vector[2], vector[3], vector[4]] : vector;
    return { vector: v, score: scoreOf(evidence, frame, v) };
  });
  start.sort((a, b) => b.score - a.score);
  const free = level ? [0, 2, 3, 4] : [0, 1, 2, 3];
  const climbed = start.slice(0, 8).map(({ vector }) => {
    const top = climb((v) => scoreOf(evidence, frame, v as CameraVector), vector, free, STEPS);
    return { vector: top.vector as CameraVector, score: top.score };
  });
  return climbed.sort((a, b) => b.score - a.score);
}

/**
 * What the scores say of the horizon as a distribution: its deviation (of the height), and the camera nearest to its
 * mean. Where one camera stands out, that camera.
 */
function weighHorizons(
  evidence: Evidence,
  frame: SearchFrame,
  found: readonly Scored[],
  level: boolean,
): { readonly vector: CameraVector; readonly spread: number } {
  const best = found[0]!;
  const cells = new Map<number, Scored & { readonly row: number }>();
  const add = (scored: Scored) => {
    const row = horizonRow(toCamera(scored.vector, frame)) / frame.height;
    const cell = Math.round(row / HORIZON_STEP);
    if ((cells.get(cell)?.score ?? -Infinity) < scored.score) cells.set(cell, { ...scored, row });
  };
  for (const scored of found) add(scored);
  for (let k = -10; k <= 10; k++)
    if (k !== 0) add(climbAtHorizon(evidence, frame, best, k * HORIZON_STEP, level));
  let [total, mean, square] = [0, 0, 0];
  for (const { score, row } of cells.values()) {
    const weight = Math.exp((score - best.score) / TEMPERATURE);
    total += weight;
    mean += weight * row;
    square += weight * row * row;
  }
  mean /= total;
  const spread = Math.sqrt(Math.max(0, square / total - mean * mean));
  const near = [...cells.values()].filter(
    ({ row }) => Math.abs(row - mean) <= Math.max(spread, HORIZON_STEP),
  );
  const chosen = near.sort((a, b) => b.score - a.score)[0] ?? best;
  return { vector: chosen.vector, spread };
}

/** The best camera whose horizon is pushed away from the best one's by a share of the height. */
function climbAtHorizon(
  evidence: Evidence,
  frame: SearchFrame,
  best: Scored,
  push: number,
  level: boolean,
): Scored {
  const [logFocal, pitch, roll, heading, shift] = best.vector;
  const rise = Math.tan(pitch) + (push * frame.height) / (frame.focal * Math.exp(logFocal));
  const moved: CameraVector = level
    ? [logFocal, 0, roll, heading, shift + push]
    : [logFocal, Math.atan(rise), roll, heading, shift];
  const hold = (v: readonly number[]) => holdHorizon(v as CameraVector, moved, level);
  const top = climb((v) => scoreOf(evidence, frame, hold(v)), moved, [0, 2, 3], STEPS, 4);
  return { vector: hold(top.vector), score: top.score };
}

/** `v` with the pitch that keeps the horizon of `held`, whatever the focal length. */
function holdHorizon(v: CameraVector, held: CameraVector, level: boolean): CameraVector {
  if (level) return v;
  const rise = Math.tan(held[1]) * Math.exp(held[0] - v[0]);
  return [v[0], Math.atan(rise), v[2], v[3], v[4]];
}
