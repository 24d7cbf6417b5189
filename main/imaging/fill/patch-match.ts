import type { Field } from './field.ts';
import type { Level } from './level.ts';
import { SX, SY } from './warp.ts';
import { createMatcher, type Matcher } from './matcher.ts';

/** How a round of improvement searches. */
export interface SearchOptions {
  /** Scans over the targets; they alternate between forward and backward. */
  readonly passes: number;
  /** Largest distance of the random search from the present source, level pixels; 0 leaves only neighbours' offers. */
  readonly radius: number;
  /** True to try, besides, one place anywhere in the surface per pixel and pass. */
  readonly anywhere: boolean;
  /** False to let only every other pixel search. */
  readonly thorough: boolean;
  /** How much worse a neighbour's displacement may be and still be taken over, so that pieces grow: 1 for none. */
  readonly coherence: number;
}

/** Squared difference per sample that noise alone makes; below it patches count as equal for coherence. */
const NOISE_FLOOR = 24;
/** Squared difference per sample at which no better place is searched for. */
const GOOD_ENOUGH = 8;
/** Places tried per pass by a pixel near another surface. */
const EDGE_TRIES = 4;

/**
 * Improves a nearest-neighbour field by propagation and random search (Barnes, Shechtman, Finkelstein, Goldman:
 * PatchMatch, 2009), each displacement staying on its own surface. Deterministic for a given stream of numbers.
 */
export function improveField(level: Level, field: Field, random: () => number, options: SearchOptions): void {
  const matcher = createMatcher(level);
  const { targets, cost } = field;
  const places = listPlaces(level);
  const edges = listEdgePlaces(level);
  for (let pass = 0; pass < options.passes; pass++) {
    const step = pass % 2 === 0 ? 1 : -1;
    const reach = pass % 2 === 0 ? -1 : 1;
    for (let n = 0, k = step > 0 ? 0 : targets.length - 1; n < targets.length; n++, k += step) {
      const i = targets[k]!;
      matcher.moveTo(i);
      // The picture has changed since the cost was taken.
      if (pass === 0) cost[i] = matcher.costOf(field.dx[i]!, field.dy[i]!, Number.POSITIVE_INFINITY);
      // Every other pixel searches; the rest hears of what it finds from its neighbours.
      const searches = options.thorough || ((i + pass + Math.floor(i / level.width)) & 1) === 0;
      if (cost[i] === Number.POSITIVE_INFINITY || (searches && cost[i]! > GOOD_ENOUGH)) {
        searchAround(level, field, matcher, random, options, i, places[level.labels[i]!]!);
      }
      if (level.edge[i]! < level.band)
        searchEdges(level, field, matcher, random, i, edges[level.labels[i]!]!);
      offer(level, field, matcher, options.coherence, i, i + reach);
      offer(level, field, matcher, options.coherence, i, i + reach * level.width);
    }
  }
}

/** Takes over the displacement of a neighbour where it does better, or nearly as well. */
function offer(
  level: Level,
  field: Field,
  matcher: Matcher,
  coherence: number,
  i: number,
  neighbour: number,
): void {
  if (!field.isTarget[neighbour] || level.labels[neighbour] !== level.labels[i]) return;
  const dx = field.dx[neighbour]!;
  const dy = field.dy[neighbour]!;
  if (dx === field.dx[i] && dy === field.dy[i]) return;
  if (field.cost[neighbour] === Number.POSITIVE_INFINITY) return;
  const present = field.cost[i]!;
  const limit = coherence > 1 ? present * coherence + NOISE_FLOOR * (coherence - 1) : present;
  const cost = matcher.costOf(dx, dy, limit);
  if (!(cost < limit)) return;
  field.dx[i] = dx;
  field.dy[i] = dy;
  // With coherence the best cost seen stays the measure, so that pieces cannot drift away from it step by step.
  field.cost[i] = Math.min(cost, present);
}

/** Tries a few places anywhere on the surface, then ever nearer to the present source. */
function searchAround(
  level: Level,
  field: Field,
  matcher: Matcher,
  random: () => number,
  options: SearchOptions,
  i: number,
  places: Int32Array,
): void {
  const { width } = level;
  if (places.length === 0) return;
  let tries = options.anywhere ? 1 : 0;
  if (field.cost[i] === Number.POSITIVE_INFINITY) tries = 8;
  for (let n = 0; n < tries; n++) {
    const place = places[Math.floor(random() * places.length)]!;
    matcher.attempt(field, i, place % width, (place / width) | 0);
  }
  if (field.cost[i] === Number.POSITIVE_INFINITY || options.radius < 1) return;
  let source = matcher.sourceOf(field.dx[i]!, field.dy[i]!);
  let cx = Math.round(source[SX]!);
  let cy = Math.round(source[SY]!);
  for (let radius = options.radius; radius >= 1; radius >>= 1) {
    const span = 2 * radius + 1;
    const sx = cx - radius + Math.floor(random() * span);
    const sy = cy - radius + Math.floor(random() * span);
    if (!matcher.attempt(field, i, sx, sy)) continue;
    source = matcher.sourceOf(field.dx[i]!, field.dy[i]!);
    cx = Math.round(source[SX]!);
    cy = Math.round(source[SY]!);
  }
}

/** Tries places where this surface meets another: the few that can continue a skirting board are rarely met by chance. */
function searchEdges(
  level: Level,
  field: Field,
  matcher: Matcher,
  random: () => number,
  i: number,
  places: Int32Array,
): void {
  for (let n = 0; n < EDGE_TRIES && places.length > 0; n++) {
    const place = places[Math.floor(random() * places.length)]!;
    matcher.attempt(field, i, place % level.width, (place / level.width) | 0);
  }
}

/** For every joined label, the sources near another surface. */
function listEdgePlaces(level: Level): Int32Array[] {
  const lists: number[][] = level.planes.map(() => []);
  for (let i = 0; i < level.sources.length; i++) {
    const label = level.sources[i]!;
    if (level.joined[label] && level.edge[i]! < level.band) lists[label]!.push(i);
  }
  return lists.map((list) => Int32Array.from(list));
}

/** For every label, the pixels it can be copied from. */
function listPlaces(level: Level): Int32Array[] {
  const lists: number[][] = level.planes.map(() => []);
  for (let i = 0; i < level.sources.length; i++) {
    const label = level.sources[i]!;
    if (label > 0) lists[label]!.push(i);
  }
  return lists.map((list) => Int32Array.from(list));
}
