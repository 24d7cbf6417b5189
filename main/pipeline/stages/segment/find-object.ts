import { RequestError } from '../../../errors.ts';
import { clampRect, growRect, type Rect } from '../../../imaging/geometry.ts';
import { maskBox } from '../../../imaging/mask-ops.ts';
import type { Raster } from '../../../imaging/raster.ts';
import { wholeWindow } from '../../../imaging/window.ts';
import type { Laid } from './hints.ts';
import type { ObjectSearch } from './object-search.ts';
import type { Box, Click, SegmentParams } from './params.ts';
import { proposeObject } from './proposals.ts';
import { cropToFit } from './scene-grid.ts';
import { stabilityOf, weighNets } from './weigh-nets.ts';

/** Where the object is. */
export interface FoundObject {
  /** The net's own logits over the whole photo. */
  readonly logits: Raster<Float32Array>;
  /** 1 object, 0 rest, over the whole photo. */
  readonly division: Raster<Uint8Array>;
  /** How exact its border is, photo px. */
  readonly grain: number;
  /** The division's box, whole photo px. */
  readonly box: Rect;
  /** The nets' evidence, in logits, at the centres of a picture's pixels. */
  weighNet(at: Laid): Float32Array;
  /** How good the division is likely to be, 0–1. */
  readonly predictedIou: number;
  /** See {@link stabilityOf}. */
  readonly stability: number;
  /** Which proposal it is. */
  readonly proposal: number;
}

/**
 * Finds the object under clicks or in a box, coarsely.
 * @param proposal which of the proposals; see `proposeObject`
 * @throws RequestError where nothing is found or there is no such proposal
 */
export async function findObject(
  search: ObjectSearch,
  clicks: readonly Click[],
  box: Box | null,
  proposal: SegmentParams['proposal'],
): Promise<FoundObject> {
  const chosen = await proposeObject(search, clicks, box, proposal);
  const { at, seen } = search;
  const division = { width: at.width, height: at.height, channels: 1, data: chosen.division };
  const found = maskBox(wholeWindow(division));
  if (!found) throw nothingFound(clicks);
  const answer = await search.ask(clicks, box);
  return {
    logits: cropToFit(answer.logits, seen.fit),
    division,
    grain: search.grain(clicks),
    box: toPhotoRect(found, at),
    weighNet: (where) => weighNets(answer, seen, where),
    predictedIou: chosen.predictedIou,
    stability: stabilityOf(answer.logits),
    proposal: chosen.index,
  };
}

/** The whole photo pixels under a rectangle of a picture. */
export function toPhotoRect(rect: Rect, { rect: photo, width, height }: Laid): Rect {
  const [sx, sy] = [photo.width / width, photo.height / height];
  const x = Math.floor(rect.x * sx);
  const y = Math.floor(rect.y * sy);
  const whole = {
    x,
    y,
    width: Math.ceil((rect.x + rect.width) * sx) - x,
    height: Math.ceil((rect.y + rect.height) * sy) - y,
  };
  return clampRect(whole, photo.width, photo.height);
}

/** The crop to work in: the object's box with a margin, a share of its longer side. */
export function cropAround(
  box: Rect,
  margin: number,
  photo: { readonly width: number; readonly height: number },
): Rect {
  return clampRect(
    growRect(box, Math.round(margin * Math.max(box.width, box.height)) + 2),
    photo.width,
    photo.height,
  );
}

/** Names the first click. */
export function nothingFound(clicks: readonly Click[]): RequestError {
  const first = clicks.find((click) => click.label === 'include') ?? clicks[0];
  const where = first ? ` at the click ${Math.round(first.x)},${Math.round(first.y)}` : '';
  return new RequestError(
    `Nothing was found${where}`,
    'Click nearer the middle of the object, add a second click on it, or give a box around it',
  );
}
