import type { Size } from '../../../imaging/window.ts';
import type { Json, JsonObject } from '../../node.ts';
import { featherRadius } from './alpha.ts';
import type { ColorParams } from './params.ts';

/**
 * [Note: Drafts] While a slider moves, the color stage's nodes run over copies of the photo and the patch that were
 * halved `level` times. What they are told in photo pixels is told in pixels of that size; everything else they
 * measure themselves, and find the same in the smaller picture.
 */

/** A node's parameters for a picture that was halved `level` times. @param full the photo's size */
export function shrinkParams(node: string, params: JsonObject, full: Size, level: number): JsonObject {
  if (node !== 'color.alpha' || level === 0) return params;
  const radius = featherRadius((params['feather'] ?? 'auto') as ColorParams['feather'], full);
  return { ...params, feather: radius / 2 ** level };
}

/** Lengths and places in the floor plane that are photo pixels, as far as the color stage reads them. */
const FLOOR_LENGTHS = ['width', 'height', 'horizon'];

/** A json input for a picture that was halved `level` times. */
export function shrinkJson(name: string, value: unknown, level: number): unknown {
  if (name !== 'floor' || level === 0) return value;
  const floor = { ...(value as Record<string, Json>) };
  for (const key of FLOOR_LENGTHS) {
    const length = floor[key];
    if (typeof length === 'number') floor[key] = length / 2 ** level;
  }
  return floor;
}
